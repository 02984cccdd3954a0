"""Where loops begin and end, and what is between them."""

from __future__ import annotations

import time

import dask
import pytest
from distributed import wait

import hrlab
from hrlab.model.request import Request
from tests.collect.conftest import TOLERANCE, Stopwatch, wait_until
from tests.collect.work import dask_mapper, identity, nap


def test_gap_between_two_computes_is_not_dask_time(recorder, client):
    with recorder.block() as watch:
        nap(0.2)
        with watch.lap():
            dask.delayed(nap)(0.2, 1).compute()
        nap(0.4)
        with watch.lap():
            dask.delayed(nap)(0.2, 2).compute()
        nap(0.3)
    run = recorder.record
    assert [loop.tasks for loop in run.loops] == [1, 1]
    for loop, (start, stop) in zip(run.loops, watch.laps, strict=True):
        assert loop.start_seconds == pytest.approx(start, abs=0.1)
        assert loop.stop_seconds == pytest.approx(stop, abs=0.1)
    assert run.phases.between_seconds == pytest.approx(0.4, abs=TOLERANCE)
    assert run.phases.pre_seconds == pytest.approx(0.2, abs=TOLERANCE)
    assert run.phases.post_seconds == pytest.approx(0.3, abs=TOLERANCE)


def test_stages_say_when_nothing_executes(recorder, client):
    """Four tasks of 0.1 s on two workers, behind one that holds both for a while."""
    held = client.map(nap, [0.5, 0.5], key="held", pure=False)
    time.sleep(0.1)
    with recorder.block():
        wait(client.map(nap, [0.1] * 4, range(4), key="mine"))
    stages = recorder.record.loops[0].stages
    assert stages.wait_seconds == pytest.approx(0.4, abs=TOLERANCE)
    assert stages.compute_seconds == pytest.approx(0.2, abs=0.15)
    wait(held)


def test_run_without_dask_is_serial_and_all_pre(recorder):
    with recorder.block():
        nap(0.05)
    run = recorder.record
    assert run.approach == "serial"
    assert run.phases.pre_seconds == run.wall_seconds
    assert run.clusters == ()
    assert run.cold is None
    assert run.alone is None


def test_serial_baseline_may_declare_its_loop(recorder):
    with recorder.block() as watch:
        nap(0.1)
        with watch.lap(), recorder.timing.mark("dask", "dask"):
            nap(0.2)
        nap(0.05)
    run = recorder.record
    assert run.approach == "serial"
    assert [(loop.cluster, loop.client, loop.tasks) for loop in run.loops] == [(None, None, 0)]
    assert run.phases.dask_seconds == pytest.approx(watch.seconds, abs=0.05)
    assert run.clusters == ()


def test_timed_block_inside_a_timed_run_is_a_mark(recorder, client):
    with recorder.block():
        with recorder.timing.block(Request(name="inner")):
            client.submit(nap, 0.1).result()
    run = recorder.record
    assert [(mark.label, mark.phase) for mark in run.marks] == [("inner", None)]
    assert run.tasks == 1


def test_public_phase_is_silent_without_a_run():
    with hrlab.phase("stage-out"):
        pass


def test_too_many_loops_are_coarsened_and_balance(recorder, client, monkeypatch):
    monkeypatch.setattr("hrlab.model.phases.MAX_LOOPS", 40)
    monkeypatch.setattr("hrlab.model.phases.MAX_STAGE_INTERVALS", 40)
    with recorder.block() as watch, watch.lap():
        for i in range(80):
            client.submit(identity, i, pure=False).result()
            nap(0.001)
    run = recorder.record
    assert run.tasks == 80
    assert len(run.loops) == 40
    assert sum(len(loop.stage_intervals) for loop in run.loops) <= 80
    assert {"loops-merged", "stages-merged"} <= recorder.codes
    assert run.phases.dask_seconds + run.phases.between_seconds == pytest.approx(
        watch.seconds, abs=TOLERANCE
    )


