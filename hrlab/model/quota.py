"""Quotas: limits, who sets them, how much of them is used, and what is left for a cluster."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeGuard

from hrlab.model.units import format_bytes, format_count
from hrlab.model.wire import OMIT_NONE

Scope: TypeAlias = Literal["user", "group", "namespace", "site"]
#: A number in the quota's unit, or one of the two words.
Amount: TypeAlias = int | float | str

UNKNOWN, UNLIMITED = "unknown", "unlimited"

#: Units of the numbers, by resource.
UNITS = {
    "workers": "workers",
    "cores": "cores",
    "memory": "bytes",
    "clusters": "clusters",
    "pods": "pods",
    "jobs": "jobs",
    "hours": "core-hours",
    "storage": "bytes",
}
#: A quota is near its limit from this share on.
NEAR = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds how much of a quota: a cluster by its name, or something else that uses it."""

    name: str
    used: int | float
    mine: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A limit.

    Attributes
    ----------
    resource
        What is limited: ``workers``, ``cores``, ``memory``, ``clusters``, ``hours``, ``storage``, ``pods``, ``jobs``.
    scope
        Whose use counts: the user's alone, the group's, everybody's in the namespace, or everybody's at the site.
    limit, used, available
        Exact numbers in `unit`, ``unknown`` (nobody could tell) or ``unlimited`` (there is no limit).
    unit
        ``cores``, ``bytes``, ``workers``, ``clusters``, ``pods``, ``jobs`` or ``core-hours``.
    source
        Who says so: ``site``, ``kubernetes``, ``server``, ``storage``, ``batch`` or ``gateway``.
    as_of_at
        When it was found, UTC epoch seconds.
    label
        What it is called, for people: the site's name of the limit, a path, a node.
    profile
        The one profile whose clusters it is for.
    profiles
        The profiles whose clusters it is for; None: all.
    enforced
        Whether hrlab refuses what exceeds it; others are shown and warned of.
    holders
        Who holds most of it, largest first.
    note
        What else should be known, in a sentence: near the limit, changed outside hrlab.
    error
        Why numbers are unknown.
    """

    resource: str
    scope: Scope
    limit: Amount
    used: Amount
    available: Amount
    unit: str
    source: str
    as_of_at: float
    label: str = ""
    profile: str | None = field(default=None, metadata=OMIT_NONE)
    profiles: tuple[str, ...] | None = field(default=None, metadata=OMIT_NONE)
    enforced: bool = False
    holders: tuple[Holder, ...] = ()
    note: str = ""
    error: str | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """How a source was when it was last asked; `as_of_at` is None if it has not answered yet."""

    source: str
    as_of_at: float | None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaReport:
    """Everything that is known of limits."""

    quotas: tuple[Quota, ...] = ()
    sources: tuple[SourceState, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRequest:
    """What a cluster would take at most, workers and what is beside them (a scheduler's pod)."""

    workers: int
    cores_each: float = 0
    memory_each: int = 0
    cores_beside: float = 0
    memory_beside: int = 0
    pods_beside: int = 0
    clusters: int = 1

    def of(self, resource: str) -> float:
        """How much of a resource; 0 of what a cluster does not take."""
        amounts: dict[str, float] = {
            "workers": self.workers,
            "cores": self.workers * self.cores_each + self.cores_beside,
            "memory": self.workers * self.memory_each + self.memory_beside,
            "clusters": self.clusters,
            "pods": self.workers + self.pods_beside,
            "jobs": self.workers,
        }
        return amounts.get(resource, 0)

    def fit(self, resource: str, available: float) -> int | None:
        """Most workers of this kind that `available` has room for; None if workers take nothing of it."""
        each = {"workers": 1.0, "cores": self.cores_each, "memory": float(self.memory_each)}
        each |= {"pods": 1.0, "jobs": 1.0}
        beside = {
            "cores": self.cores_beside,
            "memory": float(self.memory_beside),
            "pods": float(self.pods_beside),
        }
        size = each.get(resource, 0.0)
        if size <= 0:
            return None
        # A sum of tenths of a core must not lose a worker to rounding.
        return max(0, math.floor((available - beside.get(resource, 0.0)) / size + 1e-9))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterUsage:
    """What a cluster that exists holds, at most.

    Attributes
    ----------
    workers, cores, memory_bytes
        With all the workers that it was asked to have, or may come to have by adapting.
    groups
        Marks of the groups for whose common limits it counts.
    created_at, uid
        By which two that are asked for at once are put in order.
    granted
        Workers that hrlab let it have; None if hrlab has no part in it.
    grown_at, grown_from
        When it was last made larger, by the clock of whoever did that, and how many workers it had before; None: never.
    """

    id: str
    name: str
    mine: bool
    profile: str | None
    workers: int
    cores: float
    memory_bytes: int
    groups: tuple[str, ...] = ()
    created_at: float = 0.0
    uid: str = ""
    granted: int | None = None
    grown_at: float = 0.0
    grown_from: int | None = None

    def of(self, resource: str) -> float:
        """How much of a resource it holds."""
        amounts: dict[str, float] = {
            "workers": self.workers,
            "cores": self.cores,
            "memory": self.memory_bytes,
            "clusters": 1,
        }
        return amounts.get(resource, 0)


@dataclass(frozen=True, slots=True)
class UsageSnapshot:
    """What clusters hold; `unseen` says why those of a profile can't be seen now."""

    claims: Sequence[ClusterUsage]
    unseen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """What a profile's next cluster may take: each a number, ``unknown`` or ``unlimited``; `hours` are core-hours."""

    workers: Amount
    cores: Amount
    memory_bytes: Amount
    clusters: Amount
    hours: Amount = UNLIMITED


def is_number(amount: Amount) -> TypeGuard[int | float]:
    """Whether it is one, and neither of the words."""
    return not isinstance(amount, str)


def quota(
    resource: str,
    scope: Scope,
    source: str,
    as_of_at: float,
    *,
    limit: Amount,
    used: Amount = UNKNOWN,
    label: str = "",
    profiles: Iterable[str] | None = None,
    enforced: bool = False,
    holders: Iterable[Holder] = (),
    note: str = "",
    error: str | None = None,
) -> Quota:
    """A quota whose numbers make sense: what a source can't mean (negative, no number) becomes ``unknown``."""
    limit, used = sensible(limit), sensible(used)
    names = None if profiles is None else tuple(profiles)
    held = sorted(holders, key=lambda one: (-one.used, one.name))
    return Quota(
        resource=resource,
        scope=scope,
        limit=limit,
        used=used,
        available=available_of(limit, used),
        unit=UNITS.get(resource, resource),
        source=source,
        as_of_at=as_of_at,
        label=label,
        profile=names[0] if names is not None and len(names) == 1 else None,
        profiles=names,
        enforced=enforced,
        holders=tuple(one for one in held if one.used > 0)[:20],
        note=note or _near(limit, used),
        error=error,
    )


def sensible(amount: Amount) -> Amount:
    """`amount`, or ``unknown`` if no limit and no use can be that."""
    if isinstance(amount, str):
        return amount if amount == UNLIMITED else UNKNOWN
    if isinstance(amount, bool) or not math.isfinite(amount) or amount < 0:
        return UNKNOWN
    return int(amount) if float(amount).is_integer() else amount


def available_of(limit: Amount, used: Amount) -> Amount:
    """What is left; nothing if more is used than allowed, as happens where others than hrlab give."""
    if not is_number(limit):
        return limit
    return max(0, limit - used) if is_number(used) else UNKNOWN


def _near(limit: Amount, used: Amount) -> str:
    if not is_number(limit) or not is_number(used) or used < NEAR * limit or not used:
        return ""
    if used > limit:
        return "More is used than allowed."
    return "All of it is used." if used == limit else f"{math.floor(100 * used / limit)} % is used."


def applies(one: Quota, profile: str | None) -> bool:
    """Whether clusters of `profile` take from it; a cluster without one takes from what is for all."""
    return one.profiles is None or profile in one.profiles


def left(quotas: Iterable[Quota], profile: str) -> Remaining:
    """The tightest of what hrlab enforces for `profile`; ``unknown`` if the tightest can't be told."""
    binding = [one for one in quotas if one.enforced and applies(one, profile)]
    found = {
        name: least(one.available for one in binding if one.resource == name)
        for name in ("workers", "cores", "memory", "clusters", "hours")
    }
    return Remaining(
        workers=found["workers"],
        cores=found["cores"],
        memory_bytes=found["memory"],
        clusters=found["clusters"],
        hours=found["hours"],
    )


def least(amounts: Iterable[Amount]) -> Amount:
    """The smallest number; without one ``unknown`` if any is, else ``unlimited``."""
    known = list(amounts)
    numbers = [one for one in known if is_number(one)]
    if numbers:
        return min(numbers)
    return UNKNOWN if UNKNOWN in known else UNLIMITED


def shown(amount: Amount, unit: str) -> str:
    """An amount as people say it: ``128 cores``, ``20 GiB``, ``1 cluster``, ``unknown``."""
    if not is_number(amount):
        return str(amount)
    if unit == "bytes":
        return format_bytes(amount)
    number = format_count(amount) if float(amount).is_integer() else f"{amount:.4g}"
    noun = unit.removesuffix("s") if amount == 1 else unit
    return f"{number} {noun}"
