"""How long starts of clusters usually take, from those that were seen here before."""

from __future__ import annotations

import contextlib
import json
import math
import threading
from pathlib import Path
from statistics import median

from hrlab.shared.files import replace_file

#: Starts that are remembered for each profile: enough for a median that follows changes of the site.
KEPT = 20
MAX_PROFILES = 100


class StartTimes:
    """Times of starts by profile, kept in a small JSON file; without the file, for as long as the server lives.

    Parameters
    ----------
    path
        The file; None keeps nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seconds: dict[str, list[float]] = {}

    def load(self) -> None:
        """Read what was kept; nothing, if the file is not there or not of this form."""
        if self._path is None:
            return
        with contextlib.suppress(OSError, ValueError):
            value = json.loads(self._path.read_text(encoding="utf-8"))
            with self._lock:
                self._seconds = _sound(value) | self._seconds

    def usual_seconds(self, profile: str | None) -> float | None:
        """Median of the starts of `profile`; None if there were none."""
        with self._lock:
            found = self._seconds.get(profile or "")
            return median(found) if found else None

    def add(self, profile: str, seconds: float) -> None:
        """Remember a start, and keep it; a full disk or a read-only home loses it."""
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
