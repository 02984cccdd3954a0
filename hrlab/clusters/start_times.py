"""Usual start times of clusters, from previous starts on this server."""

from __future__ import annotations

import contextlib
import json
import math
import threading
from pathlib import Path
from statistics import median

from hrlab.shared.files import replace_file

#: Starts kept per profile: few enough that the median follows changes at the site.
KEPT = 20
MAX_PROFILES = 100


class StartTimes:
    """Start times by profile, persisted in a small JSON file.

    Parameters
    ----------
    path
        The file; None keeps them in memory only.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seconds: dict[str, list[float]] = {}

    def load(self) -> None:
        """Read the file; ignore it if it is missing or invalid."""
        if self._path is None:
            return
        with contextlib.suppress(OSError, ValueError):
            value = json.loads(self._path.read_text(encoding="utf-8"))
            with self._lock:
                self._seconds = _sound(value) | self._seconds

    def usual_seconds(self, profile: str | None) -> float | None:
        """Return the median start time of `profile` in seconds; None if there is none yet."""
        with self._lock:
            found = self._seconds.get(profile or "")
            return median(found) if found else None

    def add(self, profile: str, seconds: float) -> None:
        """Record a start; a write error (full disk, read-only home) loses only the file."""
        with self._lock:
            found = [*self._seconds.pop(profile, ()), round(seconds, 3)]
            self._seconds[profile] = found[-KEPT:]
            kept = dict(list(self._seconds.items())[-MAX_PROFILES:])
            if self._path is not None:
                with contextlib.suppress(OSError):
                    self._path.parent.mkdir(parents=True, exist_ok=True)
                    replace_file(self._path, json.dumps(kept))


def _sound(value: object) -> dict[str, list[float]]:
    if not isinstance(value, dict):
        return {}
    return {
        str(profile): [float(s) for s in seconds if _is_time(s)][-KEPT:]
        for profile, seconds in value.items()
        if isinstance(seconds, list)
    }


def _is_time(value: object) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= 0  # type: ignore[arg-type, operator]
