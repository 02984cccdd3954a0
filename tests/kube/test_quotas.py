"""Quotas in Kubernetes: what clusters hold, what bypasses hrlab, and two users who ask at the same time."""

from __future__ import annotations

import asyncio
import logging

import pytest

from hrlab.clusters.admission.conflicts import ConflictResolver
from hrlab.clusters.kubernetes.accounting import CountedKubernetes
from hrlab.model.cluster import Target
from hrlab.model.quota import UNKNOWN, UsageSnapshot
from hrlab.model.site_limit import SiteLimit
from hrlab.quota.sources.core_hours import CoreHours
from hrlab.quota.sources.kubernetes import KubernetesQuotas, Offered
from hrlab.quota.sources.kubernetes_api import QuotaApi, usual_worker
from hrlab.quota.sources.site import SiteQuotas
from tests.kube.bed.bed import NAMESPACE
from tests.kube.site import DASK
from tests.kube.user import User, is_ready

LOG = logging.getLogger("hrlab.tests")
GROUPS = f"{DASK}/namespaces/{NAMESPACE}/daskworkergroups"


class Owner(User):
    """A user whose clusters are counted."""

    kind = CountedKubernetes


@pytest.fixture
def owner(site, jp_asyncio_loop):
    """Gives users; they leave together, since nothing may be left."""
    users = []

    def make(name="alice"):
        users.append(Owner(site, LOG, name))
        return users[-1]

    yield make
    for user in users:
        jp_asyncio_loop.run_until_complete(asyncio.wait_for(user.leave(), 60))


def claim(user, cluster_id):
    return next((one for one in user.clusters.claims() if one.id == cluster_id), None)


async def until(condition, seconds=60):
    for _ in range(seconds * 20):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it does not come true")


async def test_a_cluster_holds_what_its_pods_ask_for_from_the_moment_it_is_asked_for(owner):
    alice = owner()
    alice.profile(template={"scheduler": {"cores": 0.5, "memory": "256Mi"}})
    await alice.arrive()
    asks = alice.clusters.asks(alice.plan(workers=3))
    assert (asks.of("cores"), asks.of("memory")) == (3.5, (3 * 512 + 256) * 2**20)
    assert asks.of("pods") == 4
    made = await alice.create(workers=2)
    first = claim(alice, made.id)
    assert (first.workers, first.cores, first.memory_bytes) == (2, 2.5, (2 * 512 + 256) * 2**20)
    await alice.sees(made.id, is_ready)
    then = claim(alice, made.id)
    assert (then.workers, then.cores, then.granted) == (2, 2.5, 2)
    assert then.mine
    assert then.uid


async def test_what_bypasses_hrlab_is_noticed_and_shown(owner, bed, tmp_path):
    alice = owner()
    await alice.arrive()
    made = await alice.create(workers=1)
    await alice.sees(made.id, is_ready)
    await alice.clusters.scale(made.id, Target(workers=2))
    await until(lambda: claim(alice, made.id).workers == 2)
    assert claim(alice, made.id).granted == 2

    patch = {"spec": {"worker": {"replicas": 3}}}
    bed.call("PATCH", f"{GROUPS}/{made.id}-default", patch, token="user")
    await until(lambda: claim(alice, made.id).workers == 3)

    async def held():
        return UsageSnapshot(alice.clusters.claims())

    hours = CoreHours(tmp_path / "hours.json", lambda: 0.0)
    source = SiteQuotas([SiteLimit(name="everybody", cores=2)], held, hours, lambda: 0.0)
    (quota,) = await source.quotas()
    assert (quota.used, quota.available) == (3, 0)
    assert quota.note == f"Scaled outside hrlab: {made.name} (3 workers, 2 granted)."


async def test_of_two_users_at_the_same_time_the_later_one_withdraws(owner):
    limits = [SiteLimit(name="all", profiles=("plain",), together=True, workers=3)]
    users = [owner("alice"), owner("bob")]
    for user in users:
        await user.arrive()
    settling = [ConflictResolver(limits, LOG) for _ in users]
    made = await asyncio.gather(*(user.create(workers=2) for user in users))
    for user, one, looks in zip(users, made, settling, strict=True):
        looks.start(one.id, user.clusters)

    def states():
        return sorted(user.shown(one.id).state for user, one in zip(users, made, strict=True))

    await until(lambda: states() == ["failed", "ready"])
    (reason,) = [
        shown.reason
        for user, one in zip(users, made, strict=True)
        if (shown := user.shown(one.id)).state == "failed"
    ]
    assert "of another user was requested a moment earlier" in reason
    assert "Your cluster needs 2 workers; 1 worker is left of 3 workers (all)." in reason
    for looks in settling:
        await looks.stop()
    assert states() == ["failed", "ready"]


