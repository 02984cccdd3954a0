"""Whose work it is: the run's own, an earlier one's, another notebook's, a task's."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import textwrap

import dask
import pytest
from distributed import Client, wait

from tests.timing.conftest import check_within, exactness, serious, wait_until
from tests.timing.work import identity, nap, submit_and_hold, submit_within, wait_for_file

OTHER = """
    import sys, time
    from distributed import Client
    sys.path.insert(0, {here!r})
    from tests.timing import work
    if __name__ == "__main__":
        with Client({address!r}) as client:
            client.submit(abs, -1).result()
            print("ready", flush=True)
            {what}
            print("going", flush=True)
            sys.stdin.readline()
            client.cancel(list(client.futures), force=True)
"""


@contextlib.contextmanager
def other_notebook(cluster, what, timed=False):
    """Another process with a client on the same cluster; it does `what`, and waits."""
    code = textwrap.dedent(OTHER).format(
        here=str(__import__("pathlib").Path(__file__).parents[3]),
        address=cluster.scheduler_address,
        what=what,
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout.readline() == "ready\n"

        def ready():
            assert process.stdout.readline() == "going\n"

        yield ready
    finally:
        with contextlib.suppress(BrokenPipeError):
            process.communicate("\n", timeout=20)
        process.stdin.close()
        process.stdout.close()


def holding(file):
    """What another notebook does that holds every worker until the file exists."""
    return f"held = client.map(work.wait_for_file, [{str(file)!r}] * 4, range(4))"


def test_other_notebooks_tasks_are_not_the_runs(recorder, client, cluster, tmp_path):
    go = tmp_path / "go"
    with other_notebook(cluster, holding(go)) as going:
        with recorder.block() as watch:
            going()
            with watch.lap():
                mine = client.map(nap, [0.05] * 4, [10, 11, 12, 13], key="mine")
                wait_until(lambda: all(one.key in cluster.scheduler.tasks for one in mine))
                go.touch()
                client.gather(mine)
    run = recorder.record
    assert run.tasks == 4
    assert [group.name for group in run.groups] == ["mine"]
    assert run.alone is False
    check_within(run, watch, 0.1)


def test_tasks_behind_another_clients_wait(recorder, client, cluster, tmp_path):
    go = tmp_path / "go"
    with other_notebook(cluster, holding(go)) as going:
        going()
        wait_until(lambda: all(ws.processing for ws in cluster.scheduler.workers.values()))
        with recorder.block() as watch:
            mine = client.submit(nap, 0.1)
            wait_until(lambda: mine.key in cluster.scheduler.tasks)
            nap(0.3)
            let_go = watch.now
            go.touch()
            mine.result()
            done = watch.now
    stages, off = recorder.record.loops[0].stages, exactness(recorder.record)
    assert stages.wait_seconds >= 0.3 - off, stages
    assert 0.1 - off <= stages.compute_seconds <= done - let_go + off
    assert recorder.record.alone is False


def test_alone_on_the_cluster_is_said(recorder, client):
    with recorder.block():
        client.submit(nap, 0.05).result()
    assert recorder.record.alone is True


def test_two_clients_of_one_notebook_share_a_cluster_in_the_record(recorder, client, cluster):
    with Client(cluster, set_as_default=False) as second, recorder.block():
        futures = [client.submit(nap, 0.1), second.submit(nap, 0.1, 1)]
        for future in futures:
            future.result()
        del futures, future
    run = recorder.record
    assert run.tasks == 2
    assert len(run.clusters) == 1
    assert run.alone is True


def test_tasks_that_a_task_submits_with_worker_client_are_the_runs(recorder, client):
    with recorder.block() as watch, watch.lap():
        client.submit(submit_within, 5, pure=False).result()
    run = recorder.record
    assert run.tasks == 6
    assert {group.name: group.tasks for group in run.groups} == {"submit_within": 1, "nap": 5}
    assert not serious(run)
    assert run.alone is True
    check_within(run, watch, 0.15)


def test_tasks_that_outlive_the_task_that_submitted_them_are_the_runs(recorder, client):
    with recorder.block():
        client.submit(submit_and_hold, 3, 0.05, pure=False).result()
        nap(0.4)
    assert recorder.record.tasks == 4


def test_nested_tasks_of_two_notebooks_are_told_apart(recorder, client, cluster, tmp_path):
    go = tmp_path / "go"
    what = f"held = client.submit(work.submit_within, 7, file={str(go)!r}, pure=False)"
    with other_notebook(cluster, what) as going, recorder.block():
        going()
        wait_until(lambda: len(cluster.scheduler.tasks) >= 1 + 7)
        mine = client.submit(submit_within, 5, 0.1, pure=False)
        wait_until(lambda: mine.key in cluster.scheduler.tasks)
        go.touch()
        mine.result()
    run = recorder.record
    assert run.tasks == 6
    assert {group.name: group.tasks for group in run.groups} == {"submit_within": 1, "nap": 5}
    assert run.alone is False
    assert "tasks-inferred" not in recorder.codes


def test_nested_tasks_of_another_notebook_alone_are_not_the_runs(recorder, client, cluster):
    what = "held = client.submit(work.submit_within, 7, 0.1, pure=False)"
    with other_notebook(cluster, what) as going, recorder.block():
        going()
        client.submit(nap, 0.3).result()
    assert recorder.record.tasks == 1


def test_work_left_running_is_said_and_not_billed_to_the_next_run(recorder, client, tmp_path):
    go = tmp_path / "go"
    with recorder.block("first"):
        kept = dask.persist(*[dask.delayed(wait_for_file)(str(go), i) for i in range(4)])
    first = recorder.record
    assert "work-left-running" in recorder.codes
    assert first.tasks == 4
    assert sum(loop.left_unfinished for loop in first.loops) == 4
    assert first.loops[-1].stop_seconds == pytest.approx(first.wall_seconds, abs=1e-9)
    with recorder.block("next"):
        nap(0.3)
    assert recorder.record.loops == ()
    assert recorder.record.phases.dask_seconds == 0
    go.touch()
    wait(kept)


def test_work_of_an_untimed_cell_is_not_billed_to_the_next_run(recorder, client):
    kept = dask.persist(*[dask.delayed(nap)(0.2, i) for i in range(4)])
    with recorder.block():
        nap(0.2)
    assert recorder.record.loops == ()
    wait(kept)


def test_graph_of_an_untimed_cell_that_arrives_late_is_not_billed_to_the_run(
    recorder, client, cluster, monkeypatch
):
    """The scheduler is slow to take the first graph up, so it arrives while the run is on."""
    arrived = []
    scheduler = cluster.scheduler
    handle = scheduler.stream_handlers["update-graph"]

    async def slow(**kwargs):
        import asyncio

        await asyncio.sleep(0.4)
        await handle(**kwargs)
        arrived.append(kwargs["client"])

    with recorder.block("warm up, so that the client's doors are known to be open"):
        client.submit(identity, 0).result()
    monkeypatch.setitem(scheduler.stream_handlers, "update-graph", slow)
    late = client.map(nap, [0.2] * 4, range(4), key="late")
    with recorder.block():
        mine = client.submit(nap, 0.1, key="mine")
        mine.result()
    assert len(arrived) == 2
    run = recorder.record
    assert run.tasks == 1
    assert [group.name for group in run.groups] == ["mine"]
    assert run.loops[0].stages.submit_seconds > 0.3
    wait(late)


def test_graph_on_its_way_when_the_run_ends_is_waited_for(recorder, client, cluster, monkeypatch):
    scheduler = cluster.scheduler
    handle = scheduler.stream_handlers["update-graph"]

    async def slow(**kwargs):
        import asyncio

        await asyncio.sleep(0.4)
        await handle(**kwargs)

    monkeypatch.setitem(scheduler.stream_handlers, "update-graph", slow)
    with recorder.block():
        kept = client.submit(nap, 0.1)
    run = recorder.record
    assert run.tasks == 1
    assert "work-left-running" in recorder.codes
    assert "graphs-unseen" not in recorder.codes
    with recorder.block():
        nap(0.2)
    assert recorder.record.loops == ()
    wait(kept)


def test_graph_that_never_arrives_is_said(recorder, client, cluster, monkeypatch):
    scheduler = cluster.scheduler

    async def never(**kwargs):
        pass

    monkeypatch.setattr("hrlab.timing.dask.scheduler_client.LAST_GRAPH_SECONDS", 0.3)
    with monkeypatch.context() as patch:
        patch.setitem(scheduler.stream_handlers, "update-graph", never)
        with recorder.block() as watch:
            nap(0.1)
            with watch.lap():
                kept = client.submit(nap, 0.1)
                nap(0.2)
    run = recorder.record
    assert "graphs-unseen" in recorder.codes
    assert run.loops[0].start_seconds >= watch.laps[0][0]
    assert run.phases.dask_seconds >= 0.2
    assert run.loops[0].stages.submit_seconds > 0.15
    kept.cancel()


def test_graph_held_back_for_the_plugin_is_said(recorder, client, cluster, monkeypatch):
    register = cluster.scheduler.handlers["register_scheduler_plugin"]

    async def slow(*args, **kwargs):
        import asyncio

        await asyncio.sleep(0.3)
        return await register(*args, **kwargs)

    monkeypatch.setitem(cluster.scheduler.handlers, "register_scheduler_plugin", slow)
    with recorder.block() as watch, watch.lap():
        client.submit(nap, 0.1).result()
    run = recorder.record
    assert "recorder-waited" in recorder.codes
    assert run.loops[0].stages.submit_seconds > 0.2
    check_within(run, watch, 0.4)


def test_runs_in_quick_succession_keep_apart(recorder, client):
    for i in range(5):
        with recorder.block():
            client.map(identity, range(i + 1), key=f"quick-{i}")
    assert [run.tasks for run in recorder.records] == [1, 2, 3, 4, 5]


def test_dropped_futures_count_for_the_run_that_made_them(recorder, client, cluster):
    with recorder.block():
        client.map(nap, [0.2] * 6, range(6), key="dropped")
    assert recorder.record.tasks == 6
    wait_until(lambda: not cluster.scheduler.tasks)
    with recorder.block():
        nap(0.1)
    assert recorder.record.tasks == 0


def test_first_work_of_a_cluster_is_cold_and_the_next_is_not(recorder):
    from tests.timing.conftest import local_cluster

    with local_cluster(n_workers=1) as fresh, Client(fresh) as client:
        for _ in range(2):
            with recorder.block():
                client.submit(identity, 1).result()
    assert [run.cold for run in recorder.records] == [True, False]


def test_first_work_of_restarted_workers_is_cold(recorder):
    from tests.timing.conftest import local_cluster

    with local_cluster(n_workers=1) as made, Client(made) as client:
        client.submit(identity, 1).result()
        for key in (2, 3):
            with recorder.block():
                client.submit(identity, key).result()
        client.restart()
        for key in (4, 5):
            with recorder.block():
                client.submit(identity, key).result()
    assert [run.cold for run in recorder.records] == [False, False, True, False]


def test_work_on_a_worker_that_has_come_since_is_cold(recorder):
    from tests.timing.conftest import local_cluster

    with local_cluster(n_workers=1, processes=False) as made, Client(made) as client:
        client.submit(identity, 1).result()
        (old,) = made.scheduler.workers
        made.scale(2)
        client.wait_for_workers(2)
        (new,) = {*made.scheduler.workers} - {old}
        for key, worker in ((2, new), (3, new), (4, old)):
            with recorder.block():
                client.submit(identity, key, workers=[worker]).result()
    assert [run.cold for run in recorder.records] == [True, False, False]


def test_run_that_restarts_its_workers_is_cold(recorder):
    from tests.timing.conftest import local_cluster

    with local_cluster(n_workers=1) as made, Client(made) as client:
        client.submit(identity, 1).result()
        with recorder.block():
            client.restart()
            client.submit(identity, 2).result()
    assert recorder.record.cold is True
