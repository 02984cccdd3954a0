"""Blocks, marks and runs as scripts use them."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
import traceback

import pytest

import hrlab
from hrlab import kernel
from hrlab.model.errors import UsageError
from hrlab.model.run import check
from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore
from hrlab.timing.dask.client_hooks import doors
from hrlab.timing.journal import Journal
from hrlab.timing.outcome import status_of
from hrlab.timing.session import Timing


@pytest.fixture(autouse=True)
def timing(monkeypatch):
    """A process's timing of the test's own."""
    told = []
    made = Timing(Journal(kernel.open_store, told.append))
    monkeypatch.setattr(kernel, "timing", lambda: made)
    yield made
    assert made.active is None
    made.abandon()
    assert told == []


def test_a_block_is_a_run_that_is_kept(store_of_the_test):
    with hrlab.timed(
        "Zee",
        labels={"a": 5},
        workload={"events": 5},
        note="warm",
        approach="local",
        inputs=[{"name": "f.root", "bytes": 5}],
    ) as run:
        x = 1
    record = run.record
    check(record)
    assert (record.name, record.status, record.source.kind) == ("Zee", "ok", "block")
    assert (record.labels, record.workload, record.note) == ({"a": "5"}, {"events": 5.0}, "warm")
    assert (record.approach, record.inputs[0].bytes) == ("local", 5)
    assert record.source.code == f"x = {x}"
    assert record.cells == ()
    assert hrlab.last_run() is record
    assert RunStore.open(store_of_the_test).latest().id == record.id


def test_a_young_run_tells_early_how_long_it_is(store_of_the_test, monkeypatch):
    monkeypatch.setattr("hrlab.timing.session.BEAT_SECONDS", 1e9)
    store, until = RunStore.open(store_of_the_test), time.monotonic() + 60
    with hrlab.timed("young"):
        while not (told := store.page(RunQuery()).runs[0].wall_seconds):
            assert time.monotonic() < until
            time.sleep(0.1)
    assert told >= 0.4


def test_the_last_run_is_none_before_the_first():
    assert hrlab.last_run() is None


def test_a_block_without_a_name_has_that_of_its_body():
    with hrlab.timed() as run:
        # Fit the peak
        pass
    assert run.record.name == "Fit the peak"


def test_two_blocks_of_one_function_are_different_code():
    with hrlab.timed("a") as a:
        x = 1
    with hrlab.timed("b") as b:
        y = 2
    assert a.record.source.code_sha256 != b.record.source.code_sha256
    assert x + y == 3


def test_an_exception_passes_through_with_the_users_traceback():
    with pytest.raises(ZeroDivisionError) as caught, hrlab.timed("a") as run:  # noqa: PT012
        with hrlab.phase("b"):
            raise ZeroDivisionError
    files = {frame.filename for frame in traceback.extract_tb(caught.value.__traceback__)}
    assert files == {__file__}
    assert (run.record.status, run.record.error.type) == ("failed", "ZeroDivisionError")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (None, "ok"),
        (ValueError(), "failed"),
        (KeyboardInterrupt(), "interrupted"),
        (asyncio.CancelledError(), "interrupted"),
        (asyncio.CancelledError("key-of-a-future"), "failed"),
        (SystemExit(), "ok"),
        (SystemExit(0), "ok"),
        (SystemExit(1), "failed"),
        (GeneratorExit(), "failed"),
    ],
)
def test_how_a_run_ended_follows_from_what_was_raised(error, status):
    assert status_of(error) == status


def test_a_block_inside_a_block_is_a_mark():
    with hrlab.timed("outer") as outer, hrlab.timed("inner") as inner:
        with pytest.raises(UsageError, match="has not ended"):
            _ = outer.record
    assert [mark.label for mark in outer.record.marks] == ["inner"]
    with pytest.raises(UsageError, match="mark of the run around it"):
        _ = inner.record


def test_what_a_record_has_is_asked_of_the_record():
    with hrlab.timed("a") as run:
        pass
    with pytest.raises(AttributeError, match=r"run\.record\.wall_seconds"):
        _ = run.wall_seconds


def test_phases_mark_and_declare():
    with hrlab.timed("serial") as run:
        with hrlab.phase("dask"):
            pass
        with hrlab.phase("fit", "post"):
            pass
        with hrlab.phase("plain"):
            pass
    marks = [(mark.label, mark.phase) for mark in run.record.marks]
    assert marks == [("dask", "dask"), ("fit", "post"), ("plain", None)]
    assert run.record.phases.dask_seconds > 0
    assert len(run.record.loops) == 1


def test_a_phase_without_a_run_is_nothing():
    with hrlab.phase("dask"):
        pass
    with pytest.raises(UsageError, match="one of pre, dask, post"):
        hrlab.phase("x", "between")


def test_blocks_in_threads_are_attributed_once():
    barrier = threading.Barrier(8)
    blocks, failures = [], []

    def work(i):
        try:
            barrier.wait(5)
            with hrlab.timed(f"block {i}") as block:
                barrier.wait(5)
            blocks.append(block)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    runs = [block._run for block in blocks if block._run is not None]
    assert len(runs) == 1
    assert len(runs[0].marks) == 7


def test_a_block_may_be_entered_in_another_task():
    async def main():
        with hrlab.timed("a") as run:
            await asyncio.gather(*(asyncio.sleep(0.01) for _ in range(3)))
        return run.record

    assert asyncio.run(main()).wall_seconds >= 0.01


def test_wrong_words_of_a_block_are_refused_before_anything_starts():
    with pytest.raises(UsageError):
        hrlab.timed("a", workload={"events": "many"})
    with pytest.raises(UsageError):
        hrlab.timed("a", inputs=[{}])


def test_stopping_without_a_run_says_how_to_start_one(timing):
    with pytest.raises(UsageError, match="hrtime start NAME"):
        timing.stop("ok")


def test_a_store_that_fails_leaves_the_reason_in_the_shown_record(
    timing, store_of_the_test, monkeypatch
):
    store_of_the_test.parent.mkdir()
    store_of_the_test.write_bytes(b"not a database " * 100)
    told = []
    timing.journal = Journal(kernel.open_store, told.append)
    with hrlab.timed("a") as first:
        pass
    (warning,) = first.record.warnings
    assert (warning.code, len(told)) == ("not-stored", 1)
    store_of_the_test.unlink()
    with hrlab.timed("b") as second:
        pass
    assert second.record.warnings == ()
    page = RunStore.open(store_of_the_test).page(RunQuery())
    assert {run.name for run in page.runs} == {"a", "b"}
    assert RunStore.open(store_of_the_test).get(first.record.id)["warnings"] == []


def test_no_door_stays_open_after_a_run():
    with hrlab.timed("a"):
        assert doors.watcher is not None
    assert doors.watcher is None


def test_an_exception_without_a_text_passes_through(store_of_the_test):
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError("no text")

    with pytest.raises(Mute), hrlab.timed("a") as run:
        raise Mute
    assert (run.record.status, run.record.error.type) == ("failed", "Mute")
    assert RunStore.open(store_of_the_test).latest().status == "failed"


@pytest.mark.parametrize(
    "place", ["hrlab.timing.session.bare_record", "hrlab.timing.session.ActiveRun"]
)
def test_a_block_runs_whatever_fails_in_hrlab(monkeypatch, timing, place):
    def broken(*_, **__):
        raise RuntimeError("hrlab's own fault")

    ran, before = [], set(threading.enumerate())
    with monkeypatch.context() as patch:
        patch.setattr(place, broken)
        patch.setattr("hrlab.timing.session.assemble", broken)
        with hrlab.timed("a"):
            ran.append(1)
        with pytest.raises(ZeroDivisionError), hrlab.timed("b"):
            raise ZeroDivisionError
    assert ran == [1]
    assert timing.active is None
    new = set(threading.enumerate()) - before
    assert not [thread for thread in new if thread.name.startswith("hrlab")]


@pytest.mark.parametrize("label", ["plain", "dask", "post", "pre"])
def test_marks_in_a_loop_fill_neither_the_record_nor_the_time(label):
    """Twice as many take twice the work, not four times: lines are counted, as seconds depend on the machine."""
    few, many = (_lines_executed(_run_with_marks, label, marks) for marks in (1000, 2000))
    assert many < 2.5 * few
    record = _run_with_marks(label, 20_000)
    check(record)
    assert len(record.marks) == 500
    assert "marks-dropped" in [warning.code for warning in record.warnings]


def _run_with_marks(label, marks):
    with hrlab.timed("a") as run:
        for _ in range(marks):
            with hrlab.phase(label):
                pass
    return run.record


def _lines_executed(function, *arguments):
    """How many lines of Python a call executes on this thread, each time round a loop counted."""
    lines = 0

    def trace(frame, event, argument):
        nonlocal lines
        lines += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function(*arguments)
    finally:
        sys.settrace(before)
    return lines
