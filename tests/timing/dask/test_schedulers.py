"""Schedulers in processes of their own: without hrlab, refusing, with odd clocks, dying."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import distributed
import pytest
from distributed import CancelledError, Client, wait

from hrlab.timing.dask import scheduler_client
from hrlab.timing.dask.plugin_source import module_name
from hrlab.timing.progress import progress_of
from tests.timing.conftest import check_loops, exactness, serious, wait_until
from tests.timing.dask.schedulers import scheduler
from tests.timing.work import has_hrlab, made, modules_of_hrlab, nap, step

REFUSING = """
async def refuse(*args, **kwargs):
    raise ValueError("no plugins here")
"""
#: Graphs become tasks late, while the event loop goes on.
LATE_GRAPHS = """
import asyncio, distributed.scheduler
prompt = distributed.scheduler.Scheduler.update_graph
async def late(*args, **kwargs):
    await asyncio.sleep({seconds})
    return await prompt(*args, **kwargs)
distributed.scheduler.Scheduler.update_graph = late
"""
#: Every clock that tells the time of day goes wrong by `time.shift` seconds.
SHIFTED = """
time.shift = {shift}
true_time = time.time
time.time = lambda: true_time() + time.shift
"""


def run_with_gaps(recorder, client):
    """0.1 s, a task of 0.3 s, 0.3 s, a task of 0.2 s, 0.1 s; with the clock of who sees it."""
    with recorder.block() as watch:
        nap(0.1)
        with watch.lap():
            client.submit(nap, 0.3, pure=False).result()
        nap(0.3)
        with watch.lap():
            client.submit(nap, 0.2, pure=False).result()
        nap(0.1)
    return watch


def check_phases(run, watch):
    assert [loop.tasks for loop in run.loops] == [1, 1]
    check_loops(run, watch, 0.3, 0.2)
    for loop, seconds in zip(run.loops, (0.3, 0.2), strict=True):
        assert loop.stages.compute_seconds >= seconds - exactness(run)


def check_clock(run, watch):
    """No clock that goes wrong by minutes makes the comparison of clocks less exact than a round trip is long."""
    assert run.clusters[0].clock.uncertainty_seconds <= watch.now


def test_scheduler_without_hrlab_is_no_different(recorder):
    with scheduler() as process, Client(process.address) as client:
        assert client.run_on_scheduler(has_hrlab) is False
        watch = run_with_gaps(recorder, client)
        check_phases(recorder.record, watch)
        assert not serious(recorder.record)
        run_with_gaps(recorder, client)
        assert client.run_on_scheduler(modules_of_hrlab) == [module_name(), "hrlab"]


def test_refused_plugin_is_said_and_loops_are_what_the_kernel_sees(recorder):
    with (
        scheduler(
            before=REFUSING, inside='scheduler.handlers["register_scheduler_plugin"] = refuse'
        ) as process,
        Client(process.address) as client,
    ):
        with recorder.block() as watch:
            nap(0.1)
            with watch.lap():
                futures = [client.submit(nap, 0.1, i) for i in range(3)]
                wait(futures)
            nap(1.0)
            with watch.lap():
                client.submit(made, 0.2).result()  # which takes as long to travel
            nap(1.0)
        run = recorder.record
        assert "plugin-refused" in recorder.codes
        assert "no plugins here" in run.warnings[0].message
        assert run.coverage < 1
        # Of the first lap the kernel sees no more than its calls.
        assert run.phases.dask_seconds >= 0.2
        assert run.loops[0].start_seconds >= watch.laps[0][0]
        assert watch.laps[1][0] <= run.loops[-1].start_seconds  # not one over both laps
        # Futures are looked at from time to time: a loop ends a little after its last result.
        assert run.phases.between_seconds > 0
        assert run.phases.post_seconds > 0
        assert len(run.clusters) == 1
        del futures


@pytest.mark.skipif(
    distributed.__version__ > "2024", reason="such a scheduler does not start any more"
)
def test_scheduler_that_unpickles_nothing_is_said(recorder):
    with scheduler(pickle=False) as process, Client(process.address) as client:
        with recorder.block():
            with pytest.raises(CancelledError):
                client.submit(nap, 0.1).result()
        assert "plugin-refused" in recorder.codes


@pytest.mark.parametrize("shift", [-600, 420])
def test_scheduler_whose_clock_is_minutes_off(recorder, shift):
    with (
        scheduler(before=SHIFTED.format(shift=shift)) as process,
        Client(process.address) as client,
    ):
        watch = run_with_gaps(recorder, client)
    run = recorder.record
    assert run.clusters[0].clock.offset_seconds == pytest.approx(shift, abs=watch.now)
    check_clock(run, watch)
    check_phases(run, watch)


@pytest.mark.parametrize("seconds", [-120, 300])
def test_scheduler_whose_clock_is_stepped_meanwhile(recorder, seconds):
    shifted = SHIFTED.format(shift=0)
    with scheduler(before=shifted) as process, Client(process.address) as client:
        client.submit(nap, 0).result()
        with recorder.block() as watch:
            nap(0.1)
            with watch.lap():
                first = client.submit(nap, 0.4, pure=False)
                nap(0.1)
                client.run_on_scheduler(step, seconds)
                first.result()
            nap(0.3)
            with watch.lap():
                client.submit(nap, 0.2, pure=False).result()
            nap(0.1)
        del first
    run = recorder.record
    assert [loop.tasks for loop in run.loops] == [1, 1]
    check_loops(run, watch, 0.4, 0.2)
    assert run.activities["compute"] <= watch.seconds
    check_clock(run, watch)


def test_killed_scheduler_is_said_without_waiting_for_it(recorder, monkeypatch):
    """Its broken connection ends the run's wait: no limit does."""
    monkeypatch.setattr("hrlab.timing.dask.scheduler_client.LAST_REPORT_SECONDS", 3600.0)
    with scheduler() as process:
        client = Client(process.address)
        with recorder.block():
            kept = client.submit(nap, 30)
            # So that a report was heard.
            wait_until(lambda: progress_of(recorder.timing.active).tasks_all == 1)
            os.kill(process.pid, signal.SIGKILL)
            nap(0.3)
        run = recorder.record
        assert "scheduler-lost" in recorder.codes
        assert run.tasks == 1
        assert kept is not None
        with contextlib.suppress(TimeoutError):
            client.close(timeout=1)


