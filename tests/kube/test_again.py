"""The Jupyter server is killed while a cluster is made again whose port another took: the next server goes on with that."""

from __future__ import annotations

import asyncio
import os
import sys
import time

import pytest

from hrlab.clusters.kubernetes.state_file import has_clusters
from tests.kube.__main__ import ROOT
from tests.kube.again import STEPS, prepare
from tests.kube.bed.bed import NAMESPACE
from tests.kube.user import is_ready

SERVICES = f"/api/v1/namespaces/{NAMESPACE}/services"
CLUSTERS = f"/apis/kubernetes.dask.org/v1/namespaces/{NAMESPACE}/daskclusters"
LONG = pytest.mark.skipif(
    "HRLAB_TEST_LONG" not in os.environ, reason="Long: python -m tests.kube --long"
)


async def port_of(bed, cluster_id: str) -> int:
    """The published port that was chosen for a cluster."""
    deadline = time.monotonic() + 30
    while True:
        made = bed.call("GET", f"{CLUSTERS}/{cluster_id}")
        if "spec" in made:
            return int(made["spec"]["scheduler"]["service"]["ports"][0]["nodePort"])
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


@pytest.mark.parametrize(
    "step", [step if step == "gone" else pytest.param(step, marks=LONG) for step in STEPS]
)
async def test_a_server_killed_while_a_cluster_is_made_again_loses_no_start(
    user, bed, site, step, tmp_path
):
    user.kept = tmp_path / "kubernetes.json"
    prepare(user, site)
    bed.kill("operator")
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "ignore", "-m", "tests.kube.again"),
        *(step, site.namespace, site.image, str(user.kept)),
        cwd=ROOT,
        env={**os.environ, **site.notebook_environment()},
        stdout=asyncio.subprocess.PIPE,
    )
    assert server.stdout
    cluster_id, name = (await server.stdout.readline()).decode().strip().split("\t")
    port = {"port": 1, "nodePort": await port_of(bed, cluster_id)}
    spec = {"type": "NodePort", "selector": {"of": "another"}, "ports": [port]}
    bed.call("POST", SERVICES, {"metadata": {"name": "anothers"}, "spec": spec})
    try:
        bed.start_operator()
        await asyncio.wait_for(server.wait(), 60)
        assert has_clusters(user.kept)
        if step == "gone":
            assert "code" in bed.call("GET", f"{CLUSTERS}/{cluster_id}")
        await user.arrive()
        ready = await user.sees(cluster_id, is_ready, 90)
        assert (ready.name, ready.workers.ready) == (name, 1)
        assert await port_of(bed, cluster_id) != port["nodePort"]
        assert user.clusters._again.noted() == {}
    finally:
        bed.call("DELETE", f"{SERVICES}/anothers")
        if server.returncode is None:
            server.kill()
            await server.wait()
