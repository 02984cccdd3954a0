"""The journal on real SQLite files that can't be used, and can again later."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import uuid
from contextlib import closing
from pathlib import Path

import pytest

from hrlab.model.errors import StoreError
from hrlab.model.run import Run, Source
from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore
from hrlab.timing.journal import PAUSE_SECONDS, Journal

#: A user that may do nothing.
NOBODY = 65534


def a_run(status="ok", **more):
    return Run(uuid.uuid4().hex, "a run", status, started_at=1e9, wall_seconds=1.0, **more)


def kept(path):
    with closing(RunStore.open(path)) as store:
        return {run.id: run.status for run in store.page(RunQuery()).runs}


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def path():
    # Not below pytest's own directory, which nobody but its owner may enter.
    with tempfile.TemporaryDirectory() as outer:
        Path(outer).chmod(0o755)
        inner = Path(outer) / "store"
        inner.mkdir()
        yield inner / "runs.sqlite"


@pytest.fixture
def told():
    return []


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def journal(path, told, clock):
    made = Journal(lambda: RunStore.open(path, timeout_seconds=0.05), told.append, clock)
    yield made
    made.close()


def lock(path):
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("BEGIN EXCLUSIVE")
    return raw


def make_store(path):
    RunStore.open(path).close()


def locked(path):
    make_store(path)
    raw = lock(path)
    return raw.close


def read_only(path):
    make_store(path)
    path.chmod(0o400)
    path.parent.chmod(0o500)
    is_root = os.geteuid() == 0
    if is_root:  # who may write everything
        for place in (path, path.parent):
            os.chown(place, NOBODY, NOBODY)
        os.seteuid(NOBODY)

    def repair():
        if is_root:
            os.seteuid(0)
        path.parent.chmod(0o700)
        path.chmod(0o600)

    return repair


def corrupt(path):
    path.write_bytes(b"not a database " * 500)
    return path.unlink


def damaged(path):
    make_store(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))
    return path.unlink


def a_directory(path):
    path.mkdir()
    return path.rmdir


def newer(path):
    make_store(path)
    with closing(sqlite3.connect(path)) as raw:
        version = raw.execute("PRAGMA user_version").fetchone()[0]
        raw.execute("PRAGMA user_version = 1000")

    def repair():
        with closing(sqlite3.connect(path)) as raw:
            raw.execute(f"PRAGMA user_version = {version}")

    return repair


BROKEN = {
    locked: "is locked by another process",
    read_only: "cannot be written",
    corrupt: "is not an SQLite file",
    damaged: "is damaged",
    a_directory: "cannot be opened",
    newer: "is of a newer hrlab",
}


@pytest.mark.parametrize("how", BROKEN, ids=lambda how: how.__name__)
def test_a_store_that_fails_is_told_once_and_gets_the_runs_later(journal, path, told, how):
    repair = how(path)
    try:
        first, second = a_run(), a_run("failed")
        for run in (first, second):
            journal.start(run)
            assert journal.usual_seconds("0" * 64) is None
            journal.beat(run.id, 0.5)
            reason = journal.finish(run)
            assert f"{path} {BROKEN[how]}" in reason
        (said,) = told
        assert str(path) in said
        assert "Timing continues" in said
    finally:
        repair()
    third = a_run()
    journal.start(third)
    assert journal.finish(third) is None
    assert kept(path) == {first.id: "ok", second.id: "failed", third.id: "ok"}
    assert len(told) == 1


def test_a_full_disk_is_told_once_and_gets_the_runs_later(path, told):
    class Small(RunStore):
        limited = True

        def finish(self, run):
            with self._connection.reading() as raw:
                pages = raw.execute("PRAGMA page_count").fetchone()[0]
            raw.execute(f"PRAGMA max_page_count = {pages if self.limited else 1_000_000}")
            super().finish(run)

    store = Small.open(path)
    journal = Journal(lambda: store, told.append)
    run = a_run(note="x" * 100_000)
    journal.start(a_run())
    assert "No space left" in journal.finish(run)
    assert len(told) == 1
    Small.limited = False
    assert journal.finish(a_run()) is None
    assert kept(path)[run.id] == "ok"
    journal.close()


def test_what_could_not_be_kept_is_kept_when_the_process_ends(journal, path):
    repair = corrupt(path)
    run = a_run()
    journal.finish(run)
    repair()
    journal.close()
    assert kept(path) == {run.id: "ok"}


def test_a_store_that_made_us_wait_is_left_alone_for_a_while(path, told, clock):
    asked = []

    def open_slowly():
        asked.append(clock.now)
        clock.now += 2.0
        raise StoreError("The store is locked.")

    journal = Journal(open_slowly, told.append, clock)
    for _ in range(5):
        run = a_run()
        journal.start(run)
        journal.usual_seconds("0" * 64)
        assert journal.finish(run) == "The store is locked."
    assert asked == [0.0]
    clock.now += PAUSE_SECONDS
    journal.start(a_run())
    assert len(asked) == 2
    assert len(told) == 1


def test_a_store_that_fails_again_is_told_again(path, told):
    class Moody(RunStore):
        fails = True

        def finish(self, run):
            if self.fails:
                raise StoreError("No.")
            super().finish(run)

    store = Moody.open(path)
    journal = Journal(lambda: store, told.append)
    for fails in (True, True, False, True):
        store.fails = fails
        assert (journal.finish(a_run()) is None) is not fails
    assert len(told) == 2
    store.fails = False
    journal.close()
    assert len(kept(path)) == 4


def test_the_usual_time_is_that_of_the_same_code(journal):
    sha = "a" * 64
    assert journal.usual_seconds(sha) is None
    journal.finish(a_run(source=Source("cell", "x", sha)))
    assert journal.usual_seconds(sha) == 1.0


def test_lists_need_a_store_that_works(journal, path):
    corrupt(path)
    with pytest.raises(StoreError):
        journal.recent(5)
    with pytest.raises(StoreError):
        journal.latest()


def test_a_run_that_began_is_in_the_store_before_it_ends(journal, path):
    run = a_run("running")
    journal.start(run)
    assert kept(path) == {run.id: "running"}
    journal.beat(run.id, 3.0)
    with closing(RunStore.open(path)) as store:
        assert store.get(run.id)["wall_seconds"] == 3.0
