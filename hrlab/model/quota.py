"""Quotas: limits, their sources, usage, and what is left for a cluster."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeGuard

from hrlab.model.units import format_bytes, format_count
from hrlab.model.wire import OMIT_NONE

Scope: TypeAlias = Literal["user", "group", "namespace", "site"]
#: A number in the quota's unit, or ``unknown`` or ``unlimited``.
Amount: TypeAlias = int | float | str

UNKNOWN, UNLIMITED = "unknown", "unlimited"

#: Units by resource.
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
#: From this share on, a quota is near its limit.
NEAR = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A consumer of a quota: a cluster by name, or something else."""

    name: str
    used: int | float
    mine: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A limit.

    Attributes
    ----------
    resource
        Limited resource: ``workers``, ``cores``, ``memory``, ``clusters``, ``hours``, ``storage``, ``pods``, ``jobs``.
    scope
        Whose usage counts: the user's, the group's, everybody's in the namespace, or everybody's at the site.
    limit, used, available
        Exact numbers in `unit`, ``unknown`` or ``unlimited``.
    unit
        ``cores``, ``bytes``, ``workers``, ``clusters``, ``pods``, ``jobs`` or ``core-hours``.
    source
        Origin: ``site``, ``kubernetes``, ``server``, ``storage``, ``batch`` or ``gateway``.
    as_of_at
        Time of the values, in seconds since 1970 (UTC).
    label
        Displayed name: the site's name of the limit, a path, a node.
    profile
        The only profile whose clusters it applies to.
    profiles
        Profiles whose clusters it applies to; None: all.
    enforced
        Whether hrlab rejects requests that exceed it; others only cause warnings.
    holders
        Largest consumers, in descending order.
    note
        Additional information in a sentence: near the limit, changed outside hrlab.
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
    """Status of a source at its last query; `as_of_at` is None if it has not responded yet."""

    source: str
    as_of_at: float | None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaReport:
    """All known limits."""

    quotas: tuple[Quota, ...] = ()
    sources: tuple[SourceState, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRequest:
    """Maximum resources of a requested cluster: workers and other components (a scheduler's pod)."""

    workers: int
    cores_each: float = 0
    memory_each: int = 0
    cores_beside: float = 0
    memory_beside: int = 0
    pods_beside: int = 0
    clusters: int = 1

    def of(self, resource: str) -> float:
        """Return the amount of a resource; 0 if the cluster does not use it."""
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
        """Return how many workers fit into `available`; None if workers do not use the resource."""
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
        # Rounding errors in sums of fractional cores must not cost a worker.
        return max(0, math.floor((available - beside.get(resource, 0.0)) / size + 1e-9))


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterUsage:
    """Maximum resources held by an existing cluster.

    Attributes
    ----------
    workers, cores, memory_bytes
        Including all workers requested or reachable by adaptive scaling.
    groups
        Marks of the groups whose shared limits it counts towards.
    created_at, uid
        Order of clusters requested at the same time.
    granted
        Workers granted by hrlab; None if it was not created by hrlab.
    grown_at, grown_from
        When it was last enlarged, by the clock of the client, and its previous number of workers; None: never.
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
        """Return the amount of a resource that it holds."""
        amounts: dict[str, float] = {
            "workers": self.workers,
            "cores": self.cores,
            "memory": self.memory_bytes,
            "clusters": 1,
        }
        return amounts.get(resource, 0)


@dataclass(frozen=True, slots=True)
class UsageSnapshot:
    """Resources held by clusters; `unseen` says why those of a profile are currently unknown."""

    claims: Sequence[ClusterUsage]
    unseen: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """Remaining resources for a profile's next cluster.

    Each is a number, ``unknown`` or ``unlimited``; `hours` are core-hours.
    """

    workers: Amount
    cores: Amount
    memory_bytes: Amount
    clusters: Amount
    hours: Amount = UNLIMITED


def is_number(amount: Amount) -> TypeGuard[int | float]:
    """Whether it is a number rather than ``unknown`` or ``unlimited``."""
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
    """Return a quota with valid numbers: invalid ones (negative, not a number) become ``unknown``."""
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
    """Return `amount`, or ``unknown`` if it is not a valid limit or usage."""
    if isinstance(amount, str):
        return amount if amount == UNLIMITED else UNKNOWN
    if isinstance(amount, bool) or not math.isfinite(amount) or amount < 0:
        return UNKNOWN
    return int(amount) if float(amount).is_integer() else amount


def available_of(limit: Amount, used: Amount) -> Amount:
    """Return what is left; 0 if more is used than allowed, which is possible outside hrlab."""
    if not is_number(limit):
        return limit
    return max(0, limit - used) if is_number(used) else UNKNOWN


def _near(limit: Amount, used: Amount) -> str:
    if not is_number(limit) or not is_number(used) or used < NEAR * limit or not used:
        return ""
    if used > limit:
        return "The limit is exceeded."
    return "Fully used." if used == limit else f"{math.floor(100 * used / limit)} % is used."


def applies(one: Quota, profile: str | None) -> bool:
    """Whether clusters of `profile` count towards it; without a profile, only general quotas apply."""
    return one.profiles is None or profile in one.profiles


def left(quotas: Iterable[Quota], profile: str) -> Remaining:
    """Return the tightest limits that hrlab enforces for `profile`; ``unknown`` if they cannot be determined."""
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
    """Return the smallest number; without numbers, ``unknown`` if any is, else ``unlimited``."""
    known = list(amounts)
    numbers = [one for one in known if is_number(one)]
    if numbers:
        return min(numbers)
    return UNKNOWN if UNKNOWN in known else UNLIMITED


def shown(amount: Amount, unit: str) -> str:
    """Return a displayed amount: ``128 cores``, ``20 GiB``, ``1 cluster``, ``unknown``."""
    if not is_number(amount):
        return str(amount)
    if unit == "bytes":
        return format_bytes(amount)
    number = format_count(amount) if float(amount).is_integer() else f"{amount:.4g}"
    noun = unit.removesuffix("s") if amount == 1 else unit
    return f"{number} {noun}"
