"""Resolve conflicts between simultaneous requests: create or grow, read again, and the later one withdraws.

No server knows what another is about to create. So each creates its cluster, lists all clusters anew and orders the
new ones by creation time and uid. Creation times have a resolution of a second, so the last check comes after that
second has passed, when nothing earlier can appear any more.

Growth counts as a separate cluster, created when it was requested, by the clock of the server that scaled it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from logging import Logger

from hrlab.clusters.backend import Recounts
from hrlab.model.errors import HrlabError
from hrlab.model.quota import UNITS, ClusterUsage, shown
from hrlab.model.site_limit import SiteLimit, counts
from hrlab.model.units import counted

#: A cluster older than this is settled: it stays, whatever is created later.
NEW_SECONDS = 30.0
#: Interval of checks, and the age at which the last one is made.
LOOK_SECONDS, LAST_SECONDS = 0.5, 2.5


@dataclass(frozen=True, slots=True)
class _Part:
    """A cluster as created, or its growth.

    Attributes
    ----------
    share
        Fraction of the cluster's usage.
    """

    claim: ClusterUsage
    at: float
    share: float = 1.0
    is_growth: bool = False

    @property
    def place(self) -> tuple[float, str, bool]:
        return self.at, self.claim.uid, self.is_growth

    def of(self, resource: str) -> float:
        if resource == "clusters":
            return float(not self.is_growth)
        return self.claim.of(resource) * self.share


def lost_race(
    cluster_id: str,
    claims: Sequence[ClusterUsage],
    limits: Sequence[SiteLimit],
    *,
    grown: bool = False,
) -> str:
    """Return why a new cluster, or its growth, must withdraw; empty if it fits beside all earlier ones.

    Every server decides alike, because all use the same data from the API.

    Parameters
    ----------
    cluster_id
        Cluster to check.
    claims
        Usage of all clusters.
    limits
        Site limits that apply to the user.
    grown
        Whether to check the growth of the cluster instead of its creation.
    """
    parts = [part for claim in claims for part in _parts(claim)]
    wanted = (one for one in parts if one.claim.id == cluster_id and one.is_growth == grown)
    mine = next(wanted, None)
    if mine is None:
        return ""
    for limit in limits:
        held = [one for one in parts if counts(one.claim, limit)]
        for resource, most in limit.amounts.items():
            if resource != "hours" and mine in held:
                before = _kept_before(mine, held, resource, most)
                used = sum(one.of(resource) for one in before)
                if mine.of(resource) > 0 and used + mine.of(resource) > most * (1 + 1e-9):
                    return _reason(mine, before, limit, resource, most - used)
    return ""


def _parts(claim: ClusterUsage) -> Iterator[_Part]:
    before = claim.grown_from
    if before is None or before >= claim.workers:
        yield _Part(claim, claim.created_at)
        return
    share = before / claim.workers
    yield _Part(claim, claim.created_at, share)
    yield _Part(claim, claim.grown_at, 1 - share, is_growth=True)


def _kept_before(mine: _Part, held: Sequence[_Part], resource: str, most: float) -> list[_Part]:
    """Return earlier parts except those that withdraw; always includes the base of a growing cluster."""
    settled = [one for one in held if one.at < mine.at - NEW_SECONDS or _is_base(one, mine)]
    new = sorted(
        (one for one in held if one not in settled and one.place < mine.place),
        key=lambda one: one.place,
    )
    kept, used = settled, sum(one.of(resource) for one in settled)
    for one in new:
        if used + one.of(resource) <= most * (1 + 1e-9):
            kept.append(one)
            used += one.of(resource)
    return kept


def _is_base(one: _Part, mine: _Part) -> bool:
    return mine.is_growth and not one.is_growth and one.claim.id == mine.claim.id


def _reason(
    mine: _Part, before: Sequence[_Part], limit: SiteLimit, resource: str, left: float
) -> str:
    others = (one for one in before if one.claim.id != mine.claim.id)
    last = max(others, key=lambda one: one.place, default=None)
    first = "another cluster" if last is None else last.claim.name
    whose = "" if last is None or last.claim.mine else " of another user"
    unit, most = UNITS[resource], limit.amounts[resource]
    is_are = "is" if left == 1 or unit == "bytes" else "are"
    back = counted(mine.claim.grown_from or 0, "worker")
    action = f"Scaled back to {back}" if mine.is_growth else "Withdrawn"
    did = "was scaled up" if last is not None and last.is_growth else "was requested"
    this = "Your increase" if mine.is_growth else "Your cluster"
    return (
        f"{action}: {first}{whose} {did} a moment earlier. {this} needs "
        f"{shown(round(mine.of(resource), 3), unit)}; {shown(max(0, left), unit)} {is_are} left of {shown(most, unit)} "
        f"({limit.label or limit.name}). Ask for less, or try again when other clusters have been closed."
    )


class ConflictResolver:
    """Checks new and grown clusters for conflicts with other users, and withdraws the later ones.

    Parameters
    ----------
    limits
        Site limits that apply to this user.
    log
        Receives failed checks.
    sleep
        Sleeps for some seconds.
    seconds
        How long to wait for a cluster to appear.
    """

    def __init__(
        self,
        limits: Sequence[SiteLimit],
        log: Logger,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        seconds: float = 300.0,
    ) -> None:
        self._limits = [one for one in limits if set(one.amounts) - {"hours"}]
        self._log = log
        self._sleep = sleep
        self._looks = int(seconds / LOOK_SECONDS)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, cluster_id: str, kind: object, *, grown: bool = False) -> None:
        """Start checking a new or grown cluster, if its backend is shared with other users."""
        if self._limits and isinstance(kind, Recounts):
            task = asyncio.ensure_future(self._resolve(cluster_id, kind, grown=grown))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Cancel all checks."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _resolve(self, cluster_id: str, kind: Recounts, *, grown: bool) -> None:
        waited: float | None = None
        for _ in range(self._looks):
            await self._sleep(LOOK_SECONDS)
            if waited is None and not _is_made(cluster_id, kind):
                continue
            waited = 0.0 if waited is None else waited + LOOK_SECONDS
            if 0.0 < waited < LAST_SECONDS:
                continue
            try:
                if await self._poll(cluster_id, kind, grown=grown) or waited:
                    return
            except HrlabError as error:
                self._log.info(
                    "hrlab: cannot check %s for conflicts; retrying: %s", cluster_id, error
                )

    async def _poll(self, cluster_id: str, kind: Recounts, *, grown: bool) -> bool:
        """Check once; withdraw the cluster or its growth if it lost. Return whether it did."""
        claims = await kind.recount()
        reason = lost_race(cluster_id, claims, self._limits, grown=grown)
        if reason and grown:
            (before,) = (one.grown_from for one in claims if one.id == cluster_id)
            await kind.shrink(cluster_id, before or 0, reason)
        elif reason:
            await kind.withdraw(cluster_id, reason)
        return bool(reason)


def _is_made(cluster_id: str, kind: Recounts) -> bool:
    return any(one.id == cluster_id and one.uid for one in kind.claims())
