"""Workers at a site behind interLink's virtual node, scheduler in the cluster; and the profiles that are shipped."""

from __future__ import annotations

import dataclasses

import pytest
from distributed import Client

from hrlab.model.cluster import Target
from tests.kube.bed.bed import NAMESPACE, SITE
from tests.kube.profiles import shipped
from tests.kube.user import is_ready

yaml = pytest.importorskip("yaml")


async def test_the_shipped_kubernetes_profile_works(user, site):
    user.profiles["kubernetes"] = shipped("kubernetes", site.namespace)
    made = await user.create("kubernetes", workers=1)
    ready = await user.sees(made.id, is_ready)
    assert (ready.cores, ready.memory_bytes) == (1, 2 * 2**30)


async def test_the_shipped_offload_profile_puts_workers_at_the_site(user, bed, site):
    """The site has no route to the hub's pods and services, only to the published port."""
    user.profiles["offload"] = shipped("offload", site.namespace)
    made = await user.create("offload", workers=2, access="127.0.0.1")
    ready = await user.sees(made.id, is_ready)
    assert (ready.site, ready.cores, ready.memory_bytes) == ("naples", 2, 4 * 2**30)
    pods = bed.call("GET", f"/api/v1/namespaces/{NAMESPACE}/pods")["items"]
    nodes = {
        pod["metadata"]["labels"]["dask.org/component"]: pod["spec"]["nodeName"] for pod in pods
    }
    assert nodes == {"scheduler": "node-1", "worker": SITE}
    async with Client(ready.scheduler_address, asynchronous=True) as client:
        assert await client.submit(sum, range(100)) == 4950
    await user.clusters.scale(made.id, Target(workers=1))
    await user.sees(made.id, lambda one: one.workers.ready == 1)


async def test_workers_that_cannot_reach_the_scheduler_wait_instead_of_ending(user, bed, site):
    profile = shipped("offload", site.namespace)
    worker = {**profile.template["worker"], "scheduler_address": "tcp://127.0.0.1:9"}
    template = {**profile.template, "worker": worker}
    user.profiles["offload"] = dataclasses.replace(profile, template=template)
    made = await user.create("offload", workers=1)
    await user.sees(made.id, lambda one: one.state == "ready")
    pods = f"/api/v1/namespaces/{NAMESPACE}/pods"
    async with Client(user.shown(made.id).scheduler_address, asynchronous=True):
        names = bed.names(pods)
    await user.sees(made.id, lambda one: one.steps[3].detail.startswith("0 of 1 worker"))
    assert bed.names(pods) == names


async def test_every_cluster_gets_a_port_of_its_own_and_no_free_one_is_said(user, site):
    profile = shipped("offload", site.namespace)
    template = {**profile.template, "published_ports": [31500, 31501]}
    user.profiles["offload"] = dataclasses.replace(profile, template=template)
    made = [await user.create("offload", workers=1, access="127.0.0.1") for _ in range(1)]
    await user.sees(made[0].id, is_ready)
    made.append(await user.create("offload", workers=1, access="127.0.0.1"))
    await user.sees(made[1].id, is_ready)
    third = await user.create("offload", workers=1, access="127.0.0.1")
    failed = await user.sees(third.id, lambda one: one.state == "failed")
    assert "all ports from 31500 to 31501 are in use" in failed.reason
    await user.clusters.close(third.id)


async def test_a_port_that_another_takes_in_the_same_moment_leads_to_another_try(user, bed, site):
    """The operator is slow, and meanwhile somebody else's service takes the port that was chosen."""
    profile = shipped("offload", site.namespace)
    template = {**profile.template, "published_ports": [31600, 31601]}
    user.profiles["offload"] = dataclasses.replace(profile, template=template)
    bed.kill("operator")
    made = await user.create("offload", workers=1, access="127.0.0.1")
    await user.sees(
        made.id, lambda one: one.steps[0].state == "running" and one.id in user.clusters._facts
    )
    chosen = user.clusters._facts[made.id].resource["spec"]["scheduler"]["service"]["ports"][0]
    port = {"port": 1, "nodePort": chosen["nodePort"]}
    services = f"/api/v1/namespaces/{NAMESPACE}/services"
    spec = {"type": "NodePort", "selector": {"of": "another"}, "ports": [port]}
    bed.call("POST", services, {"metadata": {"name": "anothers"}, "spec": spec})
    try:
        bed.start_operator()
        ready = await user.sees(made.id, is_ready, 90)
        assert (ready.name, ready.workers.ready) == (made.name, 1)
    finally:
        bed.call("DELETE", f"{services}/anothers")
