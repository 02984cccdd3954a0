"""Admission control: resources that a request needs, and whether profile and quotas allow them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hrlab.clusters.admission.quota_check import cut, exceeded, profile_room, room
from hrlab.clusters.admission.usage import claim_of, requested
from hrlab.clusters.backend import Plan, Tries, TriesMore
from hrlab.clusters.profiles.validate import ValidatedRequest, check, check_target
from hrlab.clusters.registry import Registry
from hrlab.model.cluster import Cluster, ClusterRequest, Refusal, Target
from hrlab.model.options import Value
from hrlab.model.profile import Profile
from hrlab.model.quota import ClusterUsage, Quota, ResourceRequest
from hrlab.model.units import counted

#: Returns the enforced quotas, as fresh as possible.
Binding = Callable[[], Awaitable[Sequence[Quota]]]

#: Timeout of a dry run; without an answer, the cluster is created and may be refused then.
TRIAL_SECONDS = 1.0
#: How long a granted size counts before the backend reports it.
PROMISED_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Decision:
    """Result of admission: the validated request, possibly reduced, and the resources it needs."""

    checked: ValidatedRequest
    asks: ResourceRequest
    warnings: tuple[str, ...] = ()


class AdmissionControl:
    """Admission control for one user.

    Parameters
    ----------
    kinds
        Backends, which know usage and the resources of a cluster.
    clock
        Monotonic seconds.
    """

    def __init__(self, kinds: Registry, clock: Callable[[], float] = time.monotonic) -> None:
        self._kinds = kinds
        self._clock = clock
        self._promised: dict[str, tuple[int, float]] = {}
        self.binding: Binding = _none

    async def request(
        self, request: ClusterRequest, profile: Profile, mine: Sequence[Cluster]
    ) -> Decision:
        """Decide on a new cluster; `mine` are the user's clusters of that profile that hold resources."""
        wanted = request
        if request.as_many_as_allowed:
            options = {name: option.default for name, option in profile.options.items()}
            options |= request.options
            request = cut(request, profile, profile_room(profile, options))
        checked = check(request, profile, mine)
        if checked.refusals:
            return Decision(checked, self._asks(profile, checked))
        quotas = await self.binding()
        if request.as_many_as_allowed:
            asks = self._asks(profile, checked)
            request = cut(request, profile, room(asks, quotas, profile.name))
            checked = check(request, profile, mine)
        asks = self._asks(profile, checked)
        over = exceeded(asks, quotas, profile.name)
        if not over and not checked.refusals:
            over = await self._tried(profile, checked, asks)
        checked = replace(checked, over_limit=(*checked.over_limit, *over))
        return Decision(checked, asks, _cut_note(wanted, request, asks))

    async def change(
        self, target: Target, profile: Profile | None, cluster: Cluster
    ) -> ValidatedRequest:
        """Decide on a new size of an existing cluster."""
        checked = (
            ValidatedRequest({}) if profile is None else check_target(target, profile, cluster)
        )
        if checked.refusals:
            return checked
        claim = self._claim(cluster)
        workers = target.most
        if workers <= claim.workers:
            return checked  # scaling down is never refused
        each = max(1, claim.workers)
        asks = ResourceRequest(
            workers=workers,
            cores_each=claim.cores / each,
            memory_each=round(claim.memory_bytes / each),
        )
        if claim.workers == 0 and profile is not None:
            asks = replace(
                self._asks(profile, check(_plain(profile), profile, ())), workers=workers
            )
        over = exceeded(asks, await self.binding(), cluster.profile, claim)
        if not over:
            kind: object = self._kinds.begun_kind(cluster.kind)
            if isinstance(kind, TriesMore):
                over = await _refusals(kind.refused_more(cluster.id))
        return replace(checked, over_limit=(*checked.over_limit, *over))

    async def _tried(
        self, profile: Profile, checked: ValidatedRequest, asks: ResourceRequest
    ) -> list[Refusal]:
        """Dry-run a worker, where the backend supports it."""
        kind: object = self._kinds.begun_kind(profile.kind)
        if not isinstance(kind, Tries) or not asks.workers:
            return []
        return await _refusals(kind.refused(_plan(profile, checked.options)))

    def promise(self, cluster_id: str, target: Target) -> None:
        """Count a granted size immediately, before the backend reports it."""
        self._promised[cluster_id] = target.most, self._clock() + PROMISED_SECONDS

    def with_promises(self, claims: Iterable[ClusterUsage]) -> Iterator[ClusterUsage]:
        """Yield `claims`, raised to the granted sizes that backends do not report yet."""
        for claim in claims:
            workers, until = self._promised.get(claim.id, (0, 0.0))
            if workers <= claim.workers or self._clock() > until:
                self._promised.pop(claim.id, None)
                yield claim
            else:
                share = workers / max(1, claim.workers)
                yield replace(
                    claim,
                    workers=workers,
                    cores=claim.cores * share,
                    memory_bytes=round(claim.memory_bytes * share),
                    granted=None if claim.granted is None else max(claim.granted, workers),
                )

    def _claim(self, cluster: Cluster) -> ClusterUsage:
        return claim_of(self._kinds, cluster)

    def _asks(self, profile: Profile, checked: ValidatedRequest) -> ResourceRequest:
        return self.asks(profile, checked.options)

    def asks(self, profile: Profile, options: Mapping[str, Value]) -> ResourceRequest:
        """Return what a cluster of `profile` with these options would use."""
        return requested(_plan(profile, options), self._kinds.begun_kind(profile.kind))


def _plan(profile: Profile, options: Mapping[str, Value]) -> Plan:
    """Return the plan of a hypothetical cluster."""
    return Plan(id="new", name="new", profile=profile, options=options, owner="", created_at=0.0)


async def _refusals(asking: Awaitable[str]) -> list[Refusal]:
    """Return Kubernetes' own refusal if it arrives in time: a slow API must not delay a click."""
    try:
        why = await asyncio.wait_for(asking, TRIAL_SECONDS)
    except asyncio.TimeoutError:
        return []
    message = f"Kubernetes would refuse a worker: {why}"
    return [Refusal(limit="kubernetes", asked=None, left=None, message=message)] if why else []


async def _none() -> Sequence[Quota]:
    return ()


def _plain(profile: Profile) -> ClusterRequest:
    return ClusterRequest(profile=profile.name)


def _cut_note(
    wanted: ClusterRequest, request: ClusterRequest, asks: ResourceRequest
) -> tuple[str, ...]:
    if wanted.options == request.options:
        return ()
    return (f"Reduced to {counted(asks.workers, 'worker')}, the most that is allowed now.",)
