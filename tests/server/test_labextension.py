"""Clusters of dask-labextension's own button are listed, reached, scaled and closed as well."""

from __future__ import annotations

import asyncio
import warnings

import pytest

from hrlab.clusters.labextension import LabextensionClusters

pytestmark = pytest.mark.slow


@pytest.fixture
def pretended(monkeypatch):
    """Only what dask-labextension has."""
    clusters = LabextensionClusters("alice", look_seconds=0.05)

    async def maker():
        return clusters

    monkeypatch.setattr("hrlab.server.app.makers", lambda *_: {"labextension": maker})


async def until(ask, condition):
    for _ in range(200):
        clusters = (await ask("GET", "clusters")).json["clusters"]
        if condition(clusters):
            return clusters
        await asyncio.sleep(0.05)
    raise AssertionError(clusters)


async def test_cluster_of_the_other_button_is_here_too(jp_serverapp, ask, jp_fetch):
    assert (await ask("GET", "clusters")).json["clusters"] == []
    import dask

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from dask_labextension.manager import DaskClusterManager

    import dask_labextension.manager as module

    module.manager = manager = DaskClusterManager()
    loopback = {"processes": False, "n_workers": 1, "dashboard_address": "127.0.0.1:0"}
    with dask.config.set({"labextension.factory.kwargs": loopback}):
        model = await manager.start_cluster(configuration={"workers": 1, "name": "Theirs"})
    try:
        (cluster,) = await until(ask, lambda found: found and found[0]["workers"]["ready"] == 1)
        assert cluster["id"] == model["id"]
        assert (cluster["name"], cluster["created_by"], cluster["mine"]) == (
            "Theirs",
            "other",
            True,
        )
        assert cluster["scheduler_address"] == model["scheduler_address"]
        page = await jp_fetch(*cluster["dashboard_path"].split("/"), "status")
        assert b"Dask" in page.body
        path = f"clusters/{cluster['id']}"
        assert "scheduler" in str((await ask("GET", f"{path}/logs")).json["logs"]).lower()
        assert (await ask("PATCH", path, body={"workers": 2})).status == 200
        await until(ask, lambda found: found[0]["workers"]["ready"] == 2)
        assert (await ask("DELETE", path)).status == 204
        assert (await ask("GET", "clusters")).json["clusters"] == []
    finally:
        await manager.close()