async def test_of_two_users_who_scale_at_the_same_time_the_later_one_goes_back(owner):
    limits = [SiteLimit(name="all", profiles=("plain",), together=True, workers=3)]
    users = [owner("alice"), owner("bob")]
    for user in users:
        await user.arrive()
    made = [await user.create(workers=1) for user in users]
    for user, one in zip(users, made, strict=True):
        await user.sees(one.id, is_ready)
    settling = [ConflictResolver(limits, LOG) for _ in users]
    await asyncio.gather(
        *(
            user.clusters.scale(one.id, Target(workers=2))
            for user, one in zip(users, made, strict=True)
        )
    )
    for user, one, looks in zip(users, made, settling, strict=True):
        looks.start(one.id, user.clusters, grown=True)

    def sizes():
        return sorted(claim(user, one.id).workers for user, one in zip(users, made, strict=True))

    await until(lambda: sizes() == [1, 2])
    (later,) = [user for user, one in zip(users, made, strict=True) if user.shown(one.id).reason]
    shown = later.shown(made[users.index(later)].id)
    assert (shown.state, shown.workers.asked) == ("ready", 1)
    assert "Scaled back to 1 worker: test" in shown.reason
    assert (
        "was scaled up a moment earlier. Your increase needs 1 worker; 0 workers are left"
        in shown.reason
    )
    for looks in settling:
        await looks.stop()
    assert sizes() == [1, 2]
    await later.clusters.scale(shown.id, Target(workers=1))
    await later.sees(shown.id, lambda one: not one.reason)


async def test_scaling_beyond_kubernetes_own_quota_is_told_before(owner, bed, limited):
    alice = owner()
    made = await alice.create(workers=1)
    await alice.sees(made.id, is_ready)
    assert await alice.clusters.refused_more(made.id) == ""
    limited("resourcequotas", "few", {"hard": {"pods": "2"}})
    refused = await alice.clusters.refused_more(made.id)
    assert refused == "By quota few 2 pods are allowed, 2 pods are used, 1 pod more was asked for."


CORE = f"/api/v1/namespaces/{NAMESPACE}"
HARD = {"requests.cpu": "4", "limits.memory": "3Gi", "pods": "9"}


@pytest.fixture
def limited(bed):
    """Gives objects of the namespace, which are gone afterwards."""
    made = []

    def make(plural, name, spec):
        bed.call("POST", f"{CORE}/{plural}", {"metadata": {"name": name}, "spec": spec})
        made.append(f"{CORE}/{plural}/{name}")

    yield make
    for path in made:
        bed.call("DELETE", path)


async def told(user, bed, who):
    """Quotas that the API tells to `who`."""
    offered = [Offered("plain", NAMESPACE, usual_worker(user.profiles["plain"]))]
    asking = QuotaApi(str(bed.kubeconfig(who)))
    source = KubernetesQuotas(asking, offered, user.clusters.coming, lambda: 0.0)
    quotas = await source.quotas()
    await source.stop()
    return quotas


def by_resource(quotas, label):
    return {one.resource: one for one in quotas if one.label == label}


async def test_a_quota_is_told_with_its_numbers_whether_it_may_be_read_or_not(owner, bed, limited):
    alice = owner()
    alice.profile(template={"scheduler": {"cores": 0.5, "memory": "256Mi"}})
    await alice.arrive()
    limited("resourcequotas", "compute", {"hard": HARD})
    made = await alice.create(workers=2)
    await alice.sees(made.id, is_ready)

    read = by_resource(await told(alice, bed, "admin"), "jhub: compute")
    assert (read["cores"].limit, read["cores"].used, read["cores"].available) == (4, 2.5, 1.5)
    assert (read["memory"].limit, read["memory"].used) == (3 * 2**30, 1280 * 2**20)
    assert (read["pods"].limit, read["pods"].used) == (9, 3)
    assert read["cores"].enforced

    tried = by_resource(await told(alice, bed, "user"), "jhub: compute")
    assert (tried["cores"].limit, tried["cores"].used) == (4, 2.5)
    assert (tried["memory"].limit, tried["memory"].used) == (3 * 2**30, 1280 * 2**20)

    refused = await alice.clusters.refused(alice.plan(workers=1))
    assert refused == ""
    limited("resourcequotas", "few", {"hard": {"pods": "3"}})
    refused = await alice.clusters.refused(alice.plan(workers=1))
    assert refused == "By quota few 3 pods are allowed, 3 pods are used, 1 pod more was asked for."


async def test_workers_that_are_on_their_way_count_before_there_are_pods(owner, bed, limited):
    alice = owner()
    await alice.arrive()
    limited("resourcequotas", "compute", {"hard": {"requests.cpu": "4"}})
    await alice.create(workers=3)
    found = by_resource(await told(alice, bed, "user"), "jhub: compute")
    assert (found["cores"].used, found["cores"].available) == (3, 1)


async def test_limit_range_and_nodes_are_told_and_where_nothing_can_be_read_it_is_unknown(
    owner, bed, limited
):
    alice = owner()
    await alice.arrive()
    free = by_resource(await told(alice, bed, "user"), "jhub")
    assert free["cores"].limit == "unlimited"
    largest = {"type": "Container", "max": {"cpu": "2"}}
    limited("limitranges", "largest", {"limits": [largest]})
    for who in ("admin", "user"):
        quotas = await told(alice, bed, who)
        assert by_resource(quotas, "jhub: largest worker")["cores"].limit == 2
    assert by_resource(quotas, "jhub")["cores"].limit == UNKNOWN
    nodes = by_resource(await told(alice, bed, "admin"), "node vk-na")
    assert (nodes["cores"].limit, nodes["cores"].used) == (1000, 0)
    assert not nodes["cores"].enforced
