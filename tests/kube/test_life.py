"""A cluster's life: made, used, scaled, closed, and found again after a restart of the server."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import replace

import pytest
from distributed import Client

from hrlab.clusters.kubernetes.controller import KubernetesClusters
from hrlab.model.cluster import Target
from hrlab.model.options import Option
from tests.kube.user import User, is_ready, run_python


async def test_a_cluster_is_made_computes_and_is_closed(user):
    user.profile(idle_seconds=600)
    await user.arrive()
    made = await user.create(workers=2)
    # It answered before the operator had made anything.
    assert "done" not in {step.state for step in made.steps}
    assert (made.state, made.workers.asked) == ("starting", 2)
    ready = await user.sees(made.id, is_ready)
    assert (ready.cores, ready.memory_bytes, ready.tasks) == (2, 2 * 512 * 2**20, 0)
    assert all(step.state == "done" for step in ready.steps), ready.steps
    assert ready.dashboard_path == f"hrlab/dashboard/{made.id}"
    assert made.id in user.changed

    async with Client(ready.scheduler_address, asynchronous=True) as client:
        assert await client.submit(sum, range(100)) == 4950

    assert user.shown(made.id).state == "ready"
    await user.clusters.close(made.id)
    assert user.shown(made.id).state == "closing"
    await user.sees_gone(made.id)


async def test_workers_follow_scaling_and_adapt_between_bounds(user):
    made = await user.create(workers=1)
    await user.sees(made.id, is_ready)
    await user.clusters.scale(made.id, Target(workers=3))
    await user.sees(made.id, lambda one: one.workers.ready == 3)
    await user.clusters.scale(made.id, Target(workers=1))
    await user.sees(made.id, lambda one: one.workers.ready == 1)

    await user.clusters.scale(made.id, Target(minimum=2, maximum=3))
    adapting = await user.sees(made.id, lambda one: one.workers.ready == 2)
    assert (adapting.workers.minimum, adapting.workers.maximum) == (2, 3)
    await user.clusters.scale(made.id, Target(minimum=1, maximum=4))
    await user.sees(made.id, lambda one: one.workers.maximum == 4)
    await user.clusters.scale(made.id, Target(workers=2))
    await user.sees(made.id, lambda one: one.workers.minimum is None and is_ready(one))


async def test_a_profile_with_bounds_makes_a_cluster_that_adapts(user):
    options = {
        "minimum": Option(type="integer", default=1),
        "maximum": Option(type="integer", default=3),
    }
    profile = user.profile("adaptive", options=options)
    profile = replace(
        profile,
        options={key: one for key, one in profile.options.items() if key != "workers"},
        template={**profile.template, "worker": {"cores": 1}},
    )
    user.profiles["adaptive"] = profile
    made = await user.create("adaptive")
    assert (made.workers.minimum, made.workers.maximum) == (1, 3)
    ready = await user.sees(made.id, lambda one: is_ready(one) and one.workers.maximum)
    assert (ready.workers.minimum, ready.workers.maximum, ready.workers.asked) == (1, 3, 1)


async def test_a_cluster_is_found_again_after_a_restart_with_all_that_is_known_of_it(user):
    made = await user.create(workers=1)
    before = await user.sees(made.id, lambda one: is_ready(one) and one.usual_start_seconds)
    await user.vanish()
    await user.arrive()
    after = await user.sees(made.id, is_ready)
    assert replace(after, since_at=before.since_at) == before
    assert 0 < after.usual_start_seconds < 60


async def test_a_restart_while_starting_loses_nothing(user):
    made = await user.create(workers=1)
    await user.sees(made.id, lambda one: one.steps[0].state == "done")
    await user.vanish()
    await user.arrive()
    ready = await user.sees(made.id, is_ready)
    assert (ready.name, ready.profile, ready.mine) == (made.name, "plain", True)


async def test_another_users_cluster_is_listed_as_theirs(user, site):
    made = await user.create(workers=0)
    await user.sees(made.id, is_ready)
    other = User(site, logging.getLogger("hrlab.tests"), owner="bob")
    await other.arrive()
    seen = await other.sees(made.id, is_ready)
    await other.vanish()
    assert (seen.mine, seen.owner, seen.created_by) == (False, None, "hrlab")


async def test_the_first_answer_of_a_fresh_server_has_what_is_there(user, site):
    made = await user.create(workers=0)
    await user.sees(made.id, is_ready)
    fresh = KubernetesClusters(
        "alice", user.profiles, logging.getLogger("hrlab.tests"), kubeconfig=site.kubeconfig
    )
    await fresh.start(lambda _: None)
    assert [one.id for one in fresh.clusters()] == [made.id]
    await fresh.stop()


async def test_a_cluster_made_in_a_notebook_is_listed_and_can_be_closed(user, site, monkeypatch):
    name = user.plan_for_a_notebook()
    program = (
        "import os; from dask_kubernetes.operator.kubecluster.kubecluster import make_cluster_spec, KubeCluster\n"
        f"spec = make_cluster_spec({name!r}, image={site.image!r}, n_workers=1, worker_command=['dask', 'worker'])\n"
        "spec['spec']['scheduler']['spec']['containers'][0]['args'][:1] = ['dask', 'scheduler']\n"
        f"KubeCluster(custom_cluster_spec=spec, namespace={site.namespace!r}, quiet=True, shutdown_on_close=False)\n"
        "os._exit(0)\n"
    )
    await user.arrive()
    await run_python(program, site)
    seen = await user.sees(name, is_ready)
    assert (seen.mine, seen.created_by, seen.profile) == (False, "other", None)
    unasked = User(
        site, logging.getLogger("hrlab.tests")
    )  # whose site has no profile of Kubernetes
    unasked.clusters = KubernetesClusters("alice", {}, unasked._log, kubeconfig=site.kubeconfig)
    monkeypatch.setenv("KUBECONFIG", site.kubeconfig)
    await unasked.clusters.start(unasked._changed)
    await unasked.sees(name, is_ready)
    assert unasked.clusters.problem() == ""
    await unasked.vanish()
    await user.clusters.close(name)
    await user.sees_gone(name)


async def test_the_event_loop_goes_round_while_two_clusters_start(user):
    """For how long it is held at a time is the benchmark `operator_start`'s."""
    await user.arrive()
    seen = []

    async def look():
        while True:
            await asyncio.sleep(0)
            shown = [user.shown(one.id) for one in made]
            seen.append([one and (one.state, one.steps[0].state) for one in shown])

    made = [await user.create(workers=1) for _ in range(2)]
    looking = asyncio.create_task(look())
    for one in made:
        await user.sees(one.id, is_ready)
    looking.cancel()
    # After the operator took both up, and before either was ready.
    assert [("starting", "done")] * 2 in seen


async def test_an_idle_cluster_is_closed_by_the_operator_and_extending_puts_that_off(user):
    user.profile("short", idle_seconds=8)
    made = await user.create("short", workers=0)
    await user.sees(made.id, is_ready)
    first = await user.sees(made.id, lambda one: one.idle_stop_at)
    await asyncio.sleep(2)
    await user.clusters.extend(made.id)
    later = await user.sees(made.id, lambda one: one.idle_stop_at > first.idle_stop_at)
    assert later.idle_stop_at == pytest.approx(time.time() + 8, abs=2.5)
    await user.sees_gone(made.id, 40)
    assert time.time() >= first.idle_stop_at
