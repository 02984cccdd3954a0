"""Core-hours used by the user's clusters, per day."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrlab.model.quota import ClusterUsage
from hrlab.shared.files import replace_file

DAY = 86_400
#: Number of days kept.
KEPT_DAYS = 400
#: Minimum time between writes of the file.
WRITE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class _Seen:
    at: float
    cores: float
    profile: str


class CoreHours:
    """Core-hours by day and profile: cores held by each cluster, integrated over time.

    Counted while the server runs. A cluster that outlives a server restart is charged for the gap with its cores
    after the restart; one that ended during the gap is not charged for it.

    Parameters
    ----------
    path
        JSON file of the counts; an unreadable one is replaced.
    clock
        UTC epoch seconds.
    keeps
        Whether to write the file; two writers would overwrite each other's counts.
    """

    def __init__(self, path: Path, clock: Callable[[], float], *, keeps: bool = True) -> None:
        self._path = path
        self._keeps = keeps
        self._clock = clock
        self._days: dict[str, dict[str, float]] = {}
        self._seen: dict[str, _Seen] = {}
        self._written_at = float("-inf")
        self._lock = threading.Lock()
        self._loaded = False

    def hours(self, profiles: Collection[str] | None, days: int) -> float:
        """Return core-hours of clusters of these profiles (None: all) over the last `days` days."""
        first = int(self._clock() // DAY) - days + 1
        seconds = sum(
            amount
            for day, amounts in self._days.items()
            if int(day) >= first
            for profile, amount in amounts.items()
            if profiles is None or profile in profiles
        )
        return round(seconds / 3600, 3)

    def record(self, claims: Iterable[ClusterUsage]) -> None:
        """Charge clusters up to now for what they held at the previous call. Does file I/O: call in a thread."""
        with self._lock:
            now = self._clock()
            mine = {claim.id: claim for claim in claims if claim.mine}
            if self._load():  # when clusters ended while no server ran is unknown
                self._seen = {one: seen for one, seen in self._seen.items() if one in mine}
            for cluster_id, seen in list(self._seen.items()):
                if cluster_id not in mine:
                    self._count(seen, now)
                    del self._seen[cluster_id]
            for cluster_id, claim in mine.items():
                if cluster_id in self._seen:
                    self._count(self._seen[cluster_id], now)
                self._seen[cluster_id] = _Seen(now, claim.cores, claim.profile or "")
            if self._keeps and now - self._written_at >= WRITE_SECONDS:
                self._written_at = now
                self._write()

    def _count(self, seen: _Seen, now: float) -> None:
        """Split the time since `seen` over days, and add it."""
        start = seen.at
        while start < now:
            day = int(start // DAY)
            stop = min(now, (day + 1) * DAY)
            amounts = self._days.setdefault(str(day), {})
            amounts[seen.profile] = amounts.get(seen.profile, 0.0) + seen.cores * (stop - start)
            start = stop

    def _load(self) -> bool:
        """Read the file on the first call; return whether this was it."""
        if self._loaded:
            return False
        self._loaded = True
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            self._days = {str(int(day)): _amounts(one) for day, one in kept["days"].items()}
            self._seen = {str(key): _Seen(*one) for key, one in kept["seen"].items()}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self._days, self._seen = {}, {}
        return True

    def _write(self) -> None:
        oldest = int(self._clock() // DAY) - KEPT_DAYS
        self._days = {day: one for day, one in self._days.items() if int(day) > oldest}
        seen = {key: [one.at, one.cores, one.profile] for key, one in self._seen.items()}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(self._path, json.dumps({"days": self._days, "seen": seen}))
        except OSError:
            return  # keep counting in memory: a full disk must not block clusters


def _amounts(value: Any) -> dict[str, float]:
    return {str(profile): float(amount) for profile, amount in value.items()}
