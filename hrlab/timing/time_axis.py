"""The run's own time axis: the time of its cells, in order, without the idle time between them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from hrlab.model.intervals import Interval, Intervals, intersect, subtract, total, union


@dataclass(slots=True)
class CellSpan:
    """One stretch of the run on the monotonic clock, in nanoseconds; `stop` is None while it lasts."""

    start: int
    stop: int | None = None
    cell_id: str | None = None
    execution_count: int | None = None


@dataclass(slots=True)
class TimeAxis:
    """Stretches of a run, and the map from the monotonic clock to the run's own axis (nanoseconds from its start)."""

    spans: list[CellSpan] = field(default_factory=list)

    def enter(self, at: int, cell_id: str | None = None) -> None:
        """A cell of the run begins."""
        self.spans.append(CellSpan(at, cell_id=cell_id))

    def leave(self, at: int, execution_count: int | None = None) -> None:
        """The cell that lasts ends."""
        self.spans[-1].stop = at
        self.spans[-1].execution_count = execution_count

    def closed(self, now: int) -> Intervals:
        """Stretches as intervals; one that still lasts ends `now`."""
        return [(span.start, now if span.stop is None else span.stop) for span in self.spans]

    def axis(self, now: int) -> Axis:
        """The map as of `now`."""
        return Axis(tuple(self.closed(now)))


@dataclass(frozen=True, slots=True)
class Axis:
    """Monotonic nanoseconds to nanoseconds of the run's own time. Idle time maps to the edge between two cells."""

    spans: tuple[Interval, ...]

    @property
    def length(self) -> int:
        """Own time of the whole run."""
        return total(self.spans)

    def place(self, at: int) -> int:
        """Own time at the monotonic instant `at`, clipped to the run."""
        i = bisect_right(self.spans, at, key=lambda span: span[0]) - 1
        if i < 0:
            return 0
        before = total(self.spans[:i])
        start, stop = self.spans[i]
        return before + min(at, stop) - start

    def intervals(self, found: Iterable[Interval]) -> Intervals:
        """Intervals on the monotonic clock as intervals of own time."""
        return union([(self.place(start), self.place(stop)) for start, stop in found])

    def idle(self, found: Iterable[Interval]) -> int:
        """How much of `found` falls between the cells of the run, in nanoseconds."""
        if not self.spans:
            return 0
        inside = intersect(union(found), [(self.spans[0][0], self.spans[-1][1])])
        return total(subtract(inside, list(self.spans)))
