"""What goes wrong inside hrlab never goes wrong for the user."""

from __future__ import annotations

import threading

import pytest

from hrlab.magic.hooks import CellHooks
from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore
from hrlab.timing import session as timing_module
from hrlab.timing.contexts import Block
from hrlab.timing.session import Timing


def broken(*_, **__):
    raise RuntimeError("hrlab's own fault")


def impatient(*_, **__):
    raise KeyboardInterrupt


@pytest.mark.parametrize("how", [broken, impatient])
@pytest.mark.parametrize(
    "place",
    [
        "hrlab.timing.recorder.ActiveRun.open",
        "hrlab.timing.recorder.ActiveRun.close",
        "hrlab.timing.recorder.ActiveRun.release",
        "hrlab.timing.session.assemble",
        "hrlab.timing.journal.Journal.start",
        "hrlab.timing.journal.Journal.finish",
        "tests.magic.shells.Listener.began",
        "tests.magic.shells.Listener.ended",
    ],
)
def test_the_cell_runs_and_the_next_is_timed(shell, monkeypatch, place, how):
    with monkeypatch.context() as patch:
        patch.setattr(place, how)
        assert shell.run("%%hrtime first\n41 + 1").result == 42
    assert shell.timing.active is None
    assert shell.timing.last.name == "first"
    assert shell.run("%%hrtime second\n1").result == 1
    assert shell.runs[-1].name == "second"
    assert shell.runs[-1].warnings == ()


def test_a_failing_step_is_in_the_record(shell, monkeypatch):
    monkeypatch.setattr("hrlab.timing.recorder.ActiveRun.close", broken)
    shell.run("%%hrtime\n1")
    (warning,) = shell.runs[0].warnings
    assert warning.code == "recorder-failed"
    assert "hrlab's own fault" in warning.message


def test_a_run_is_kept_though_the_user_presses_stop_while_it_ends(
    shell, monkeypatch, store_of_the_test
):
    monkeypatch.setattr("hrlab.timing.recorder.ActiveRun.close", impatient)
    shell.run("%%hrtime\n1")
    (kept,) = RunStore.open(store_of_the_test).page(RunQuery()).runs
    assert kept.status == "ok"


def test_failing_hooks_leave_the_cell_alone(shell, monkeypatch):
    monkeypatch.setattr(CellHooks, "_begin", broken)
    assert shell.run("%%hrtime\n41 + 1").result == 42
    monkeypatch.undo()
    monkeypatch.setattr(Timing, "start", broken)
    assert shell.run("%%hrtime\n41 + 1").result == 42
    monkeypatch.undo()
    shell.run("%%hrtime after\n1")
    assert [run.name for run in shell.runs] == ["after"]


def test_a_cell_that_never_came_back_is_interrupted(shell):
    """ipykernel calls `post_run_cell` with None for a cell that was cancelled."""
    original = shell.ip.events.trigger

    def trigger(event, *args):
        original(event, *((None,) if event == "post_run_cell" else args))

    shell.ip.events.trigger = trigger
    shell.run("%%hrtime\n1")
    assert [run.status for run in shell.runs] == ["interrupted"]
    del shell.ip.events.trigger


def test_a_timed_cell_beside_a_block_in_a_thread_is_a_mark_of_it(shell):
    go, done = threading.Event(), threading.Event()

    def work():
        with Block(shell.timing, timing_module.Request(name="thread")):
            go.set()
            done.wait(5)

    thread = threading.Thread(target=work)
    thread.start()
    go.wait(5)
    assert shell.run("%%hrtime cell\n1").result == 1
    shell.run("ordinary = 1")
    assert shell.timing.active is not None
    done.set()
    thread.join()
    (run,) = shell.runs
    assert (run.name, [mark.label for mark in run.marks]) == ("thread", ["cell"])


def test_no_thread_of_hrlab_is_left(shell):
    before = set(threading.enumerate())
    shell.run("%%hrtime\n1")
    assert set(threading.enumerate()) == before
