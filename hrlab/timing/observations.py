"""All that was observed of a run, brought to one clock and to the run's own time axis."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from hrlab.model.intervals import Intervals, intersect, subtract, total, union
from hrlab.model.run import Cell, DeclaredPhase, Mark
from hrlab.timing.dask.scheduler_client import SchedulerClient
from hrlab.timing.phases import Account, DeclaredTime, Observed, account
from hrlab.timing.recorder import ActiveRun, OpenMark
from hrlab.timing.time_axis import Axis

#: So long the word that tasks ended may be on its way to who waits for it: the scheduler collects for 2 ms what it tells
#: a client. A fetch that begins within that time fetches their results.
NOTICE = 10_000_000


@dataclass(frozen=True, slots=True)
class Busy:
    """A stretch of unfinished tasks on one scheduler, on the kernel's monotonic clock."""

    start: int
    stop: int
    tasks: int
    failed: int
    graph: int | None
    client: str | None
    link: int


class Evidence:
    """All that was observed of an active run, on one clock, as of `now`.

    Loops and phases are the same without `stages`, which cost a hundred times as much where a thousand executions were
    seen: the line under a running cell does without.
    """

    def __init__(self, active: ActiveRun, now: int, *, stages: bool = True) -> None:
        self.active = active
        self.now = now
        self.axis: Axis = active.time.axis(now)
        self.links: list[SchedulerClient] = list(active.watch.links)
        self.busy: list[Busy] = []
        self.executing: Intervals = []
        for index, link in enumerate(self.links):
            self._read(index, link, executing=stages)
        watch = active.watch
        submitting = union(*(link.outgoing.calls.until(now) for link in self.links))
        fetching = union(*(link.fetching.until(now) for link in self.links))
        calling, following = watch.calling.until(now), watch.following.until(now)
        busy: Intervals = union([(item.start, item.stop) for item in self.busy])
        fetching = _with_notice(fetching, busy, submitting)
        travelling = self._travelling()
        place = self.axis.intervals
        self.observed = Observed(
            submitting=place(submitting),
            travelling=place(travelling),
            busy=place([*busy, *calling, *following]),
            executing=place([*self.executing, *calling, *following]),
            gathering=place(fetching),
            declared=place([self._span(mark) for mark in active.marks if mark.phase == "dask"]),
        )
        self.idle = self.axis.idle(
            union(submitting, travelling, busy, fetching, following, calling)
        )
        self.account: Account = account(self.axis.length, self.observed, self._declared())

    def executed(self, used: Sequence[int]) -> int | None:
        """How long any task executed, in nanoseconds, if more was kept of that than fits the `used` links' reports.

        None if nothing had to be left out, or if it can't be told because several things executed at once.
        """
        watch = self.active.watch
        report = self.links[used[0]].report if len(used) == 1 else None
        if report is None or watch.calling.any or watch.following.any or self.observed.declared:
            return None
        closed: float = report["executing_closed_seconds"]
        kept: float = sum(stop - start for start, stop in zip(*report["executing"], strict=True))
        return round((kept - closed) * 1e9) if closed and len(self.axis.spans) == 1 else None

    @property
    def absorbed(self) -> int:
        """Gaps that count as dask because there were too many of them to keep, at most, in nanoseconds."""
        watch = self.active.watch
        kept = [watch.calling, watch.following]
        kept += [one for link in self.links for one in (link.outgoing.calls, link.fetching)]
        reports = [link.report for link in self.links if link.report is not None]
        seconds: float = sum(report["busy_closed_seconds"] for report in reports)
        closed = sum(stretches.closed for stretches in kept)
        return self.account.between_taken_for_dask + closed + round(seconds * 1e9)

    def _read(self, index: int, link: SchedulerClient, *, executing: bool) -> None:
        report, times = link.report, link.clock
        if report is None or times is None:
            return
        last = times.to_monotonic(report["now"]) if link.is_lost else self.now
        for start, stop, tasks, failed, graph, client in report["busy"]:
            # A task can't exist before its graph left: the clocks' uncertainty.
            began = max(times.to_monotonic(start), link.outgoing.left_at(graph) or 0)
            ended = max(began, last if stop is None else times.to_monotonic(stop))
            self.busy.append(Busy(began, ended, tasks, failed, graph, client, index))
        self.executing += [
            (times.to_monotonic(start), times.to_monotonic(stop))
            for start, stop in (zip(*report["executing"], strict=True) if executing else ())
        ]

    def _travelling(self) -> Intervals:
        """Journeys of the graphs that began a busy stretch, and of those that had not arrived at the end."""
        found: Intervals = []
        for item in self.busy:
            left = self.links[item.link].outgoing.left_at(item.graph)
            if left is not None:
                found.append((left, item.start))
        for link in self.links:
            for number in link.missing:
                left = link.outgoing.left_at(number)
                if left is not None:
                    found.append((left, self.now))
        return union(found)

    def _span(self, mark: OpenMark) -> tuple[int, int]:
        return mark.start, self.now if mark.stop is None else mark.stop

    def _declared(self) -> list[DeclaredTime]:
        place = self.axis.place
        return [
            DeclaredTime(m.phase, *map(place, self._span(m)))
            for m in self.active.marks
            if m.phase is not None
        ]

    def dask_in_other_phases(self) -> dict[tuple[str, DeclaredPhase], int]:
        """Nanoseconds of Dask work in stretches that marks declare to be another phase, by label and phase."""
        seen = self.observed
        work = union(seen.submitting, seen.travelling, seen.busy, seen.gathering)
        work = subtract(work, union(seen.declared))
        spans: dict[tuple[str, DeclaredPhase], Intervals] = {}
        for mark in self.active.marks:
            if mark.phase is not None and mark.phase != "dask":
                spans.setdefault((mark.label, mark.phase), []).append(self._span(mark))
        place = self.axis.intervals
        return {which: total(intersect(place(several), work)) for which, several in spans.items()}

    def marks(self) -> tuple[Mark, ...]:
        """Marks in seconds of own time."""
        place = self.axis.place
        spans = [(mark, self._span(mark)) for mark in self.active.marks]
        return tuple(
            Mark(mark.label, mark.phase, place(start) / 1e9, place(stop) / 1e9)
            for mark, (start, stop) in spans
        )

    def cells(self) -> tuple[Cell, ...]:
        """Cells in seconds of own time."""
        place = self.axis.place
        edges = zip(self.active.time.spans, self.active.time.closed(self.now), strict=True)
        return tuple(
            Cell(
                span.cell_id,
                span.execution_count,
                place(start) / 1e9,
                place(stop) / 1e9,
                None if place(start) == 0 else self.active.at(start),
            )
            for span, (start, stop) in edges
            if self.active.kind != "block"
        )


def _with_notice(fetching: Intervals, busy: Intervals, submitting: Intervals) -> Intervals:
    """Fetches, each from when the last task before it ended, if the word of that was still on its way.

    A fetch after another graph left waits for that one.
    """
    ends, leaves = [stop for _, stop in busy], [start for start, _ in submitting]
    found: Intervals = []
    for start, stop in fetching:
        i, j = bisect_right(ends, start) - 1, bisect_right(leaves, start) - 1
        early = i >= 0 and start - ends[i] <= NOTICE and (j < 0 or leaves[j] < ends[i])
        found.append((ends[i] if early else start, stop))
    return found
