"""A run on a cluster that shares its node with another: timed in a kernel, completed by the Jupyter server."""

from __future__ import annotations

import pytest

from hrlab.hosts.kubernetes import KubernetesWithNeighbours
from hrlab.server.node_sharing_watch import NeighbourWatch
from hrlab.server.store_threads import Backend
from hrlab.store.sqlite import RunStore
from tests.kube.user import is_ready, run_python

TIMED = """
import hrlab
from distributed import Client
with Client({address!r}) as client:
    with hrlab.timed({name!r}):
        assert client.submit(sum, range(100)).result() == 4950
"""


@pytest.fixture
def store(tmp_path, monkeypatch):
    """The store of kernels and server."""
    monkeypatch.setenv("HRLAB_STORE", str(tmp_path / "runs.sqlite"))
    made = RunStore.open()
    yield made
    made.close()


async def test_a_run_beside_another_cluster_is_told_apart_from_one_alone_on_its_node(
    user, bed, site, store
):
    user.kind = KubernetesWithNeighbours
    zee, tau = await user.create(workers=1), await user.create(workers=2)
    for one in (tau, zee):
        ready = await user.sees(one.id, is_ready)
    backend = Backend(store.path, timeout_seconds=5, max_record_bytes=0)
    watch = NeighbourWatch(backend, lambda: [user.clusters])
    await watch.poll()

    async def timed(name):
        await run_python(TIMED.format(address=ready.scheduler_address, name=name), site)
        await watch.poll()
        return store.latest()

    beside = await timed("beside")
    await user.clusters.close(tau.id)
    await user.sees_gone(tau.id)
    alone = await timed("alone")
    await backend.close()
    assert (beside.name, beside.other_pods, beside.alone) == ("beside", 2, True)
    assert (beside.was_alone, alone.was_alone) == (False, True)
    assert (alone.name, alone.other_pods) == ("alone", None)
    (cluster,) = alone.clusters  # connected by its address
    assert (cluster.id, cluster.name, cluster.profile) == (zee.id, zee.name, "plain")
