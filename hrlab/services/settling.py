"""Two users at once: create, read again, and the later one withdraws.

No server sees what another is about to make. So each makes its cluster, asks anew for all that there are, and puts those
that are new in order of creation time and uid. Times of creation have a resolution of a second: the last look comes after
that second has passed, when nobody can any more come before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from logging import Logger

from hrlab.clusters.kind import Recounts
from hrlab.model.errors import HrlabError
from hrlab.model.quota import UNITS, Claim, shown
from hrlab.model.site_limit import SiteLimit, counts

#: A cluster older than this has settled: it stays, whatever comes.
NEW_SECONDS = 30.0
#: Between two looks, and so long after its creation the last one.
LOOK_SECONDS, LAST_SECONDS = 0.5, 2.5


def too_late(cluster_id: str, claims: Sequence[Claim], limits: Sequence[SiteLimit]) -> str:
    """Why a new cluster has to withdraw; empty if there is room for it after all that came before it.

    Every server decides alike, because all go by what the API says of the clusters.
    """
    mine = next((one for one in claims if one.id == cluster_id), None)
    if mine is None:
        return ""
    for limit in limits:
        held = [one for one in claims if counts(one, limit)]
        for resource, most in limit.amounts.items():
            if resource != "hours" and mine in held:
                before = _kept_before(mine, held, resource, most)
                used = sum(one.of(resource) for one in before)
                if used + mine.of(resource) > most * (1 + 1e-9):
                    return _reason(mine, before, limit, resource, most - used)
    return ""


def _kept_before(mine: Claim, held: Sequence[Claim], resource: str, most: float) -> list[Claim]:
    """Those that came before, without the ones that withdraw themselves."""
    settled = [one for one in held if one.created_at < mine.created_at - NEW_SECONDS]
    new = sorted(
        (one for one in held if one not in settled and _place(one) < _place(mine)), key=_place
    )
    kept, used = settled, sum(one.of(resource) for one in settled)
    for one in new:
        if used + one.of(resource) <= most * (1 + 1e-9):
            kept.append(one)
            used += one.of(resource)
    return kept


def _place(claim: Claim) -> tuple[float, str]:
    return claim.created_at, claim.uid


def _reason(
    mine: Claim, before: Sequence[Claim], limit: SiteLimit, resource: str, left: float
) -> str:
    last = max(before, key=_place, default=None)
    first = "another cluster" if last is None else last.name
    whose = "" if last is None or last.mine else " of another user"
    unit, most = UNITS[resource], limit.amounts[resource]
    is_are = "is" if left == 1 or unit == "bytes" else "are"
    return (
        f"Withdrawn: {first}{whose} was asked for a moment earlier. This one takes "
        f"{shown(mine.of(resource), unit)}; {shown(max(0, left), unit)} {is_are} left of {shown(most, unit)} "
        f"({limit.label or limit.name}). Ask for less, or again when others have closed theirs."
    )


class Settling:
    """Looks again at clusters that were just made.

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

    def begin(self, cluster_id: str, kind: object) -> None:
        """Look after a new cluster, if its kind can be shared with others."""
        if self._limits and isinstance(kind, Recounts):
            task = asyncio.ensure_future(self._settle(cluster_id, kind))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        """Look after none any more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _settle(self, cluster_id: str, kind: Recounts) -> None:
        waited: float | None = None
        for _ in range(self._looks):
            await self._sleep(LOOK_SECONDS)
            if waited is None and not _is_made(cluster_id, kind):
                continue
            waited = 0.0 if waited is None else waited + LOOK_SECONDS
            if 0.0 < waited < LAST_SECONDS:
                continue
            try:
                claims = await kind.recount()
            except HrlabError as error:
                self._log.info("hrlab: %s can't be looked at again: %s", cluster_id, error)
                continue
            if reason := too_late(cluster_id, claims, self._limits):
                await kind.withdraw(cluster_id, reason)
                return
            if waited:
                return


def _is_made(cluster_id: str, kind: Recounts) -> bool:
    return any(one.id == cluster_id and one.uid for one in kind.claims())
