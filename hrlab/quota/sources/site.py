"""Limits declared by the site, with the usage of clusters."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence

from hrlab.model.quota import UNKNOWN, Amount, ClusterUsage, Holder, Quota, UsageSnapshot, quota
from hrlab.model.site_limit import SiteLimit, counts
from hrlab.quota.sources.base import QuotaError
from hrlab.quota.sources.core_hours import CoreHours


class SiteQuotas:
    """Source ``site``.

    Parameters
    ----------
    limits
        Limits that apply to this user.
    held
        Returns the usage of all clusters.
    hours
        Core-hours used so far.
    clock
        UTC epoch seconds.
    broken
        Configuration errors, for the user to report to the admin.
    """

    name = "site"
    fresh_seconds = 0.0
    enforced = True

    def __init__(
        self,
        limits: Sequence[SiteLimit],
        held: Callable[[], Awaitable[UsageSnapshot]],
        hours: CoreHours,
        clock: Callable[[], float],
        broken: Sequence[str] = (),
    ) -> None:
        self._limits = limits
        self._held = held
        self._hours = hours
        self._clock = clock
        self._broken = broken

    async def quotas(self) -> Sequence[Quota]:
        """Return one quota for each amount that a limit sets."""
        if not self._limits:
            if self._broken:
                raise QuotaError(" ".join(self._broken))
            return ()
        held = await self._held()
        if any(limit.hours is not None for limit in self._limits):
            await asyncio.to_thread(self._hours.record, held.claims)
        return [one for limit in self._limits for one in self._of(limit, held)]

    @property
    def problem(self) -> str | None:
        """Configuration errors as one text; None if there are none."""
        return " ".join(self._broken) or None

    def _of(self, limit: SiteLimit, held: UsageSnapshot) -> Iterator[Quota]:
        claims = [one for one in held.claims if counts(one, limit)]
        unseen = next(
            (held.unseen[name] for name in limit.profiles or held.unseen if name in held.unseen),
            None,
        )
        for resource, most in limit.amounts.items():
            used: Amount = sum(one.of(resource) for one in claims)
            if resource == "hours":
                used = self._hours.hours(limit.profiles, limit.days)
            yield quota(
                resource,
                limit.scope,
                self.name,
                self._clock(),
                limit=most,
                used=UNKNOWN if unseen else used,
                label=_label(limit, resource),
                profiles=limit.profiles,
                enforced=True,
                holders=_holders(claims, resource),
                note=bypassed(claims),
                error=unseen,
            )


def _label(limit: SiteLimit, resource: str) -> str:
    label = limit.label or limit.name
    return f"{label}, last {limit.days} days" if resource == "hours" else label


def bypassed(claims: Sequence[ClusterUsage]) -> str:
    """Return a sentence about clusters that were scaled up outside hrlab; empty if none were."""
    larger = [one for one in claims if one.granted is not None and one.workers > one.granted]
    if not larger:
        return ""
    named = ", ".join(
        f"{one.name} ({one.workers} workers, {one.granted} granted)" for one in larger
    )
    return f"Scaled outside hrlab: {named}."


def _holders(claims: Sequence[ClusterUsage], resource: str) -> list[Holder]:
    return [Holder(name=one.name, used=one.of(resource), mine=one.mine) for one in claims]
