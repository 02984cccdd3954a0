"""Things that go wrong in Dask: the run is recorded, and the user sees what he would without hrlab."""

from __future__ import annotations

import os
import signal
import traceback

import dask
import pytest
from distributed import CancelledError, Client, KilledWorker, wait

from hrlab.timing.contexts import Block
from hrlab.timing.dask.client_hooks import doors
from tests.timing.conftest import check_within, exactness, local_cluster, serious, wait_until
from tests.timing.work import fail, fail_once, identity, nap


def frames_of(error):
    return [frame.filename for frame in traceback.extract_tb(error.__traceback__)]


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.submit(fail, pure=False).result(),
        lambda client: client.gather(client.map(fail, [0.05], pure=False)),
        lambda client: dask.delayed(fail)().compute(),
    ],
    ids=["result", "gather", "compute"],
)
def test_failing_task_is_counted_and_the_traceback_is_the_users(recorder, client, ask):
    with recorder.block():
        with pytest.raises(ZeroDivisionError) as caught:
            ask(client)
    run = recorder.record
    assert (run.tasks, run.failed_tasks) == (1, 1)
    assert run.groups[0].failed_tasks == 1
    assert run.loops[0].stages.compute_seconds > 0.03
    assert not [name for name in frames_of(caught.value) if "/hrlab/" in name]
    assert not serious(run)


def test_run_that_fails_is_kept_as_failed(recorder, client):
    from hrlab.timing.request import Request

    with pytest.raises(ZeroDivisionError), Block(recorder.timing, Request()):
        client.submit(fail, pure=False).result()
    run = recorder.timing.last
    assert run.status == "failed"
    assert run.error.type == "ZeroDivisionError"
    assert run.failed_tasks == 1


def test_task_that_fails_because_another_did_is_not_counted_as_failed(recorder, client):
    with recorder.block():
        first = client.submit(fail, pure=False)
        rest = [client.submit(identity, first, key=f"after-{i}") for i in range(2)]
        wait(rest)
    run = recorder.record
    assert (run.tasks, run.failed_tasks) == (3, 1)
    assert run.loops[-1].left_unfinished == 0


def test_graph_on_an_erred_task_ends_at_once(recorder, client):
    first = client.submit(fail, pure=False)
    wait(first)
    with recorder.block() as watch:
        with watch.lap():
            wait(client.submit(identity, first))
        nap(0.2)
    check_within(recorder.record, watch)
    assert "work-left-running" not in recorder.codes


def test_retried_task_is_counted_once_and_its_lost_attempt_said(recorder, client, scratch):
    with recorder.block():
        path = str(scratch / "attempt")
        assert client.submit(fail_once, path, retries=2).result() == "second"
    run = recorder.record
    assert (run.tasks, run.failed_tasks) == (1, 0)
    assert "attempts-unseen" in recorder.codes
    assert run.coverage == 0.5


def test_retry_of_a_failed_future_is_the_runs(recorder, client, cluster, scratch):
    path = str(scratch / "attempt")
    future = client.submit(fail_once, path)
    wait(future)
    assert future.status == "error"
    with recorder.block():
        # A retry is no graph that would wait for the plugin.
        wait_until(lambda: any(name.startswith("hrlab") for name in cluster.scheduler.plugins))
        future.retry()
        assert future.result() == "second"
    run = recorder.record
    assert run.tasks == 1
    assert run.loops[0].stages.compute_seconds > 0.02


def test_cancelled_futures_end_the_loop(recorder, client, cluster):
    with recorder.block() as watch:
        with watch.lap():
            futures = client.map(nap, [0.4] * 6, range(6))
            nap(0.1)
            client.cancel(futures)
            wait_until(lambda: not cluster.scheduler.tasks)
        nap(0.3)
    run = recorder.record
    assert run.tasks == 6
    check_within(run, watch, 0.1)
    assert run.loops[-1].left_unfinished == 0
    with pytest.raises(CancelledError):
        futures[0].result()


def _explode():
    raise RuntimeError("can't be unpickled")


