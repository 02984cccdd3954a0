"""Limits declared by a site's configuration."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from hrlab.model.quota import ClusterUsage, Scope

#: Limited resources, by configuration key.
RESOURCES = {
    "workers": "workers",
    "cores": "cores",
    "memory_bytes": "memory",
    "clusters": "clusters",
    "hours": "hours",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLimit:
    """One declared limit; all limits for a user apply at the same time.

    Attributes
    ----------
    users, groups
        Users it applies to; None: everybody.
    profiles
        Profiles whose clusters count; None: all.
    together
        Whether these users share the limit; otherwise it applies to each of them.
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
        """Whose usage counts."""
        if not self.together:
            return "user"
        return "site" if self.groups is None and self.users is None else "group"

    @property
    def amounts(self) -> dict[str, float]:
        """Return its limits by resource."""
        given = {resource: getattr(self, key) for key, resource in RESOURCES.items()}
        return {resource: amount for resource, amount in given.items() if amount is not None}

    def is_for(self, user: str, groups: Collection[str]) -> bool:
        """Whether it applies to this user."""
        named = self.users is not None and user in self.users
        member = self.groups is not None and not set(self.groups).isdisjoint(groups)
        return named or member or (self.users is None and self.groups is None)


def mark(limit: str) -> str:
    """Return the annotation of clusters that count towards a shared limit; hides the limit's name."""
    return hashlib.sha256(limit.encode()).hexdigest()[:12]


def counts(claim: ClusterUsage, limit: SiteLimit) -> bool:
    """Whether a cluster's usage counts towards a limit."""
    if limit.profiles is not None and claim.profile not in limit.profiles:
        return False
    if limit.scope == "user":
        return claim.mine
    return limit.scope == "site" or claim.mine or mark(limit.name) in claim.groups
