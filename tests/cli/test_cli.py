"""``jupyter hrlab`` as it is called, on a store of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from hrlab.cli.app import main
from hrlab.store.sqlite import RunStore
from tests.comparison.runs import published
from tests.sizing.runs import timed


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.sqlite"


@pytest.fixture
def call(path, capsys):
    """Calls it; exit code, standard output, standard error."""

    def call_(*words):
        code = main(["--store", str(path), *words])
        out = capsys.readouterr()
        return code, out.out, out.err

    return call_


@pytest.fixture
def store(path):
    made = RunStore.open(path)
    yield made
    made.close()


def test_no_runs_say_how_to_make_one(call):
    assert call("list") == (0, "No runs. Time one with %%hrtime in a notebook.\n", "")


def test_list_filters_and_limits(call, store):
    for run in published():
        store.save(run)
    assert len(call("list")[1].splitlines()) == 6
    assert len(call("list", "--limit", "2")[1].splitlines()) == 2
    assert call("list", "nowhere")[1].startswith("No runs.")
    assert len(json.loads(call("list", "--json")[1])) == 6


def test_show_takes_the_beginning_of_an_id_or_last(call, store):
    run = timed(4, 25.0)
    store.save(run)
    for word in (run.id[:-1], run.id, "last"):
        code, out, _ = call("show", word)
        assert code == 0
        assert "on 4" in out
        assert "pre" in out
    assert json.loads(call("show", "last", "--json")[1])["id"] == run.id


def test_beginning_of_several_ids_is_refused(call, store):
    store.save(timed(4, 25.0))
    store.save(timed(5, 25.0))
    code, _, err = call("show", "0000")
    assert code == 1
    assert "is ambiguous" in err


def test_published_table_is_compared(call, store):
    runs = published()
    for run in runs:
        store.save(run)
    code, out, _ = call("compare", *(run.id for run in runs))
    assert code == 0
    assert "8.2 times faster than serial" in out
    assert "distributed, 100 variations" in out
    code, out, _ = call("compare", "--like", runs[0].id, "--by", "threads", "--json")
    assert json.loads(out)["by"] == "threads"


def test_two_runs_differ_part_by_part(call, store):
    for threads in (2, 4):
        store.save(timed(threads, 100.0 / threads))
    code, out, _ = call("compare", "--previous", "last", "--over", "workers")
    assert code == 0
    assert re.search(r"^wall time +1 min 2 s +37\.0 s +−25\.0 s +−40 %$", out, re.MULTILINE)
    assert "dask: compute" in out
    code, _, said = call("compare", "--previous", json.loads(call("list", "--json")[1])[-1]["id"])
    assert code == 1
    assert "no earlier successful run of the same code" in said


def test_size_advises(call, store):
    for threads in (1, 2, 4):
        store.save(timed(threads, 100.0 / threads))
    code, out, _ = call("size", "last", "--within", "45")
    assert code == 0
    assert out.startswith("4 workers: about 37.0 s")
    assert json.loads(call("size", "last", "--json")[1])["model"] == "universal-scalability"


def test_runs_go_out_and_come_back_unchanged(call, store, tmp_path, capsys):
    runs = published()
    for run in runs:
        store.save(run)
    file = tmp_path / "runs.jsonl"
    assert call("export", str(file))[0] == 0
    elsewhere = str(tmp_path / "other.sqlite")
    for expected in ("6 runs imported, 0 already", "0 runs imported, 6 already"):
        assert main(["--store", elsewhere, "import", str(file)]) == 0
        assert expected in capsys.readouterr().err
    other = RunStore.open(elsewhere)
    try:
        assert [other.get(run.id) for run in runs] == [store.get(run.id) for run in runs]
    finally:
        other.close()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", "f" * 32), 1, "There is no run"),
        (("list", "--limit", "0"), 2, "--limit must be"),
        (("list", "--label", "x"), 2, "--label takes NAME=VALUE"),
        (("compare",), 2, "needs two"),
        (("import", "nowhere.jsonl"), 1, "No such file"),
        (("size", "last", "--within", "-3"), 1, "No run has ended yet"),
        (("show", "last"), 1, "Time one with %%hrtime"),
        (("export", "nowhere/runs.csv"), 1, "No such folder 'nowhere'"),
    ],
)
def test_what_can_not_be_done_is_said_with_an_exit_code(call, words, code, said):
    got, out, err = call(*words)
    assert (got, out) == (code, "")
    assert said in err
    assert err.startswith("hrlab: ")


def test_line_that_is_no_run_is_named(call, tmp_path):
    file = tmp_path / "bad.jsonl"
    for line, said in (("{", "Line 1 is not valid JSON"), ("[]", "Line 1 is not a run")):
        file.write_text(line)
        code, _, err = call("import", str(file))
        assert code == 2
        assert said in err


def test_it_is_a_command_of_its_own():
    done = subprocess.run(
        [sys.executable, "-m", "hrlab.cli.app", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    for command in ("list", "show", "compare", "size", "export", "import"):
        assert command in done.stdout


def test_words_that_a_terminal_has_no_letters_for_are_shown_without_them(path, store):
    store.save(replace(timed(4, 25.0), name="Z → ee"))
    words = [sys.executable, "-m", "hrlab.cli.app", "--store", str(path), "list"]
    done = subprocess.run(
        words, capture_output=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Z ? ee" in done.stdout


def test_command_says_what_the_environment_lacks(call, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "nbformat", None)
    code, out, err = call("run", str(Path(__file__).parents[2] / "examples" / "zee.ipynb"))
    assert (code, out) == (1, "")
    assert err.startswith("hrlab: `run` needs nbformat")