def test_graph_that_the_scheduler_cannot_read_ends_the_run_in_time(recorder, client):
    """The client learns that it failed; nobody waits for it."""
    with recorder.block() as watch:
        future = client.submit(identity, _BadGraph(), key="bad")
        with pytest.raises((RuntimeError, TypeError)):
            future.result(timeout=60)
        nap(0.1)
        ended = watch.now
    run = recorder.record
    assert ended <= run.wall_seconds <= watch.now
    assert "graphs-unseen" not in recorder.codes
    assert run.phases.post_seconds > 0.05


class _BadGraph:
    def __reduce__(self):
        return (_explode, ())


def test_restart_of_the_workers_ends_the_loop(recorder):
    with local_cluster(n_workers=1) as cluster, Client(cluster) as client:
        with recorder.block() as watch:
            futures = client.map(nap, [5.0] * 3, range(3))
            nap(0.2)
            with watch.lap():
                client.restart()
            nap(0.2)
            client.submit(nap, 0.1).result()
            del futures
        run = recorder.record
    assert run.tasks == 4
    assert run.loops[-1].left_unfinished == 0
    assert len(run.loops) == 2
    assert run.loops[0].stop_seconds <= watch.laps[0][1] + exactness(run)


@pytest.mark.filterwarnings("ignore")
def test_killed_worker_is_lost_but_its_tasks_are_done_elsewhere(recorder):
    with local_cluster() as cluster, Client(cluster) as client:
        pids = list(client.run(os.getpid).values())
        with recorder.block() as watch:
            nap(0.1)
            with watch.lap():
                futures = client.map(nap, [0.5] * 4, range(4))
                nap(0.2)
                os.kill(pids[0], signal.SIGKILL)
                wait(futures)
            del futures
        run = recorder.record
    assert run.tasks == 4
    assert run.failed_tasks == 0
    assert "attempts-unseen" in recorder.codes
    assert run.coverage < 1
    check_within(run, watch, 1.0)
    assert min(workers for _, workers, _ in run.clusters[0].workers.history) == 1


@pytest.mark.filterwarnings("ignore")
def test_results_lost_with_a_worker_are_made_again_and_counted_once(recorder):
    with local_cluster() as cluster, Client(cluster) as client:
        pids = list(client.run(os.getpid).values())
        with recorder.block():
            futures = client.map(nap, [0.1] * 6, range(6))
            wait(futures)
            nap(0.2)
            os.kill(pids[0], signal.SIGKILL)
            wait_until(lambda: any(f.status != "finished" for f in futures))
            wait(futures)
        run = recorder.record
    assert run.tasks == 6
    assert sum(group.tasks for group in run.groups) > 6
    assert len(run.loops) >= 2
    assert run.loops[-1].left_unfinished == 0


def test_task_that_kills_its_workers_fails(recorder):
    with dask.config.set({"distributed.scheduler.allowed-failures": 0}):
        with local_cluster(n_workers=1) as cluster, Client(cluster) as client:
            with recorder.block():
                with pytest.raises(KilledWorker):
                    client.submit(os._exit, 1).result()
            assert recorder.record.failed_tasks == 1


def test_error_in_hrlabs_hook_lets_the_call_proceed(recorder, client, monkeypatch):
    def broken(*args):
        raise LookupError("broken on purpose")

    with recorder.block():
        monkeypatch.setattr(doors.watcher, "graph_leaves", broken)
        monkeypatch.setattr(doors.watcher, "fetch_begins", broken)
        assert client.submit(nap, 0.1, value=7).result() == 7
    assert "recorder-failed" in recorder.codes
    assert recorder.record.status == "ok"


def test_error_in_the_last_word_is_said(recorder, client, monkeypatch):
    def broken(*args):
        raise LookupError("broken on purpose")

    with recorder.block():
        client.submit(nap, 0.1).result()
        finish = doors.watcher.finish
        monkeypatch.setattr(doors.watcher, "finish", lambda: (finish(), broken()))
    assert "recorder-failed" in recorder.codes
    assert recorder.record.tasks == 1
