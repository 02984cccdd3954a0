"""Hardware use in records of real runs."""

from __future__ import annotations

import os
import signal
import time

import pytest
from distributed import Client, wait

from hrlab.model.resources import MAX_POINTS
from hrlab.timing.resource_series import grid
from hrlab.timing.samples import VARIABLE
from tests.timing.conftest import local_cluster, serious, wait_until
from tests.timing.work import burn, hold, nap


@pytest.fixture(autouse=True)
def often(monkeypatch):
    """Five samples a second: tests are short."""
    monkeypatch.setenv(VARIABLE, "0.2")


def known(values):
    return [value for value in values if value is not None]


def test_workers_and_kernel_are_sampled_and_series_cover_the_run(recorder, client):
    with recorder.block():
        client.gather(client.map(burn, [0.8] * 2, range(2), pure=False))
        held = client.submit(hold, 200_000_000, pure=False)
        wait(held)
        samples = recorder.timing.active.watch.links[0].samples
        wait_until(lambda: samples.told.get("memory_peak", 0) > 2e8)
    run = recorder.record
    (use,) = run.resources.clusters
    assert not serious(run)
    assert run.resources.points == grid(run.wall_seconds, 0.2)[1]
    assert None not in use.workers
    assert set(use.workers) == {2.0}
    assert set(use.hosts) == {1.0}
    assert run.clusters[0].hosts == ("127.0.0.1",)
    assert max(known(use.cpu_cores.total)) < 4
    # Of 1.6 s that were burnt at least half is in the samples, however long that took.
    assert sum(known(use.cpu_cores.total)) * grid(run.wall_seconds, 0.2)[0] > 0.8
    assert max(known(use.cpu_cores.maximum)) <= max(known(use.cpu_cores.total)) + 0.01
    assert 200_000_000 < use.worker_memory_peak_bytes < use.worker_memory_limit_bytes
    assert use.network_read_bytes_per_second.minimum == ()  # one host
    assert run.resources.kernel.memory_peak_bytes > 10_000_000
    assert run.clusters[0].workers.lost == 0


def test_kernel_that_works_without_dask_is_sampled(recorder):
    whole = sum(os.times()[:4])
    with recorder.block():
        begin = time.process_time()
        while time.process_time() - begin < 0.5:
            pass
    whole = sum(os.times()[:4]) - whole
    run = recorder.record
    assert run.resources.clusters == ()
    tick = 4 / os.sysconf("SC_CLK_TCK")
    assert 0.5 - tick <= run.resources.kernel.cpu_seconds <= whole + tick
    assert run.resources.kernel.processes[0] >= 1


def test_nothing_is_sampled_if_it_is_switched_off(recorder, client, monkeypatch):
    monkeypatch.setenv(VARIABLE, "0")
    with recorder.block():
        client.submit(nap, pure=False).result()
    assert recorder.record.resources is None
    assert recorder.record.tasks == 1
    assert not serious(recorder.record)


def test_workers_that_are_threads_of_one_process_count_once(recorder):
    with local_cluster(processes=False) as made, Client(made) as client, recorder.block():
        client.gather(client.map(burn, [0.5] * 2, range(2), pure=False))
    (use,) = recorder.record.resources.clusters
    kernel = recorder.record.resources.kernel
    assert set(known(use.workers)) == {2.0}
    # The kernel's children, of earlier tests maybe, are not in the workers' process.
    assert max(known(use.memory_bytes.total)) <= kernel.memory_peak_bytes * 1.1


def test_worker_that_is_killed_at_work_is_lost_and_one_that_is_sent_away_is_not(recorder):
    with local_cluster() as made, Client(made) as client:
        with recorder.block():
            client.submit(nap, pure=False).result()
            made.scale(1)
            wait_until(lambda: len(made.scheduler.workers) == 1)
        with recorder.block():
            task = client.submit(nap, 1.0, pure=False)
            wait_until(lambda: task.key in made.scheduler.tasks)
            wait_until(lambda: made.scheduler.tasks[task.key].state == "processing")
            (ws,) = made.scheduler.workers.values()
            os.kill(ws.pid, signal.SIGKILL)
            task.result()
    assert [run.clusters[0].workers.lost for run in recorder.records] == [0, 1]


def test_cluster_that_closes_within_the_run_lost_nobody(recorder):
    with recorder.block(), local_cluster() as made, Client(made) as client:
        client.submit(nap, pure=False).result()
    assert recorder.record.clusters[0].workers.lost == 0


@pytest.mark.parametrize(
    ("wall", "every", "step", "points"),
    [
        (0.05, 1.0, 1.0, 1),
        (10.5, 1.0, 1.0, 11),
        (200.0, 1.0, 1.0, 200),
        (201.0, 1.0, 2.0, 101),
        (86400.0, 1.0, 512.0, 169),
    ],
)
def test_long_runs_have_coarser_points_not_more(wall, every, step, points):
    assert grid(wall, every) == (step, points)
    assert points <= MAX_POINTS