@pytest.mark.slow
def test_compute_of_many_short_tasks_is_as_long_as_they_executed(recorder, client, cluster):
    """More executions than are kept one by one: the gaps between them must not become compute."""
    with recorder.block():
        client.gather(client.map(nap, [0.001] * 1500, range(1500)))
    run = recorder.record
    stages = run.loops[0].stages
    assert run.tasks == 1500
    assert "stages-merged" in recorder.codes
    assert run.groups[0].compute_seconds / 2 * 0.9 < stages.compute_seconds
    assert stages.compute_seconds < run.groups[0].compute_seconds * 1.01
    assert "sums are right" in " ".join(warning.message for warning in run.warnings)


def test_time_between_cells_is_not_the_runs(recorder, client):
    timing = recorder.timing
    active = timing.start(Request(name="group"), "cells", "a = 1", "cell-1")
    watch = Stopwatch()
    with watch.lap():
        client.submit(nap, 0.1, 1).result()
        kept = client.submit(nap, 0.8, 2)
        wait_until(lambda: client.processing() and any(client.processing().values()))
    active.leave(1)
    nap(0.4)
    active.enter("kept.result()", "cell-2")
    with watch.lap():
        kept.result()
        nap(0.1)
    run = timing.stop("ok")
    recorder.records.append(run)
    assert run.idle_dask_seconds == pytest.approx(0.4, abs=0.1)
    assert "idle-dask" in recorder.codes
    assert run.wall_seconds == pytest.approx(watch.seconds, abs=0.1)
    assert [cell.cell_id for cell in run.cells] == ["cell-1", "cell-2"]
    assert run.tasks == 2


def test_work_that_ends_between_cells_ends_there(recorder, client):
    timing = recorder.timing
    active = timing.start(Request(name="group"), "cells", "a = 1", "cell-1")
    kept = client.submit(nap, 0.3)
    active.leave(1)
    nap(0.6)
    active.enter("1 + 1", "cell-2")
    nap(0.2)
    run = timing.stop("ok")
    recorder.records.append(run)
    assert kept.done()
    assert run.idle_dask_seconds == pytest.approx(0.3, abs=TOLERANCE)
    assert run.phases.post_seconds == pytest.approx(0.2, abs=0.1)


def test_interrupt_keeps_the_run(recorder, client):
    with pytest.raises(KeyboardInterrupt), recorder.timing.block(Request(name="stopped")):
        kept = client.submit(nap, 0.5)
        nap(0.1)
        raise KeyboardInterrupt
    run = recorder.timing.last
    assert run.status == "interrupted"
    assert run.loops[-1].left_unfinished == 1
    assert run.phases is not None
    wait(kept)


def test_root_tasks_on_threads_are_warned_of(recorder):
    from distributed import Client

    from tests.collect.conftest import local_cluster

    with local_cluster(n_workers=1, threads_per_worker=2) as threaded, Client(threaded) as client:
        with recorder.block():
            client.submit(dask_mapper).result()
        assert "root-threads" in recorder.codes
        with recorder.block():
            client.submit(nap, 0.02).result()
        assert "root-threads" not in recorder.codes


def test_root_tasks_on_single_threads_are_not_warned_of(recorder, client):
    with recorder.block():
        client.submit(dask_mapper).result()
    assert "root-threads" not in recorder.codes


def test_groups_say_how_long_and_how_large(recorder, client):
    with recorder.block():
        client.gather(client.map(nap, [0.1, 0.2], key="napping"))
        client.submit(bytes, 100_000).result()
    by_name = {group.name: group for group in recorder.record.groups}
    assert by_name["napping"].compute_seconds == pytest.approx(0.3, abs=0.1)
    assert by_name["napping"].longest_seconds == pytest.approx(0.2, abs=0.1)
    assert by_name["bytes"].output_bytes >= 100_000
    assert recorder.record.activities["compute"] == pytest.approx(0.3, abs=0.1)


def test_progress_of_a_run_that_is_on(recorder, client):
    from hrlab.collect.progress import progress_of

    with recorder.block():
        kept = client.map(nap, [2.0] * 2, range(2))
        active = recorder.timing.active
        wait_until(lambda: progress_of(active).tasks_all == 2)
        progress = progress_of(active)
        assert (progress.phase, progress.workers, progress.threads) == ("dask", 2, 2)
        wait(kept)
        wait_until(lambda: progress_of(active).tasks_done == 2)
        assert progress_of(active).phase == "post"
