"""Time during which something goes on in this process, as told by whoever begins and ends it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from hrlab.model.intervals import Intervals, coarsen
from hrlab.timing.clock import monotonic

MAX_INTERVALS = 500


class IntervalRecorder:
    """Time during which at least one of something was going on; safe to use from several threads.

    In bounded memory: when there are too many stretches, the smallest gaps are closed, and summed in `closed`
    (nanoseconds). Or else the shortest stretches are forgotten, where they say little.

    Parameters
    ----------
    forgetful
        Forget short stretches rather than close gaps.
    """

    def __init__(self, *, forgetful: bool = False) -> None:
        self.closed = 0
        self._forgetful = forgetful
        self._lock = threading.Lock()
        self._running = 0
        self._since = 0
        self._ended: Intervals = []

    def start(self, since: int | None = None) -> Callable[[], None]:
        """One more goes on, from now or from `since`; call what is returned once, when it ends."""
        with self._lock:
            if self._running == 0:
                before = self._ended[-1][1] if self._ended else 0
                self._since = monotonic() if since is None else max(since, before)
            self._running += 1
        return self._end

    def _end(self) -> None:
        with self._lock:
            self._running -= 1
            if self._running == 0:
                self._ended.append((self._since, monotonic()))
                if len(self._ended) > 2 * MAX_INTERVALS:
                    self._trim()

    def _trim(self) -> None:
        if self._forgetful:
            longest = sorted(self._ended, key=lambda one: one[0] - one[1])[:MAX_INTERVALS]
            self._ended = sorted(longest)
        else:
            self._ended, closed = coarsen(self._ended, MAX_INTERVALS)
            self.closed += closed

    def until(self, now: int) -> Intervals:
        """The stretches so far; one that goes on ends `now`."""
        with self._lock:
            return [*self._ended, (self._since, now)] if self._running else list(self._ended)

    @property
    def any(self) -> bool:
        """Whether there was any."""
        return bool(self._ended) or self._running > 0
