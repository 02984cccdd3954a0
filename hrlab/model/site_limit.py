"""What a site allows, as its configuration declares it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from hrlab.model.quota import ClusterUsage, Scope

#: Resources that a site may limit, by the key that says so.
RESOURCES = {
    "workers": "workers",
    "cores": "cores",
    "memory_bytes": "memory",
    "clusters": "clusters",
    "hours": "hours",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLimit:
    """One declared limit; all that are for a user hold at the same time.

    Attributes
    ----------
    users, groups
        Whom it is for; None: everybody.
    profiles
        Whose clusters count; None: those of all profiles.
    together
        Whether all of these users share it; otherwise each of them may use so much.
    hours
        Core-hours within the last `days`.
    """

    name: str
    label: str = ""
    users: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    profiles: tuple[str, ...] | None = None
    together: bool = False
    workers: int | None = None
    cores: float | None = None
    memory_bytes: int | None = None
    clusters: int | None = None
    hours: float | None = None
    days: int = 30

    @property
    def scope(self) -> Scope:
        """Whose use counts."""
        if not self.together:
            return "user"
        return "site" if self.groups is None and self.users is None else "group"

    @property
    def amounts(self) -> dict[str, float]:
        """The limits that it sets, by resource."""
        given = {resource: getattr(self, key) for key, resource in RESOURCES.items()}
        return {resource: amount for resource, amount in given.items() if amount is not None}

    def is_for(self, user: str, groups: Collection[str]) -> bool:
        """Whether it is for this user."""
        named = self.users is not None and user in self.users
        member = self.groups is not None and not set(self.groups).isdisjoint(groups)
        return named or member or (self.users is None and self.groups is None)


def mark(limit: str) -> str:
    """What stands for a common limit in the annotations of clusters that count for it: its name need not be shown."""
    return hashlib.sha256(limit.encode()).hexdigest()[:12]


def counts(claim: ClusterUsage, limit: SiteLimit) -> bool:
    """Whether what a cluster holds counts for a limit."""
    if limit.profiles is not None and claim.profile not in limit.profiles:
        return False
    if limit.scope == "user":
        return claim.mine
    return limit.scope == "site" or claim.mine or mark(limit.name) in claim.groups
