"""Clients and clusters that come and go, of all kinds."""

from __future__ import annotations

import asyncio

import pytest
from distributed import Client, LocalCluster, wait

from tests.timing.conftest import check_loops, check_within, local_cluster, serious
from tests.timing.work import nap, submit_within

SMALL = {
    "n_workers": 1,
    "threads_per_worker": 1,
    "dashboard_address": "127.0.0.1:0",
    "host": "127.0.0.1",
}
INPROC = {**SMALL, "host": None, "processes": False}


@pytest.fixture(scope="module")
def second():
    with local_cluster(n_workers=1) as made:
        yield made


def test_overlapping_work_on_two_clusters_is_one_loop(recorder, client, second):
    with Client(second, set_as_default=False) as other, recorder.block() as watch, watch.lap():
        futures = [client.submit(nap, 0.4), other.submit(nap, 0.4, 1), other.submit(nap, 0.1, 2)]
        for future in futures:
            future.result()
        del futures, future
    run = recorder.record
    assert run.loops[0].tasks == run.tasks == 3
    assert [cluster.workers.peak for cluster in run.clusters] == [2, 1]
    check_within(run, watch, 0.5)


def test_loops_on_two_clusters_say_which(recorder, client, second):
    with Client(second, set_as_default=False) as other, recorder.block():
        other.submit(nap, 0.1).result()
        nap(0.2)
        client.submit(nap, 0.1).result()
    run = recorder.record
    addresses = [run.clusters[loop.cluster].scheduler_address for loop in run.loops]
    assert addresses == [second.scheduler_address, client.scheduler.address]


def test_cluster_that_the_run_does_not_use_is_not_in_its_record(recorder, client, second):
    with Client(second, set_as_default=False), recorder.block():
        client.submit(nap, 0.1).result()
    assert len(recorder.record.clusters) == 1


def test_client_made_and_closed_inside_the_run(recorder, cluster):
    with recorder.block() as watch:
        nap(0.1)
        with Client(cluster) as inside, watch.lap():
            inside.submit(nap, 0.2).result()
        nap(0.1)
    run = recorder.record
    assert run.tasks == 1
    check_loops(run, watch, 0.2)
    assert not serious(run)


def test_client_closed_with_work_unfinished_ends_its_loop(recorder, cluster):
    with recorder.block():
        inside = Client(cluster)
        kept = inside.map(nap, [3.0] * 3, range(3))
        nap(0.2)
        inside.close()
        nap(0.3)
    run = recorder.record
    assert kept
    assert run.tasks == 3
    assert run.loops[-1].stop_seconds < run.wall_seconds - 0.2
    assert run.loops[-1].left_unfinished == 0


def test_cluster_made_and_closed_inside_the_run(recorder):
    with recorder.block() as watch:
        with LocalCluster(**SMALL) as cluster, Client(cluster) as client:
            with watch.lap():
                client.submit(nap, 0.3).result()
            nap(0.2)
    run = recorder.record
    assert run.tasks == 1
    check_loops(run, watch, 0.3)
    assert run.cold is True
    assert run.groups[0].name == "nap"
    history = run.clusters[0].workers.history
    assert history[0][0] > 0.05, "there were no workers when the run began"
    assert not serious(run)


def test_cluster_closed_with_work_unfinished_says_so(recorder):
    with recorder.block():
        with LocalCluster(**SMALL) as cluster, Client(cluster) as client:
            kept = client.map(nap, [5.0] * 3, range(3))
            nap(0.3)
        nap(0.2)
    run = recorder.record
    assert kept
    assert run.tasks == 3
    assert run.loops[0].stop_seconds < run.wall_seconds - 0.1


def test_client_shutdown_inside_the_run(recorder):
    with recorder.block():
        cluster = LocalCluster(**SMALL)
        client = Client(cluster)
        client.submit(nap, 0.2).result()
        client.shutdown()
    run = recorder.record
    assert run.tasks == 1
    assert run.coverage == 1.0
    cluster.close()


def test_asynchronous_client_on_the_cells_own_loop(recorder, cluster):
    async def cell():
        async with Client(cluster.scheduler_address, asynchronous=True) as client:
            with recorder.block() as watch:
                await asyncio.sleep(0.1)
                with watch.lap():
                    await client.gather(client.map(nap, [0.2] * 2, range(2)))
                await asyncio.sleep(0.1)
        return watch

    watch = asyncio.run(cell())
    run = recorder.record
    assert run.tasks == 2
    check_loops(run, watch, 0.2)


def test_asynchronous_cluster_on_the_cells_own_loop(recorder):
    """Its scheduler can't answer while the run ends, because it runs on the very same loop."""

    async def cell():
        with recorder.block() as watch:
            async with LocalCluster(**INPROC, asynchronous=True) as cluster:
                async with Client(cluster, asynchronous=True) as client:
                    with watch.lap():
                        await client.submit(nap, 0.3)
        async with LocalCluster(**INPROC, asynchronous=True) as cluster:
            async with Client(cluster, asynchronous=True) as client:
                await asyncio.sleep(0.1)
                with recorder.block() as watch:
                    await client.submit(nap, 0.1)
                    await client.submit(nap, 0.2)
        return watch

    asyncio.run(cell())
    inside, around = recorder.records
    assert inside.tasks == 1
    assert around.tasks == 2
    assert inside.wall_seconds < 10


def test_workers_as_threads_of_the_kernel(recorder):
    with LocalCluster(**INPROC) as cluster, Client(cluster) as client:
        with recorder.block() as watch, watch.lap():
            client.gather(client.map(nap, [0.1] * 3, range(3)))
        run = recorder.record
        assert run.tasks == 3
        assert run.approach == "local"
        check_within(run, watch, 0.3)
        assert not serious(run)
        with recorder.block():
            client.submit(submit_within, 3, pure=False).result()
        assert recorder.record.tasks == 4


def test_workers_that_come_later_are_in_the_history(recorder):
    with LocalCluster(**{**SMALL, "n_workers": 0}) as cluster, Client(cluster) as client:
        with recorder.block():
            future = client.submit(nap, 0.2)
            nap(0.3)
            cluster.scale(1)
            future.result()
            del future
        run = recorder.record
    assert [row[1] for row in run.clusters[0].workers.history] == [0, 1]
    assert run.loops[0].stages.wait_seconds > 0.3
    assert run.clusters[0].workers.time_average < 1


def test_client_that_is_there_but_not_used_leaves_no_trace(recorder, client):
    with recorder.block():
        nap(0.05)
    run = recorder.record
    assert run.clusters == ()
    assert run.approach == "serial"
    wait([])
