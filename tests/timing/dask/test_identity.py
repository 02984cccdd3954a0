"""Which of hrlab's clusters a run used: as its scheduler tells, or as `hrlab.connect` noted."""

from __future__ import annotations

import pytest
from distributed import Client

from hrlab.api.connect import connect
from hrlab.clusters.process.daemon.worker_plugins import identify
from tests.timing.conftest import local_cluster, serious
from tests.timing.dask.schedulers import scheduler
from tests.timing.work import has_hrlab, nap

ZEE = {"id": "zee-k3x9", "name": "zee", "profile": "offload"}
CONFIGURED = 'import dask; dask.config.set({{"hrlab.cluster": {told!r}}})'


def used(recorder):
    """Id, name and profile of the one cluster of the last run."""
    (cluster,) = recorder.record.clusters
    return cluster.id, cluster.name, cluster.profile


def run_on(recorder, client):
    with recorder.block():
        client.submit(nap, 0, pure=False).result()
    return used(recorder)


def test_a_scheduler_without_hrlab_tells_which_cluster_it_is(recorder):
    with (
        scheduler(before=CONFIGURED.format(told=ZEE)) as process,
        Client(process.address) as client,
    ):
        assert client.run_on_scheduler(has_hrlab) is False
        assert run_on(recorder, client) == ("zee-k3x9", "zee", "offload")
        assert not serious(recorder.record)


def test_a_scheduler_tells_what_its_cluster_host_told_it_also_after_a_restart(recorder):
    with local_cluster(n_workers=1) as cluster, Client(cluster) as client:
        client.run_on_scheduler(identify, ZEE)
        assert run_on(recorder, client) == ("zee-k3x9", "zee", "offload")
        client.restart()
        assert run_on(recorder, client) == ("zee-k3x9", "zee", "offload")


@pytest.mark.parametrize(
    "told",
    [
        "zee",
        ["id", "zee"],
        {"name": "zee", "profile": "offload"},
        {**ZEE, "id": "../zee"},
        {**ZEE, "id": 7},
        {**ZEE, "id": "z" * 60},
    ],
)
def test_what_is_no_identity_is_not_recorded(recorder, told):
    with (
        scheduler(before=CONFIGURED.format(told=told)) as process,
        Client(process.address) as client,
    ):
        assert run_on(recorder, client) == (None, process.address, None)
        assert not serious(recorder.record)


def test_a_name_that_hrlab_gives_to_no_cluster_is_left_out(recorder):
    told = {**ZEE, "name": "two\nlines", "profile": "p" * 1000}
    with (
        scheduler(before=CONFIGURED.format(told=told)) as process,
        Client(process.address) as client,
    ):
        assert run_on(recorder, client) == ("zee-k3x9", "zee-k3x9", None)


class Server:
    """A Jupyter server that lists one cluster, which others made."""

    def __init__(self, address):
        seen = {"mine": True, "state": "ready", "reason": "", "scheduler_address": address}
        self.cluster = {**ZEE, **seen, "kind": "address", "profile": None}

    def get(self, path):
        assert path == "clusters"
        return {"clusters": [self.cluster], "problems": []}


def test_of_a_cluster_that_others_made_the_jupyter_server_tells(recorder):
    with local_cluster(n_workers=1) as cluster:
        address = cluster.scheduler_address
        with recorder.block(), connect(Server(address), "zee", 60) as client:
            client.submit(nap, 0).result()
        assert used(recorder) == ("zee-k3x9", "zee", None)
        with Client(address) as another:
            assert run_on(recorder, another) == (None, address, None)


def test_a_cluster_of_the_users_own_keeps_its_own_name_and_has_no_id(recorder, cluster, client):
    assert run_on(recorder, client) == (None, cluster.name, None)
