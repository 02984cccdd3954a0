"""Where loops begin and end, and what is between them."""

from __future__ import annotations

import dask
import pytest
from distributed import wait

import hrlab
from hrlab.timing.contexts import Block, MarkedStretch
from hrlab.timing.request import Request
from tests.timing.conftest import Stopwatch, check_loops, exactness, wait_until
from tests.timing.work import dask_mapper, identity, nap, wait_for_file


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
    check_loops(run, watch, 0.2, 0.2)
    off = exactness(run)
    assert run.phases.pre_seconds >= 0.2 - off
    assert run.phases.between_seconds >= 0.4 - off
    assert run.phases.post_seconds >= 0.3 - off


def test_stages_say_when_nothing_executes(recorder, client, cluster, tmp_path):
    """Four tasks of 0.1 s on two workers, behind two that hold both until they are let go."""
    go = tmp_path / "go"
    held = client.map(wait_for_file, [str(go)] * 2, range(2), key="held")
    executing(cluster, 2)
    with recorder.block() as watch:
        mine = client.map(nap, [0.1] * 4, range(4), key="mine")
        wait_until(lambda: len(cluster.scheduler.tasks) == 6)
        there = watch.now
        nap(0.4)
        let_go = watch.now
        go.touch()
        wait(mine)
        done = watch.now
    run = recorder.record
    stages, off = run.loops[0].stages, exactness(run)
    assert let_go - there - off <= stages.wait_seconds
    assert 0.2 - off <= stages.compute_seconds <= done - let_go + off
    wait(held)


def executing(cluster, tasks):
    """Wait until the workers execute that many."""
    workers = cluster.scheduler.workers.values
    wait_until(lambda: sum(len(one.processing) for one in workers()) == tasks)


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
        with watch.lap(), MarkedStretch(recorder.timing, "dask", "dask"):
            nap(0.2)
        nap(0.05)
    run = recorder.record
    assert run.approach == "serial"
    assert [(loop.cluster, loop.client, loop.tasks) for loop in run.loops] == [(None, None, 0)]
    assert 0.2 <= run.phases.dask_seconds <= watch.seconds
    assert run.clusters == ()


def test_timed_block_inside_a_timed_run_is_a_mark(recorder, client):
    with recorder.block():
        with Block(recorder.timing, Request(name="inner")):
            client.submit(nap, 0.1).result()
    run = recorder.record
    assert [(mark.label, mark.phase) for mark in run.marks] == [("inner", None)]
    assert run.tasks == 1


def test_public_phase_is_silent_without_a_run(capsys, store_of_the_test):
    with hrlab.phase("stage-out"):
        pass
    assert capsys.readouterr() == ("", "")
    assert not store_of_the_test.exists()


def test_too_many_loops_are_coarsened_and_balance(recorder, client, monkeypatch):
    monkeypatch.setattr("hrlab.timing.phases.MAX_LOOPS", 40)
    monkeypatch.setattr("hrlab.timing.phases.MAX_STAGE_INTERVALS", 40)
    with recorder.block() as watch:
        for i in range(80):
            with watch.lap():
                client.submit(identity, i, pure=False).result()
            nap(0.001)
    run = recorder.record
    assert run.tasks == 80
    assert len(run.loops) == 40
    assert sum(len(loop.stage_intervals) for loop in run.loops) <= 80
    assert {"loops-merged", "stages-merged"} <= recorder.codes
    (start, first_done), (last_begun, stop), off = watch.laps[0], watch.laps[-1], exactness(run)
    assert start - off <= run.loops[0].start_seconds <= first_done + off
    assert last_begun - off <= run.loops[-1].stop_seconds <= stop + off


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


def test_time_between_cells_is_not_the_runs(recorder, client, cluster, tmp_path):
    timing, whole = recorder.timing, Stopwatch()
    active = timing.start(Request(name="group"), "cells", "a = 1", "cell-1")
    watch, go = Stopwatch(), tmp_path / "go"
    with watch.lap():
        client.submit(nap, 0.1, 1).result()
        kept = client.submit(wait_for_file, str(go))
        executing(cluster, 1)
    active.leave(1)
    nap(0.4)
    active.enter("kept.result()", "cell-2")
    with watch.lap():
        go.touch()
        kept.result()
        nap(0.1)
    run = timing.stop("ok")
    recorder.records.append(run)
    all_seconds, off = whole.now, exactness(run)
    assert 0.4 - off <= run.idle_dask_seconds <= all_seconds - watch.seconds + off
    assert "idle-dask" in recorder.codes
    assert watch.seconds <= run.wall_seconds <= all_seconds - 0.4
    assert [cell.cell_id for cell in run.cells] == ["cell-1", "cell-2"]
    assert run.tasks == 2


def test_work_that_ends_between_cells_ends_there(recorder, client, cluster, tmp_path):
    timing, idle, go = recorder.timing, Stopwatch(), tmp_path / "go"
    active = timing.start(Request(name="group"), "cells", "a = 1", "cell-1")
    kept = client.submit(wait_for_file, str(go))
    executing(cluster, 1)
    with idle.lap():
        active.leave(1)
        nap(0.1)
        go.touch()
        wait(kept)
    nap(0.3)
    active.enter("1 + 1", "cell-2")
    nap(0.2)
    run = timing.stop("ok")
    recorder.records.append(run)
    assert 0.1 - exactness(run) <= run.idle_dask_seconds <= idle.seconds + exactness(run)
    assert run.loops[-1].stop_seconds == pytest.approx(run.cells[0].stop_seconds)
    assert run.phases.post_seconds >= 0.2


def test_interrupt_keeps_the_run(recorder, client, cluster, tmp_path):
    go = tmp_path / "go"
    with pytest.raises(KeyboardInterrupt), Block(recorder.timing, Request(name="stopped")):
        kept = client.submit(wait_for_file, str(go))
        executing(cluster, 1)
        raise KeyboardInterrupt
    go.touch()
    run = recorder.timing.last
    assert run.status == "interrupted"
    assert run.loops[-1].left_unfinished == 1
    assert run.phases is not None
    wait(kept)


def test_root_tasks_on_threads_are_warned_of(recorder):
    from distributed import Client

    from tests.timing.conftest import local_cluster

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
    with recorder.block() as watch:
        with watch.lap():
            client.gather(client.map(nap, [0.1, 0.2], key="napping"))
        with watch.lap():
            client.submit(bytes, 100_000).result()
    by_name = {group.name: group for group in recorder.record.groups}
    (start, stop), napping, off = watch.laps[0], by_name["napping"], exactness(recorder.record)
    assert 0.3 - off <= napping.compute_seconds <= 2 * (stop - start) + off  # of two workers
    assert 0.2 - off <= napping.longest_seconds <= napping.compute_seconds - 0.1 + off
    assert by_name["bytes"].output_bytes >= 100_000
    assert 0.3 - off <= recorder.record.activities["compute"] <= 2 * watch.seconds + off


def test_progress_of_a_run_that_is_on(recorder, client, tmp_path):
    from hrlab.timing.progress import progress_of

    with recorder.block():
        go = tmp_path / "go"
        kept = client.map(wait_for_file, [str(go)] * 2, range(2))
        active = recorder.timing.active
        wait_until(lambda: progress_of(active).tasks_all == 2)
        progress = progress_of(active)
        assert (progress.phase, progress.workers, progress.threads) == ("dask", 2, 2)
        go.touch()
        wait(kept)
        wait_until(lambda: progress_of(active).tasks_done == 2)
        assert progress_of(active).phase == "post"
