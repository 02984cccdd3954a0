"""Scheduler and workers at a site without a route to the hub: they meet at the hub's SSH forwarder."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import time

import pytest
from distributed import Client

from hrlab.model.cluster import Target
from tests.kube.bed.bed import NAMESPACE, ROOT, SITE
from tests.kube.profiles import shipped
from tests.kube.user import is_ready, says

asyncssh = pytest.importorskip("asyncssh")

TOKEN = "a-token-for-the-tunnel"  # noqa: S105 - of the test bed
VARIABLE = "HRLAB_TEST_TUNNEL_TOKEN"
LABELS = {"app.kubernetes.io/name": "ssh-fwd"}
PORT = 31022
CORE, APPS = f"/api/v1/namespaces/{NAMESPACE}", f"/apis/apps/v1/namespaces/{NAMESPACE}"
PORTS = [8000, 8999]


@pytest.fixture
def forwarder(site, bed, monkeypatch):
    """The hub's forwarder, and its host key."""
    monkeypatch.setenv(VARIABLE, TOKEN)
    key = asyncssh.generate_private_key("ssh-ed25519")
    variables = {
        "FORWARDER_TOKENS": f"alice={TOKEN}",
        "FORWARDER_KEY": key.export_private_key().decode(),
        "FORWARDER_PORTS": "{}-{}".format(*PORTS),
    }
    container = {
        "name": "ssh-fwd",
        "image": "bed:1",
        "command": ["python", str(ROOT / "tests/kube/bed/forwarder.py")],
        "env": [{"name": name, "value": value} for name, value in variables.items()],
    }
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [container]}}
    deployment = {
        "metadata": {"name": "ssh-fwd"},
        "spec": {"selector": {"matchLabels": LABELS}, "template": template},
    }
    ports = [{"name": "ssh", "port": 8022, "targetPort": 8022, "nodePort": PORT}]
    service = {"type": "NodePort", "selector": LABELS, "ports": ports}
    bed.call("POST", f"{APPS}/deployments", deployment)
    bed.call("POST", f"{CORE}/services", {"metadata": {"name": "ssh-fwd"}, "spec": service})
    site.furniture = "ssh-fwd"
    yield key.export_public_key().decode().strip()
    site.furniture = "-"
    bed.call("DELETE", f"{APPS}/deployments/ssh-fwd")
    bed.call("DELETE", f"{CORE}/services/ssh-fwd")


def profile(user, host_key: str, **away) -> None:
    """The shipped profile, with what the test bed has."""
    wanted = shipped("away", user.site.namespace)
    given = {**wanted.template["away"], "password": {"variable": VARIABLE}, "ports": PORTS, **away}
    environment = {"HRLAB_TUNNEL_PATIENCE_SECONDS": "1"}
    template = {**wanted.template, "environment": environment, "away": given}
    fixed = {"forwarder": f"127.0.0.1:{PORT}", "host_key": host_key}
    options = {
        name: dataclasses.replace(option, default=fixed.get(name, option.default))
        for name, option in wanted.options.items()
    }
    user.profiles["away"] = dataclasses.replace(wanted, template=template, options=options)


async def computes(cluster) -> None:
    async with Client(cluster.scheduler_address, asynchronous=True) as client:
        assert await client.submit(sum, range(100)) == 4950


def pods_of(bed, made) -> list[dict]:
    pods = bed.call("GET", f"{CORE}/pods?labelSelector=dask.org/cluster-name={made.id}")
    return pods["items"]


async def test_all_away_computes_and_outlives_the_loss_of_forwarder_and_scheduler(
    forwarder, secrets, user, bed
):
    profile(user, forwarder)
    made = await user.create("away", workers=2)
    ready = await user.sees(made.id, is_ready, 90)
    assert (ready.site, ready.cores) == ("naples", 2)
    assert {pod["spec"]["nodeName"] for pod in pods_of(bed, made)} == {SITE}
    await computes(ready)
    seen = bed.call(
        "GET", f"/apis/kubernetes.dask.org/v1/namespaces/{NAMESPACE}/daskclusters", token="user"
    )
    assert TOKEN not in json.dumps([seen, pods_of(bed, made)])
    assert bed.call("GET", f"{CORE}/secrets", token="user")["code"] == 403

    bed.call("PATCH", f"{APPS}/deployments/ssh-fwd", {"spec": {"replicas": 0}})
    await user.sees(made.id, lambda one: one.state == "unreachable", 60)
    bed.call("PATCH", f"{APPS}/deployments/ssh-fwd", {"spec": {"replicas": 1}})
    await computes(await user.sees(made.id, is_ready, 90))

    scheduler = next(p for p in pods_of(bed, made) if "scheduler" in p["metadata"]["name"])
    bed.call("DELETE", f"{CORE}/pods/{scheduler['metadata']['name']}")
    await user.sees(made.id, lambda one: not is_ready(one), 60)
    await computes(await user.sees(made.id, is_ready, 90))
    await user.clusters.scale(made.id, Target(workers=1))
    await user.sees(made.id, lambda one: one.workers.ready == 1)


async def test_a_credential_that_all_could_read_is_refused_unless_the_site_accepts_it(
    forwarder, user, bed
):
    profile(user, forwarder)
    made = await user.create("away", workers=1)
    failed = await user.sees(made.id, lambda one: one.state == "failed")
    assert "not allowed to create Secrets" in failed.reason
    assert "in_clear: true" in failed.reason
    assert not bed.names(f"/apis/kubernetes.dask.org/v1/namespaces/{NAMESPACE}/daskclusters")
    await user.clusters.close(made.id)

    profile(user, forwarder, in_clear=True)
    accepted = await user.create("away", workers=1)
    await computes(await user.sees(accepted.id, is_ready, 90))


@pytest.mark.skipif("HRLAB_TEST_LONG" not in os.environ, reason="Long: python -m tests.kube --long")
async def test_why_a_tunnel_cannot_be_made_is_said(forwarder, secrets, user, monkeypatch):
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    profile(user, other)
    made = await user.create("away", workers=0)
    await user.sees(made.id, says("forwarder has an unexpected host key"), 60)
    await user.clusters.close(made.id)

    monkeypatch.setenv(VARIABLE, "expired")
    profile(user, forwarder)
    made = await user.create("away", workers=0)
    await user.sees(made.id, says("forwarder rejected the tunnel's credential"), 60)
    await user.clusters.close(made.id)


@pytest.mark.skipif("HRLAB_TEST_LONG" not in os.environ, reason="Long: python -m tests.kube --long")
async def test_a_port_that_another_takes_in_the_same_moment_leads_to_another_try(
    forwarder, secrets, user
):
    """Somebody holds both ports at the forwarder, and no Service tells of it."""
    profile(user, forwarder, ports=[8100, 8101])
    deadline = time.monotonic() + 30
    while True:
        try:
            known = ([asyncssh.import_public_key(forwarder)], [], [])
            other = await asyncssh.connect(
                "127.0.0.1", PORT, username="alice", password=TOKEN, known_hosts=known, config=None
            )
            break
        except (OSError, asyncssh.Error):  # noqa: PERF203
            assert time.monotonic() < deadline
            await asyncio.sleep(0.2)
    async with other:
        for port in (8100, 8101):
            await other.forward_remote_port("", port, "127.0.0.1", 9)
        made = await user.create("away", workers=0)
        again = await user.sees(made.id, says("took its port at the same moment"), 60)
        assert again.state == "starting"
    ready = await user.sees(made.id, is_ready, 90)
    assert ready.name == made.name
