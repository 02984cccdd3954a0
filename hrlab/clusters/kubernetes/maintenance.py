"""Maintenance of running clusters: ready and idle times, adaptive bounds, and reasons of missing pods."""

from __future__ import annotations

import time
from collections.abc import Mapping

from hrlab.clusters.kubernetes.background_tasks import BackgroundTasks
from hrlab.clusters.kubernetes.conditions import is_ending, pods_of
from hrlab.clusters.kubernetes.manifest import IDLE_SINCE, READY_AT
from hrlab.clusters.kubernetes.operations import Operations, bounds_noted
from hrlab.clusters.kubernetes.status import ClusterObjects, workers_of

#: A pod that is not there after so long is tried, to hear why.
MISSING_SECONDS = 3.0
TRIAL_SECONDS = 10.0


class Maintenance:
    """Maintains the user's own clusters that hrlab created."""

    def __init__(self, changes: Operations, errands: BackgroundTasks) -> None:
        self._changes = changes
        self._errands = errands
        self._busy: dict[str, bool] = {}
        self._missing: dict[tuple[str, str], float] = {}
        self._refusals: dict[str, dict[str, str]] = {}

    def refusals(self, cluster_id: str) -> dict[str, str]:
        """Return by component why its pods cannot be created."""
        return self._refusals.get(cluster_id, {})

    def discard(self, known: Mapping[str, object]) -> None:
        """Forget clusters that are not among `known`."""
        for cluster_id in [one for one in self._busy if one not in known]:
            del self._busy[cluster_id]
        for cluster_id in [one for one in self._refusals if one not in known]:
            del self._refusals[cluster_id]
        for key in [key for key in self._missing if key[0] not in known]:
            del self._missing[key]

    def poll(self, cluster_id: str, facts: ClusterObjects, idle_seconds: float | None) -> None:
        """Do what is due; `idle_seconds` is the profile's idle timeout."""
        if is_ending(facts.resource):
            return
        for component, wanted in (("scheduler", 1), ("worker", workers_of(facts).asked)):
            self._look_for_pods(cluster_id, facts, component, wanted)
        phase = (facts.resource.get("status") or {}).get("phase")
        bounds = bounds_noted(facts)
        if phase and bounds and facts.autoscaler is None:
            self._errands.run(f"{cluster_id} adapt", lambda: self._changes.adapt(facts, *bounds))
        if facts.answers:
            self._record(cluster_id, facts, idle_seconds)

    def _record(self, cluster_id: str, facts: ClusterObjects, idle_seconds: float | None) -> None:
        now = repr(round(time.time(), 3))
        if facts.time(READY_AT) is None:
            self._errands.run(
                f"{cluster_id} ready", lambda: self._changes.annotate(facts, {READY_AT: now})
            )
            return
        is_busy = bool(facts.health and facts.health.tasks)
        was_busy = self._busy.get(cluster_id, False)
        self._busy[cluster_id] = is_busy
        limit = facts.resource["spec"].get("idleTimeout")
        if was_busy and not is_busy and limit:
            self._errands.run(
                f"{cluster_id} idle",
                lambda: self._changes.annotate(facts, {IDLE_SINCE: now}),
                again=0,
            )
        if is_busy and limit and idle_seconds and int(limit) != int(idle_seconds):
            # It was extended: work begins the idle time anew by itself.
            self._errands.run(
                f"{cluster_id} limit", lambda: self._changes.idle_timeout(facts, idle_seconds)
            )

    def _look_for_pods(
        self, cluster_id: str, facts: ClusterObjects, component: str, wanted: int
    ) -> None:
        """Dry-run a pod of an incomplete component, to learn why it is missing."""
        expected = component == "scheduler" or facts.answers
        phase = (facts.resource.get("status") or {}).get("phase")
        if not phase or not expected or len(pods_of(facts.pods, component)) >= wanted:
            self._missing.pop((cluster_id, component), None)
            self._refusals.get(cluster_id, {}).pop(component, None)
            return
        now = time.monotonic()
        if now - self._missing.setdefault((cluster_id, component), now) < MISSING_SECONDS:
            return

        async def trial() -> None:
            refusal = await self._changes.dry_run_pod(facts, component)
            self._refusals.setdefault(cluster_id, {})[component] = refusal

        self._errands.run(f"{cluster_id} trial of a {component}", trial, again=TRIAL_SECONDS)
