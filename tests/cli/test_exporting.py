"""``jupyter hrlab export`` and ``import``: formats, redaction, published tables."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from hrlab.cli.app import main
from hrlab.store.sqlite import RunStore
from tests.render.runs import golden

PUBLISHED = Path(__file__).parents[2] / "examples" / "published"


@pytest.fixture
def call(tmp_path, capsys):
    """Calls it; exit code, standard output, standard error."""

    def call_(*words):
        code = main(["--store", str(tmp_path / "runs.sqlite"), *map(str, words)])
        out = capsys.readouterr()
        return code, out.out, out.err

    return call_


@pytest.fixture
def kept(tmp_path):
    """A run in the store that tells where it ran."""
    run = golden()
    run = replace(run, environment=replace(run.environment, user="alice", hostname="node-17"))
    store = RunStore.open(tmp_path / "runs.sqlite")
    store.save(run)
    store.close()
    return run


def test_published_table_is_imported_and_compared(call):
    for expected in ("6 runs imported, 0 already", "0 runs imported, 6 already"):
        code, _, err = call("import", PUBLISHED / "fcc-ee.csv")
        assert (code, expected in err) == (0, True)
    ids = [run["id"] for run in json.loads(call("list", "fcc-ee", "--json")[1])]
    code, out, _ = call("compare", *ids)
    assert code == 0
    assert "8.2 times faster than serial" in out


def test_run_in_place_of_the_file_is_refused(call, kept, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for word in ("last", kept.id[:8], kept.id):
        code, _, err = call("export", word)
        assert code == 2
        assert f"export runs.jsonl {word}" in err
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".sqlite"] == []
    assert call("export", "deadbeef")[0] == 0


def test_name_of_a_file_says_its_format(call, kept, tmp_path):
    assert call("export", tmp_path / "runs.csv")[0] == 0
    with (tmp_path / "runs.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["id"], float(row["wall_seconds"])) == (kept.id, kept.wall_seconds)
    assert call("export", tmp_path / "runs.lp")[0] == 0
    assert (tmp_path / "runs.lp").read_text(encoding="utf-8").startswith("hrlab_run,approach=")
    assert call("export", "-")[1].startswith("{")
    assert call("export", "-", "--format", "csv")[1].startswith("id,name,")


@pytest.mark.parametrize("wanted", ["jsonl", "csv", "influx"])
def test_redacted_export_tells_nothing_of_user_and_host(call, kept, wanted):
    assert "alice" in call("export", "-", "--format", wanted)[1]
    out = call("export", "-", "--format", wanted, "--redact", "all")[1]
    assert kept.id in out
    assert [word for word in ("alice", "node-17", "10.0.0.7", ".ipynb") if word in out] == []


def test_wrong_words_are_refused(call, kept, tmp_path):
    code, _, err = call("export", "-", "--redact", "kode")
    assert (code, "cannot be redacted" in err) == (2, True)
    (tmp_path / "bad.csv").write_bytes(b"wall_seconds,name\n5,\xe9\n")
    code, _, err = call("import", tmp_path / "bad.csv")
    assert (code, "is not UTF-8" in err) == (2, True)
    (tmp_path / "empty").write_text("", encoding="utf-8")
    assert call("import", tmp_path / "empty")[2].startswith("0 runs imported")
    assert call("export", os.fspath(tmp_path))[0] == 2
