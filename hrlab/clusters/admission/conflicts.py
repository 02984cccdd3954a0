"""Two users at once: create or grow, read again, and the later one withdraws.

No server sees what another is about to make. So each makes its cluster, asks anew for all that there are, and puts those
that are new in order of creation time and uid. Times of creation have a resolution of a second: the last look comes after
that second has passed, when nobody can any more come before.

What a cluster grows by is as if it were another cluster, asked for when it grew; that time is by the clock of the server
that scaled it.
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

#: A cluster older than this has settled: it stays, whatever comes.
NEW_SECONDS = 30.0
#: Between two looks, and so long after its creation the last one.
LOOK_SECONDS, LAST_SECONDS = 0.5, 2.5


@dataclass(frozen=True, slots=True)
class _Part:
    """A cluster as it was made, or what it has grown by.

    Attributes
    ----------
    share
        Of what the cluster holds.
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
    """Why a new cluster has to withdraw, or what it has grown by; empty if there is room after all that came before it.

    Every server decides alike, because all go by what the API says of the clusters.
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
    """Those that came before, without the ones that withdraw themselves; always the rest of what has grown."""
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
    said = f"Back to {back}" if mine.is_growth else "Withdrawn"
    did = "grew" if last is not None and last.is_growth else "was asked for"
    this = "What was added" if mine.is_growth else "This one"
    return (
        f"{said}: {first}{whose} {did} a moment earlier. {this} takes "
        f"{shown(round(mine.of(resource), 3), unit)}; {shown(max(0, left), unit)} {is_are} left of {shown(most, unit)} "
        f"({limit.label or limit.name}). Ask for less, or again when others have closed theirs."
    )


class ConflictResolver:
    """Looks again at clusters that were just made, or made larger.

    Parameters
    ----------
    limits
        Those of the site that are for this user.
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
        """Look after a cluster that is new or has grown, if its kind can be shared with others."""
        if self._limits and isinstance(kind, Recounts):
            task = asyncio.ensure_future(self._resolve(cluster_id, kind, grown=grown))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Look after none any more."""
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
                self._log.info("hrlab: %s can't be looked at again: %s", cluster_id, error)

    async def _poll(self, cluster_id: str, kind: Recounts, *, grown: bool) -> bool:
        """Whether it came too late; then it is taken back."""
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
