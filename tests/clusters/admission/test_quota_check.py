"""Quotas against requests: refused in words, cut where that is wished, and never given twice."""

from __future__ import annotations

import asyncio
import logging

import pytest

from hrlab.clusters.admission.quota_check import exceeded, room
from hrlab.clusters.profiles.load import Profiles
from hrlab.clusters.service import ClusterService
from hrlab.clusters.start_times import StartTimes
from hrlab.model.cluster import DryRun
from hrlab.model.errors import ConflictError
from hrlab.model.options import Option
from hrlab.model.profile import Limits, Profile
from hrlab.model.quota import UNKNOWN, ClusterUsage, Holder, ResourceRequest, quota
from hrlab.model.site_limit import SiteLimit
from hrlab.quota.service import QuotaService
from hrlab.quota.sources.core_hours import CoreHours
from hrlab.quota.sources.site import SiteQuotas
from tests.clusters.pretended import PretendedClusters

ZEE = Profile(
    name="zee",
    label="Zee",
    kind="kubernetes",
    template={},
    options={
        "workers": Option(type="integer", default=2, minimum=0, maximum=200),
        "cores": Option(type="integer", default=1),
        "minimum": Option(type="integer", default=0),
        "maximum": Option(type="integer", default=0),
        "memory": Option(type="memory", default=2**30),
    },
)
PLAIN = {name: ZEE.options[name] for name in ("workers", "cores", "memory")}


def asks(workers, cores=2, **more):
    return ResourceRequest(workers=workers, cores_each=cores, memory_each=2**30, **more)


def cores(limit, used, **more):
    more = {"enforced": True, **more}
    return quota("cores", "user", "site", 0.0, limit=limit, used=used, **more)


def test_refusal_says_asked_left_limit_holders_and_remedy():
    holders = [Holder(name="zee-2", used=200), Holder(name="zee-3", used=152)]
    (refusal,) = exceeded(asks(200), [cores(480, 352, holders=holders, label="Each user")], "zee")
    assert (refusal.limit, refusal.asked, refusal.left) == ("cores", 400, 128)
    assert refusal.message == (
        "Asked for 200 workers (400 cores); 128 cores are left of your 480 cores (Each user). "
        "The rest is used by zee-2 (200 cores) and zee-3 (152 cores). "
        "Ask for at most 64 workers, or close zee-2."
    )


def test_where_nothing_is_left_the_remedy_is_to_close_or_to_wait():
    mine, theirs = Holder(name="zee-2", used=4), Holder(name="gnn", used=4, mine=False)
    (refusal,) = exceeded(asks(1), [cores(4, 4, holders=[mine])], "zee")
    assert refusal.message.endswith("Close zee-2 first.")
    (refusal,) = exceeded(asks(1), [cores(4, 4, holders=[theirs])], "zee")
    assert "gnn of another user (4 cores)" in refusal.message
    assert refusal.message.endswith(
        "Wait until other clusters have been closed, or ask your admin."
    )


def test_unknown_limits_advisory_limits_and_those_of_other_profiles_refuse_nothing():
    quotas = [
        cores(UNKNOWN, 3),
        cores(1, 1, enforced=False),
        cores(1, 1, profiles=["offload"]),
    ]
    assert exceeded(asks(200), quotas, "zee") == []
    assert room(asks(200), quotas, "zee") is None
    assert len(exceeded(asks(200), quotas, "offload")) == 1


def test_an_existing_cluster_may_keep_what_it_holds_and_shrink_even_beyond_the_limit():
    claim = ClusterUsage(
        id="a", name="a", mine=True, profile="zee", workers=8, cores=16, memory_bytes=8 * 2**30
    )
    assert exceeded(asks(8), [cores(4, 16)], "zee", claim) == []
    assert exceeded(asks(10), [cores(20, 16)], "zee", claim) == []
    (refusal,) = exceeded(asks(11), [cores(20, 16)], "zee", claim)
    assert refusal.left == 20
    assert "Ask for at most 10 workers" in refusal.message


@pytest.fixture
def kind():
    return PretendedClusters()


@pytest.fixture
def service(kind, tmp_path, jp_asyncio_loop):
    """Gives a service under these limits."""
    made = []

    async def find_kernel(name):
        return name or "python3", "/usr/bin/python3"

    def make(*limits, profile=ZEE, plain=False):
        if plain:
            profile = Profile(
                name="zee", label="Zee", kind="kubernetes", template={}, options=PLAIN
            )
        found = ClusterService(
            Profiles({"zee": profile}),
            {"kubernetes": kind.maker},
            owner="alice",
            find_kernel=find_kernel,
            starts=StartTimes(None),
            log=logging.getLogger(),
        )
        hours = CoreHours(tmp_path / "hours.json", lambda: 1000.0)
        source = SiteQuotas(limits, found.held, hours, lambda: 1000.0)
        quotas = QuotaService(lambda: [source], logging.getLogger())
        found.weighing.binding = quotas.binding
        made.extend([found, quotas])
        return found

    yield make
    for one in made:
        jp_asyncio_loop.run_until_complete(one.stop())


