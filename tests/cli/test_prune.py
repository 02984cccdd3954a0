"""``jupyter hrlab prune``: says what would go, asks, and takes nothing else."""

from __future__ import annotations

import io
import json
import sqlite3
import time
from dataclasses import replace

import pytest

from hrlab.cli.app import main
from hrlab.export.delivery_cursor import Position, position_path, save
from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore
from tests.store.making import begun, golden, run

DAY = 86400.0


@pytest.fixture
def store(tmp_path):
    made = RunStore.open(tmp_path / "runs.sqlite")
    yield made
    made.close()


@pytest.fixture
def call(store, capsys):
    def call_(*words):
        code = main(["--store", str(store.path), "prune", *words])
        out = capsys.readouterr()
        return code, out.out, out.err

    return call_


def kept(store) -> set[str]:
    return {one.name for one in store.page(RunQuery(limit=200)).runs}


def fill(store) -> None:
    """A run of each day of the last ten, every third of which failed, and one that is on."""
    for n in range(10):
        status = "failed" if n % 3 == 0 else "ok"
        store.save(run(n, name=f"day {n}", status=status, started_at=time.time() - (n + 0.5) * DAY))
    store.start(begun(99, name="on", started_at=time.time() - 100 * DAY))


@pytest.mark.parametrize(
    ("words", "stay"),
    [
        (("--older-than", "7"), {0, 1, 2, 3, 4, 5, 6}),
        (("--keep", "3"), {0, 1, 2}),
        (("--status", "failed"), {1, 2, 4, 5, 7, 8}),
        (("--status", "failed", "--older-than", "4"), {0, 1, 2, 3, 4, 5, 7, 8}),
        (("--older-than", "2", "--keep", "5"), {0, 1, 2, 3, 4}),
        (("--keep", "100"), set(range(10))),
    ],
)
def test_what_goes_is_what_everything_holds_for(call, store, words, stay):
    fill(store)
    expected = {f"day {n}" for n in stay} | {"on"}
    code, out, _ = call(*words, "--dry-run", "--json")
    assert (code, len(json.loads(out)["ids"])) == (0, 11 - len(expected))
    assert len(kept(store)) == 11
    assert call(*words, "--yes")[0] == 0
    assert kept(store) == expected


def test_it_says_what_would_go_and_asks(call, store, monkeypatch):
    fill(store)
    assert call("--keep", "2")[0] == 2  # not a terminal
    for answer, code, left in (("n\n", 1, 11), ("y\n", 0, 3)):
        terminal = io.StringIO(answer)
        terminal.isatty = lambda: True
        monkeypatch.setattr("sys.stdin", terminal)
        got, out, _ = call("--keep", "2")
        assert (got, len(kept(store))) == (code, left)
        assert out.startswith("8 runs will be permanently deleted, from ")
        assert "day 9" in out


def test_nothing_of_a_pruned_run_is_left_and_all_of_the_others(call, store):
    gone = replace(golden(), labels={"secret-label": "x"})
    stays = run(5, labels={"a": "b"}, started_at=time.time())
    for one in (gone, stays):
        store.save(one)
        store.annotate(one.id, note="noted")
    before = store.get(stays.id)
    assert call("--older-than", "0.5", "--yes")[0] == 0
    assert (store.get(gone.id), store.get(stays.id)) == (None, before)
    raw = sqlite3.connect(store.path)
    try:
        text = "\n".join(raw.iterdump())
    finally:
        raw.close()
    assert gone.id not in text
    assert "secret-label" not in text
    assert stays.id in text
    assert store.save(gone)  # an archive may bring it back


def test_deleted_runs_give_their_space_back(call, store):
    for n in range(300):
        store.save(replace(golden(), id=f"{n:032x}", started_at=time.time()))
        store.delete(f"{n:032x}")
    store.save(run(1))
    code, out, _ = call("--deleted", "--yes")
    assert (code, out.startswith("No runs match.")) == (0, True)  # just deleted: may be undone
    raw = sqlite3.connect(store.path)
    raw.execute("UPDATE runs SET deleted_at = deleted_at - 100 WHERE deleted_at IS NOT NULL")
    raw.commit()
    raw.close()
    code, out, _ = call("--deleted", "--yes", "--json")
    pruned = json.loads(out)["pruned"]
    assert (code, pruned["runs"]) == (0, 300)
    assert pruned["bytes_after"] < pruned["bytes_before"] / 3
    assert kept(store) == {"run 1"}


def test_whoever_watches_learns_of_it(call, store):
    store.save(run(1))
    seq = store.seq()
    call("--keep", "0", "--yes")
    assert store.seq() > seq


def test_runs_that_wait_to_be_delivered_are_told_of(call, store):
    store.save(run(1))
    save(position_path(store.path), Position(store.seq()))
    store.save(run(2))
    assert "1 run not yet delivered to InfluxDB will be lost" in call("--keep", "0", "--dry-run")[1]


def test_without_a_word_nothing_goes(call, store):
    fill(store)
    for words in ((), ("--yes",), ("--keep", "-1"), ("--older-than", "nan")):
        code, _, err = call(*words)
        assert code == 2
        assert "--older-than" in err
    assert len(kept(store)) == 11
