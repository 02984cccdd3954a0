"""What a cluster survives, at instants nobody chose: loss of the API, death of operator, scheduler and Jupyter server."""

from __future__ import annotations

import asyncio
import os
import random
import signal

import pytest

from hrlab.clusters.kubernetes.state_file import has_clusters
from tests.kube.bed.bed import NAMESPACE
from tests.kube.losses import SEED, scheduler_of
from tests.kube.user import is_ready

STARTS_SECONDS = 4.0


@pytest.fixture
def chance(request):
    print(f"HRLAB_TEST_SEED={SEED}")
    return random.Random(f"{SEED} {request.node.name}")


@pytest.mark.parametrize("attempt", range(3))
async def test_the_api_goes_away_while_a_cluster_starts(user, bed, chance, attempt):
    await user.arrive()
    made = await user.create(workers=1)
    await asyncio.sleep(chance.uniform(0, STARTS_SECONDS))
    bed.call("POST", "/_test/away", {"seconds": chance.uniform(0.5, 3)})
    await user.sees(made.id, is_ready, 90)


async def test_an_api_that_is_not_there_when_a_cluster_is_asked_for(user, bed):
    await user.arrive()
    bed.call("POST", "/_test/away", {"seconds": 3})
    made = await user.create(workers=0)
    waiting = await user.sees(made.id, lambda one: "Kubernetes API did not respond" in one.reason)
    assert waiting.state == "starting"
    await user.sees(made.id, is_ready, 90)


async def test_a_cluster_closed_while_the_api_is_away_is_closed_when_it_is_back(user, bed):
    made = await user.create(workers=0)
    await user.sees(made.id, is_ready)
    bed.call("POST", "/_test/away", {"seconds": 3})
    await user.clusters.close(made.id)
    assert user.shown(made.id).state == "closing"
    await user.sees_gone(made.id)


async def test_a_close_that_waits_for_the_api_outlives_the_server(user, bed, tmp_path, monkeypatch):
    monkeypatch.setattr("hrlab.clusters.kubernetes.controller.RECONNECT_SECONDS", 0.5)
    user.kept = tmp_path / "kubernetes.json"
    made = await user.create(workers=0)
    await user.sees(made.id, is_ready)
    bed.call("POST", "/_test/away", {"seconds": 3})
    await user.clusters.close(made.id)
    await user.vanish()
    assert has_clusters(user.kept)
    await user.arrive()
    await user.sees_gone(made.id)
    while has_clusters(user.kept):
        await asyncio.sleep(0.1)


async def test_the_apis_errors_are_outlived(user, bed):
    faults = [
        {"verb": "create", "resource": "daskclusters", "code": 503, "times": 2},
        {"verb": "list", "resource": "pods", "code": 500, "times": 1},
        {"verb": "patch", "resource": "daskclusters", "code": 429, "times": 1},
    ]
    bed.call("POST", "/_test/faults", faults)
    made = await user.create(workers=1)
    bed.call("POST", "/_test/drop-watches")
    await user.sees(made.id, is_ready, 90)


@pytest.mark.parametrize("attempt", range(3))
async def test_a_start_is_cancelled_at_any_instant(user, chance, attempt):
    await user.arrive()
    made = await user.create(workers=1)
    await asyncio.sleep(chance.uniform(0, STARTS_SECONDS))
    await user.clusters.close(made.id)
    await user.sees_gone(made.id)


@pytest.mark.parametrize("attempt", range(3))
async def test_the_jupyter_server_is_gone_at_any_instant(user, chance, attempt):
    await user.arrive()
    made = await user.create(workers=1)
    await asyncio.sleep(chance.uniform(0.5, STARTS_SECONDS))
    await user.vanish()
    await asyncio.sleep(chance.uniform(0, 2))
    await user.arrive()
    await user.sees(made.id, is_ready, 90)


@pytest.mark.parametrize("attempt", range(2))
async def test_the_operator_is_killed_while_a_cluster_starts(user, bed, chance, attempt):
    await user.arrive()
    made = await user.create(workers=1)
    await asyncio.sleep(chance.uniform(0, STARTS_SECONDS))
    bed.kill("operator")
    await asyncio.sleep(chance.uniform(0, 1))
    bed.start_operator()  # not from a thread: it would die with that (PR_SET_PDEATHSIG)
    await user.sees(made.id, is_ready, 90)


async def test_a_scheduler_that_is_killed_comes_back_with_its_workers(user, bed):
    made = await user.create(workers=1)
    await user.sees(made.id, is_ready)
    os.kill(scheduler_of(made.id), signal.SIGKILL)
    await user.sees(made.id, lambda one: one.workers.ready == 0 or one.state != "ready", 30)
    await user.sees(made.id, is_ready, 60)


async def test_a_scheduler_that_hangs_makes_its_cluster_unreachable_until_it_goes_on(user, bed):
    made = await user.create(workers=0)
    await user.sees(made.id, is_ready)
    process = scheduler_of(made.id)
    os.kill(process, signal.SIGSTOP)
    try:
        seen = await user.sees(made.id, lambda one: one.state == "unreachable", 40)
    finally:
        os.kill(process, signal.SIGCONT)
    assert seen.reason.startswith("Cannot connect to the scheduler from the Jupyter server:"), seen
    assert seen.tasks is None
    await user.sees(made.id, is_ready, 60)


async def test_a_worker_that_is_killed_is_replaced(user, bed):
    made = await user.create(workers=2)
    await user.sees(made.id, is_ready)
    pods = f"/api/v1/namespaces/{NAMESPACE}/pods"
    worker = next(name for name in bed.names(pods) if "worker" in name)
    bed.call("DELETE", f"{pods}/{worker}")
    await asyncio.sleep(1)
    await user.sees(made.id, is_ready)