def body(workers, **more):
    return {"profile": "zee", "options": {"workers": workers, **more}}


async def test_two_requests_at_the_same_instant_cannot_both_take_the_last_cores(service, kind):
    clusters = service(SiteLimit(name="everybody", cores=10), plain=True)
    kind.slow.clear()
    both = [asyncio.ensure_future(clusters.create(body(6))) for _ in range(2)]
    await asyncio.sleep(0)
    kind.slow.set()
    first, second = await asyncio.gather(*both, return_exceptions=True)
    assert first.workers.asked == 6
    assert isinstance(second, ConflictError)
    assert "4 cores are left of your 10 cores (everybody)" in second.message
    assert first.name in second.message


async def test_two_at_once_share_what_is_left_where_that_is_wished(service):
    clusters = service(SiteLimit(name="everybody", cores=10), plain=True)
    many = {**body(7), "as_many_as_allowed": True}
    made = await asyncio.gather(*(clusters.create(many) for _ in range(2)))
    assert sorted(one.workers.asked for one in made) == [3, 7]
    with pytest.raises(ConflictError, match="0 cores are left"):
        await clusters.create(many)


async def test_dry_run_says_what_is_asked_and_what_would_be_cut(service):
    clusters = service(SiteLimit(name="everybody", cores=10), plain=True)
    dry = await clusters.create({**body(7, cores=2), "dry_run": True})
    assert isinstance(dry, DryRun)
    assert (dry.asks.workers, dry.asks.cores, dry.asks.memory_bytes) == (7, 14, 7 * 2**30)
    assert [one.limit for one in dry.refusals] == ["cores"]
    cut = {**body(7, cores=2), "dry_run": True, "as_many_as_allowed": True}
    dry = await clusters.create(cut)
    assert dry.allowed
    assert dry.asks.workers == 5
    assert dry.warnings == ("Reduced to 5 workers, the most that is allowed now.",)


async def test_as_many_as_allowed_is_cut_to_bounds_and_limits_of_the_profile_too(service):
    profile = Profile(
        name="zee", label="Zee", kind="kubernetes", template={}, options=PLAIN,
        limits=Limits(cores=9),
    )  # fmt: skip
    clusters = service(profile=profile)
    made = await clusters.create({**body(1000, cores=2), "as_many_as_allowed": True})
    assert made.workers.asked == 4


async def test_adaptive_clusters_count_with_their_maximum(service):
    clusters = service(SiteLimit(name="everybody", cores=10))
    made = await clusters.create(body(1, minimum=1, maximum=8))
    assert made.workers.asked == 1
    with pytest.raises(ConflictError, match="2 cores are left"):
        await clusters.create(body(3, minimum=0, maximum=3))


async def test_scaling_and_adapting_are_enforced_and_shrinking_never_is(service, kind):
    clusters = service(SiteLimit(name="everybody", cores=10), plain=True)
    made = await clusters.create(body(4))
    await clusters.change(made.id, {"workers": 10})
    for change in ({"workers": 11}, {"minimum": 0, "maximum": 11}):
        with pytest.raises(ConflictError, match="10 cores are left of your 10 cores"):
            await clusters.change(made.id, change)
    await clusters.change(made.id, {"workers": 2})


async def test_two_scalings_at_the_same_instant_cannot_both_take_the_last_cores(service, kind):
    clusters = service(SiteLimit(name="everybody", cores=10), plain=True)
    first, second = [await clusters.create(body(2)) for _ in range(2)]

    async def slow(cluster_id, target):  # what is there says nothing of it for a while
        await asyncio.sleep(0)

    kind.scale = slow
    answers = await asyncio.gather(
        *(clusters.change(one.id, {"workers": 7}) for one in (first, second)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, ConflictError) for one in answers) == 1


async def test_number_of_clusters_is_limited(service):
    clusters = service(SiteLimit(name="few", clusters=1, label="Guests"), plain=True)
    made = await clusters.create(body(1))
    with pytest.raises(ConflictError) as refused:
        await clusters.create(body(1))
    expected = f"You have 1 of 1 cluster (Guests). Close one of yours first: {made.name}."
    assert refused.value.message == expected


async def test_what_others_made_larger_is_noticed_and_leaves_nothing(service, kind):
    clusters = service(SiteLimit(name="everybody", cores=10), plain=True)
    made = await clusters.create(body(4))
    kind.set(made.id, workers=kind.known[made.id].workers.__class__(asked=40))
    with pytest.raises(ConflictError, match="0 cores are left"):
        await clusters.create(body(1))
