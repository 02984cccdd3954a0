"""Keeps asking schedulers how they are, each in a task of its own, so that a slow one holds nobody up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from hrlab.clusters.kubernetes.scheduler_health import Health, Place, ask


@dataclass(slots=True)
class _Probe:
    """What is known of one scheduler; times are of the monotonic clock."""

    place: Place
    health: Health | None = None
    asked_at: float = float("-inf")
    silent_since: float | None = None
    task: asyncio.Task[None] | None = None


class Probes:
    """The last answers of schedulers, by cluster."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._probes: dict[str, _Probe] = {}

    def look(self, cluster_id: str, place: Place, every_seconds: float) -> None:
        """Ask, unless it was asked less than `every_seconds` ago or is being asked."""
        probe = self._probes.get(cluster_id)
        if probe is None or probe.place != place:
            self.forget([cluster_id])
            probe = self._probes[cluster_id] = _Probe(place)
        now = time.monotonic()
        if probe.task is None and now - probe.asked_at >= every_seconds:
            probe.asked_at = now
            probe.task = asyncio.create_task(self._ask(probe))

    def health(self, cluster_id: str) -> Health | None:
        """The last answer; None before there is one."""
        probe = self._probes.get(cluster_id)
        return probe.health if probe else None

    def silent_seconds(self, cluster_id: str) -> float:
        """For how long it has not answered."""
        probe = self._probes.get(cluster_id)
        if probe is None or probe.silent_since is None:
            return 0.0
        return time.monotonic() - probe.silent_since

    def forget(self, cluster_ids: Collection[str]) -> None:
        """Ask these no more."""
        for cluster_id in cluster_ids:
            probe = self._probes.pop(cluster_id, None)
            if probe and probe.task:
                probe.task.cancel()

    def known(self) -> list[str]:
        """Clusters that are asked."""
        return list(self._probes)

    async def _ask(self, probe: _Probe) -> None:
        try:
            health = await ask(probe.place, probe.health)
        finally:
            probe.task = None  # else it would never be asked again
        before, probe.health = probe.health, health
        if not health.problem:
            probe.silent_since = None
        elif probe.silent_since is None:
            probe.silent_since = time.monotonic()
        if health != before:
            self._changed()