@contextlib.contextmanager
def stopped(process):
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


def test_scheduler_that_stops_answering_holds_one_cell_and_no_later_one(recorder, monkeypatch):
    monkeypatch.setattr(scheduler_client, "SILENT_SECONDS", 4.0)
    with scheduler() as process, Client(process.address) as client:
        with contextlib.ExitStack() as until_later:
            with recorder.block():
                kept = client.submit(nap, 0.1)
                kept.result()
                (one,) = recorder.timing.active.watch.links
                wait_until(lambda: one.report and one.report["tasks"])
                until_later.enter_context(stopped(process))
                begin = time.monotonic()
            held = time.monotonic() - begin
            (lost,) = [one for one in recorder.record.warnings if one.code == "scheduler-lost"]
            assert "incomplete" in lost.message
            assert recorder.record.tasks == 1
            assert recorder.record.coverage < 1
            for _ in range(3):
                with recorder.block():
                    pass
                assert recorder.codes == set()
            with recorder.block():
                more = client.submit(nap, 0.1, 1)
            assert recorder.codes == {"plugin-refused"}
            assert time.monotonic() - begin - held < held  # all four together
        assert more.result() is None
        with recorder.block():
            nap(0.1)
            client.submit(nap, 0.1, 2).result()
        assert recorder.record.tasks == 1
        assert not serious(recorder.record)


def test_cell_without_dask_is_not_held_by_a_scheduler_that_does_not_answer(recorder, monkeypatch):
    monkeypatch.setattr(scheduler_client, "SILENT_SECONDS", 10.0)
    with scheduler() as process, Client(process.address):
        with stopped(process):
            begin = time.monotonic()
            for _ in range(2):
                with recorder.block():
                    pass
            assert time.monotonic() - begin < scheduler_client.SILENT_SECONDS / 2
    assert recorder.codes == set()


def test_scheduler_that_was_slow_for_a_cell_without_dask_is_waited_for_by_one_with(recorder):
    with scheduler() as process, Client(process.address) as client:
        with stopped(process):
            with recorder.block():
                pass
        with recorder.block():
            (one,) = recorder.timing.active.watch.links
            assert not one.silent
            client.submit(nap, 0.01).result()
    assert recorder.record.tasks == 1
    assert not serious(recorder.record)


def test_graphs_do_not_wait_one_after_the_other_for_a_scheduler_that_does_not_answer(
    recorder, monkeypatch
):
    waits = []
    with scheduler() as process, Client(process.address) as client:
        with stopped(process):
            with recorder.block():
                (one,) = recorder.timing.active.watch.links
                wait_for = one.ready.wait
                monkeypatch.setattr(
                    one.ready, "wait", lambda seconds: waits.append(seconds) or wait_for(seconds)
                )
                kept = [client.submit(nap, 0.01, i) for i in range(3)]
        assert len(waits) == 1
        wait(kept)


def test_scheduler_that_is_slow_to_see_a_graph_but_answers_is_waited_for(recorder, monkeypatch):
    monkeypatch.setattr(scheduler_client, "SILENT_SECONDS", 0.8)
    with scheduler(before=LATE_GRAPHS.format(seconds=1.2)) as process:
        with Client(process.address) as client:
            with recorder.block():
                nap(0.3)
                kept = client.submit(nap, 0.01)
            assert recorder.record.tasks == 1
            assert not recorder.codes & {"scheduler-lost", "graphs-unseen"}
            kept.result()


def test_link_that_breaks_for_a_moment_loses_nothing(recorder):
    with scheduler() as process, Client(process.address) as client:
        with recorder.block():
            client.submit(nap, 0.1).result()
            (scheduler_client,) = recorder.timing.active.watch.links
            recorder.timing.active.background().call(_break(scheduler_client), 2)
            client.submit(nap, 0.1, 1).result()
    assert recorder.record.tasks == 2
    assert not serious(recorder.record)


async def _break(scheduler_client):
    for comm in list(scheduler_client._scheduler.comms):
        comm.abort()
