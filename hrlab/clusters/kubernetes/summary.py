"""Summaries: clusters as shown in the panel, with their owner and the time of their state."""

from __future__ import annotations

import statistics
from collections.abc import Collection, Mapping
from dataclasses import replace

from hrlab.clusters.kubernetes.manifest import NAME, PROFILE, READY_AT, profile_label
from hrlab.clusters.kubernetes.ownership import CLAIM, Ownership
from hrlab.clusters.kubernetes.status import (
    ClusterObjects,
    idle_stop_at,
    state_of,
    steps_of,
    worker_memory_bytes,
    workers_of,
)
from hrlab.model.cluster import Cluster, State
from hrlab.model.profile import Profile


class Summaries:
    """What is remembered of clusters beside their facts, for one user."""

    def __init__(self, owner: str, profiles: Mapping[str, Profile], ownership: Ownership) -> None:
        self._owner = owner
        self._ownership = ownership
        self._by_label = {profile_label(profile): profile for profile in profiles.values()}
        self._since: dict[str, tuple[State, float]] = {}
        self._took: dict[str, dict[str, float]] = {}

    def is_mine(self, facts: ClusterObjects) -> bool:
        """Return whether the user created it."""
        return self._ownership.is_mine(facts.resource)

    def profile(self, facts: ClusterObjects) -> Profile | None:
        """Return the profile it was created from, if it still exists."""
        return self._by_label.get(facts.labels.get(PROFILE, ""))

    def discard(self, known: Collection[str]) -> None:
        """Drop what is remembered of states of clusters that are not among `known`."""
        for cluster_id in [one for one in self._since if one not in known]:
            del self._since[cluster_id]

    def view(self, cluster_id: str, facts: ClusterObjects, now: float) -> Cluster:
        """Return the summary of an existing cluster."""
        state, reason = state_of(facts, now)
        if self._ownership.is_claimed(facts.resource):
            reason = f"{CLAIM} {reason}".rstrip()
        mine, profile = self.is_mine(facts), self.profile(facts)
        label = profile.name if profile else facts.labels.get(PROFILE)
        place, workers = facts.place, workers_of(facts)
        health = facts.health if facts.answers else None
        has_dashboard = place and (facts.answers or facts.time(READY_AT) is not None)
        if label and (ready_at := facts.time(READY_AT)):
            self._took.setdefault(label, {})[cluster_id] = ready_at - facts.created_at
        return self.aged(
            Cluster(
                id=cluster_id,
                name=facts.annotations.get(NAME, facts.resource["metadata"]["name"]),
                kind="kubernetes",
                profile=label,
                owner=self._owner if mine else None,
                created_by="hrlab" if facts.by_hrlab else "other",
                mine=mine,
                state=state,
                reason=reason,
                since_at=now,
                steps=steps_of(facts, now),
                workers=workers,
                cores=(health.cores or 0) if health else 0,
                memory_bytes=worker_memory_bytes(facts) * workers.ready,
                tasks=health.tasks if health else None,
                versions=dict(health.versions) if health else {},
                scheduler_address=place.address if place else None,
                dashboard_path=f"hrlab/dashboard/{cluster_id}" if has_dashboard else None,
                created_at=facts.created_at,
                idle_stop_at=idle_stop_at(facts),
                usual_start_seconds=self._usual(label),
                site=profile.site if profile else None,
            ),
            now,
        )

    def aged(self, view: Cluster, now: float) -> Cluster:
        """With the time since when it is in its state."""
        state, since = self._since.get(view.id, (None, 0.0))
        if state != view.state:
            since = view.created_at if state is None and view.state == "starting" else now
            self._since[view.id] = (view.state, since)
        return replace(view, since_at=since)

    def _usual(self, profile: str | None) -> float | None:
        took = self._took.get(profile or "")
        return round(statistics.median(took.values()), 1) if took else None
