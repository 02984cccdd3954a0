"""The graphs of a run that left for one scheduler: their numbers, when they left, and what became of the last ones."""

from __future__ import annotations

import contextlib
import threading
import weakref
from array import array
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from hrlab.timing.dask.intervals import IntervalRecorder

#: How many of the last graphs are remembered by one of their futures.
RECENT = 64


class Outgoing:
    """Graphs in the order in which they left; safe to use from several threads. Eight bytes are kept for each."""

    def __init__(self) -> None:
        # A call that begins work is seen by that work's beginning; the others are short.
        self.calls = IntervalRecorder(forgetful=True)
        self._lock = threading.Lock()
        self._left_at = array("q")
        self._recent: deque[tuple[int, weakref.ref[Any]]] = deque(maxlen=RECENT)

    def __len__(self) -> int:
        return len(self._left_at)

    def leave(self, at: int) -> tuple[int, Callable[[], None]]:
        """A graph leaves by a call that began `at`: its number, and what to call when the call ends."""
        ended = self.calls.start(at)
        with self._lock:
            self._left_at.append(at)
            return len(self._left_at) - 1, ended

    def remember(self, number: int, futures: Iterable[Any]) -> None:
        """What the call returned for graph `number`."""
        for future in futures:
            with contextlib.suppress(TypeError):
                self._recent.append((number, weakref.ref(future)))
            return

    def left_at(self, number: int | None) -> int | None:
        """When graph `number` left, in the kernel's monotonic nanoseconds."""
        return self._left_at[number] if number is not None and number < len(self) else None

    def refused(self) -> list[int]:
        """Graphs, of the last ones, whose results will never come: the scheduler could not take them, or they failed."""
        found = [(number, reference()) for number, reference in tuple(self._recent)]
        return [n for n, future in found if future is not None and future.status in _FAILED]


_FAILED = frozenset({"error", "cancelled", "lost"})
