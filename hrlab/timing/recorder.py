"""A run while it is on: its own time, its marks, and the watch on its Dask work."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hrlab.model.run import DeclaredPhase, SourceKind
from hrlab.timing import clock, environment, safety
from hrlab.timing.dask.client_hooks import doors
from hrlab.timing.dask.tracker import DaskWatch
from hrlab.timing.loop_thread import Background
from hrlab.timing.process_usage import ProcessSamples
from hrlab.timing.request import Request
from hrlab.timing.samples import sampling_seconds
from hrlab.timing.time_axis import TimeAxis

#: How many times as long the pause after a look at this process is at least as the look took.
PAUSE_PER_LOOK = 300


@dataclass(slots=True)
class OpenMark:
    """A stretch that the user named, on the monotonic clock; `stop` is None while it lasts."""

    label: str
    phase: DeclaredPhase | None
    start: int
    stop: int | None = None


class ActiveRun:
    """One run from its start to its end.

    Observing begins with :meth:`open` and ends with :meth:`close`; between them the time of each cell or block is
    bracketed by :meth:`enter` and :meth:`leave`.

    Parameters
    ----------
    run_id, request, kind
        Which run, what the user says of it, and what is timed.
    """

    def __init__(self, run_id: str, request: Request, kind: SourceKind) -> None:
        self.id = run_id
        self.request = request
        self.kind: SourceKind = kind
        self.notebook = request.notebook or environment.notebook()
        self.started_at = clock.wall()
        self.opened = clock.monotonic()
        self.time = TimeAxis()
        self.marks: list[OpenMark] = []
        self.sources: list[str] = []
        self.failures: list[str] = []
        self.process = ProcessSamples()
        self._background: Background | None = None
        self._lock = threading.Lock()
        self.watch = DaskWatch(run_id, self.background)
        self._unlisten: Callable[[], None] = safety.listen(self.failures.append)

    def background(self) -> Background:
        """Hrlab's own thread, started at the first need of it."""
        with self._lock:
            if self._background is None:
                self._background = Background()
            return self._background

    def open(self) -> None:
        """Begin to observe: the doors tell this run, and the schedulers that are known get their plugin."""
        doors.install()
        doors.watcher = self.watch
        safety.attempt(self.watch.start, doors.clients())
        if sampling_seconds():
            self._poll()
            self.background().spawn(self._poll_again())

    def enter(self, source: str | None, cell_id: str | None = None) -> None:
        """A cell or block of the run begins, as the last thing before the user's code."""
        if source is not None:
            self.sources.append(source)
        self.time.enter(clock.monotonic(), cell_id)

    def leave(self, execution_count: int | None = None, at: int | None = None) -> None:
        """The cell or block ends, as the first thing after the user's code."""
        self.time.leave(clock.monotonic() if at is None else at, execution_count)

    def at(self, instant: int) -> float:
        """UTC epoch seconds of a monotonic instant, by the clock as it was when the run began."""
        return self.started_at + (instant - self.opened) / 1e9

    def begin_mark(self, label: str, phase: DeclaredPhase | None) -> OpenMark:
        """A named stretch begins."""
        mark = OpenMark(label, phase, clock.monotonic())
        self.marks.append(mark)
        return mark

    def end_mark(self, mark: OpenMark) -> None:
        """The named stretch ends."""
        mark.stop = clock.monotonic()

    def close(self) -> None:
        """Stop observing, with the last word of every scheduler."""
        if doors.watcher is self.watch:
            doors.watcher = None
        if sampling_seconds():
            self._poll()
        safety.attempt(self.watch.finish)

    def release(self) -> None:
        """Give threads and connections back."""
        self._unlisten()
        if self._background is not None:
            self._background.stop(*(link.close() for link in self.watch.links))

    def _poll(self) -> None:
        safety.attempt(self.process.take, clock.monotonic())

    async def _poll_again(self) -> None:
        while True:
            pause = PAUSE_PER_LOOK * self.process.took_seconds
            await asyncio.sleep(max(sampling_seconds() or 1.0, pause))
            self._poll()

    @property
    def reports(self) -> list[dict[str, Any]]:
        """The last reports of the schedulers."""
        return [link.report for link in self.watch.links if link.report]
