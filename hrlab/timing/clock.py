"""Clocks: the kernel's monotonic one, and what a scheduler's clock reads at the same moment.

Durations come from monotonic clocks, here in whole nanoseconds: `time.time()` may be stepped by NTP, on either side.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

monotonic: Callable[[], int] = time.perf_counter_ns
wall: Callable[[], float] = time.time

#: How much two monotonic clocks may drift apart: crystals are good to 100 ppm or better.
DRIFT = 2e-4


@dataclass(frozen=True, slots=True)
class Reading:
    """One comparison of clocks.

    Attributes
    ----------
    at
        Kernel's monotonic nanoseconds in the middle of the round trip.
    remote_seconds
        What the other process's monotonic clock read meanwhile.
    uncertainty_seconds
        Half the round trip.
    ahead_seconds
        The other process's epoch seconds minus the kernel's, for the record: no time is mapped with it.
    """

    at: int
    remote_seconds: float
    uncertainty_seconds: float
    ahead_seconds: float = 0.0

    @property
    def offset_seconds(self) -> float:
        """Other clock minus the kernel's monotonic clock."""
        return self.remote_seconds - self.at / 1e9


def best(readings: Iterable[Reading]) -> Reading | None:
    """The reading with the smallest round trip."""
    return min(readings, key=lambda reading: reading.uncertainty_seconds, default=None)


@dataclass(frozen=True)
class ClockMap:
    """Another process's monotonic clock on the kernel's, from a reading at the start of a run and one at its end.

    Where the better of the two holds for the whole run, though the clocks drift, it is taken alone; else the offset is
    taken to change evenly between the two.
    """

    start: Reading
    stop: Reading

    @property
    def uncertainty_seconds(self) -> float:
        """Bound of the error of :meth:`to_monotonic` during the run, in seconds."""
        return min(self._alone, self._between)

    @functools.cached_property
    def _alone(self) -> float:
        span = abs(self.stop.at - self.start.at) / 1e9
        return self._better.uncertainty_seconds + DRIFT * span

    @functools.cached_property
    def _between(self) -> float:
        return max(self.start.uncertainty_seconds, self.stop.uncertainty_seconds)

    @functools.cached_property
    def _better(self) -> Reading:
        return min(self.start, self.stop, key=lambda reading: reading.uncertainty_seconds)

    @functools.cached_property
    def _offset(self) -> float:
        return self._better.offset_seconds

    def to_monotonic(self, remote_seconds: float) -> int:
        """Kernel's monotonic nanoseconds at which the other clock read `remote_seconds`."""
        if self._alone <= self._between:
            return round((remote_seconds - self._offset) * 1e9)
        first, last = self.start.offset_seconds, self.stop.offset_seconds
        span = self.stop.remote_seconds - self.start.remote_seconds
        share = (remote_seconds - self.start.remote_seconds) / span if span > 0 else 0.0
        offset = first + (last - first) * min(1.0, max(0.0, share))
        return round((remote_seconds - offset) * 1e9)
