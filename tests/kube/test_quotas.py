"""Quotas in Kubernetes: what clusters hold, what bypasses hrlab, and two users who ask at the same time."""

from __future__ import annotations

import asyncio
import logging

import pytest

from hrlab.clusters.kubernetes_counted import CountedKubernetes
from hrlab.model.cluster import Target
from hrlab.model.site_limit import SiteLimit
from hrlab.quotas.hours import CoreHours
from hrlab.quotas.site import SiteQuotas
from hrlab.services.settling import Settling
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
        from hrlab.model.quota import Held

        return Held(alice.clusters.claims())

    hours = CoreHours(tmp_path / "hours.json", lambda: 0.0)
    source = SiteQuotas([SiteLimit(name="everybody", cores=2)], held, hours, lambda: 0.0)
    (quota,) = await source.quotas()
    assert (quota.used, quota.available) == (3, 0)
    assert quota.note == f"Changed outside hrlab: {made.name} (3 workers, 2 granted)."


async def test_of_two_users_at_the_same_time_the_later_one_withdraws(owner):
    limits = [SiteLimit(name="all", profiles=("plain",), together=True, workers=3)]
    users = [owner("alice"), owner("bob")]
    for user in users:
        await user.arrive()
    settling = [Settling(limits, LOG) for _ in users]
    made = await asyncio.gather(*(user.create(workers=2) for user in users))
    for user, one, looks in zip(users, made, settling, strict=True):
        looks.begin(one.id, user.clusters)

    def states():
        return sorted(user.shown(one.id).state for user, one in zip(users, made, strict=True))

    await until(lambda: states() == ["failed", "ready"])
    (reason,) = [
        shown.reason
        for user, one in zip(users, made, strict=True)
        if (shown := user.shown(one.id)).state == "failed"
    ]
    assert "of another user was asked for a moment earlier" in reason
    assert "This one takes 2 workers; 1 worker is left of 3 workers (all)." in reason
    for looks in settling:
        await looks.stop()
    assert states() == ["failed", "ready"]
