"""From what was observed to loops, stages and phases. Pure arithmetic on whole nanoseconds of the run's own time axis.

`Observed` is what the recorder saw, `account` turns it into loops and phases that add up exactly:

* a **loop** is a maximal stretch of the union of everything in `Observed`;
* its **stages** are painted by what was seen: executing tasks are ``compute``; unfinished tasks of which none executes
  are ``wait``; a graph on its way to the scheduler is ``submit``; what is left of fetching results is ``gather``;
* **phases** follow from the loops; a mark that declares a phase moves time that is in no loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import pairwise
from typing import get_args

from hrlab.model.intervals import Interval, Intervals, coarsen, intersect, subtract, total, union
from hrlab.model.run import DeclaredPhase, Phase, Phases, Stage, Stages

#: Most loops in a record, and most stage intervals: what a record, a chart and a browser carry with ease.
MAX_LOOPS = 500
MAX_STAGE_INTERVALS = 500

STAGES: tuple[Stage, ...] = get_args(Stage)


@dataclass(frozen=True, slots=True)
class Observed:
    """What was seen of a run's Dask work, each a list of ``(start, stop)`` in nanoseconds.

    Attributes
    ----------
    submitting
        Calls that hand a graph over.
    travelling
        From such a call until the graph's tasks exist on the scheduler, where that call began a busy stretch.
    busy
        The run's unfinished tasks on a scheduler are more than none.
    executing
        At least one task of the run executes on a worker.
    gathering
        Calls that fetch results.
    declared
        Marks that declare the phase ``dask``.
    """

    submitting: Sequence[Interval] = ()
    travelling: Sequence[Interval] = ()
    busy: Sequence[Interval] = ()
    executing: Sequence[Interval] = ()
    gathering: Sequence[Interval] = ()
    declared: Sequence[Interval] = ()


@dataclass(frozen=True, slots=True)
class LoopTimes:
    """One loop: its edges, nanoseconds in each stage, and the stages in order."""

    start: int
    stop: int
    stages: dict[Stage, int]
    intervals: tuple[tuple[Stage, int, int], ...]


@dataclass(frozen=True, slots=True)
class Account:
    """Loops and phases of a run in nanoseconds, and how much time had to be merged to keep the record small."""

    pre: int
    dask: int
    between: int
    post: int
    loops: tuple[LoopTimes, ...]
    between_taken_for_dask: int = 0
    stage_intervals_merged: bool = False

    @property
    def phases(self) -> Phases:
        """The same in seconds."""
        return Phases(self.pre / 1e9, self.dask / 1e9, self.between / 1e9, self.post / 1e9)


@dataclass(frozen=True, slots=True)
class DeclaredTime:
    """A mark that declares a phase, in nanoseconds."""

    phase: DeclaredPhase
    start: int
    stop: int


@dataclass(slots=True)
class _Painter:
    """Gives every part of `left` to one stage; what is painted first stays."""

    left: Intervals
    painted: list[tuple[int, int, Stage]] = field(default_factory=list)

    def paint(self, stage: Stage, where: Sequence[Interval]) -> None:
        self.painted += [(start, stop, stage) for start, stop in intersect(self.left, where)]
        self.left = subtract(self.left, where)


def account(wall: int, observed: Observed, declared: Sequence[DeclaredTime] = ()) -> Account:
    """Loops, stages and phases of a run that lasted `wall` nanoseconds.

    Everything is clipped to the run; pre + dask + between + post == wall holds exactly.
    """
    run: Intervals = [(0, wall)]
    seen = {
        name: intersect(union(getattr(observed, name)), run)
        for name in ("submitting", "travelling", "busy", "executing", "gathering", "declared")
    }
    # Execution is believed only where a task of the run was unfinished: workers' clocks may be off.
    seen["executing"] = intersect(seen["executing"], seen["busy"])
    loops, absorbed = coarsen(union(*seen.values()), MAX_LOOPS)
    painter = _Painter(list(loops))
    for stage, where in _order(seen):
        painter.paint(stage, where)
    painter.paint("wait", painter.left)  # gaps that `coarsen` closed
    times = _loops(loops, sorted(painter.painted))
    merged = sum(len(loop.intervals) for loop in times) > MAX_STAGE_INTERVALS
    if merged:
        times = tuple(
            _with_fewer_intervals(loop, max(1, MAX_STAGE_INTERVALS // len(times))) for loop in times
        )
    outside = _outside(wall, loops, declared)
    return Account(
        pre=outside["pre"],
        dask=total(loops),
        between=outside["between"],
        post=outside["post"],
        loops=times,
        between_taken_for_dask=absorbed,
        stage_intervals_merged=merged,
    )


def _order(seen: dict[str, Intervals]) -> list[tuple[Stage, Intervals]]:
    return [
        ("compute", seen["executing"]),
        ("wait", seen["busy"]),
        # Before `gather`: a fetch that waits for this graph does not gather yet.
        ("submit", seen["travelling"]),
        ("gather", seen["gathering"]),
        ("submit", seen["submitting"]),
        ("compute", seen["declared"]),
    ]


def _loops(loops: Intervals, painted: list[tuple[int, int, Stage]]) -> tuple[LoopTimes, ...]:
    found = []
    i = 0
    for start, stop in loops:
        sums: dict[Stage, int] = dict.fromkeys(STAGES, 0)
        intervals: list[tuple[Stage, int, int]] = []
        while i < len(painted) and painted[i][0] < stop:
            begin, end, stage = painted[i]
            sums[stage] += end - begin
            if intervals and intervals[-1][0] == stage and intervals[-1][2] == begin:
                begin = intervals.pop()[1]
            intervals.append((stage, begin, end))
            i += 1
        found.append(LoopTimes(start, stop, sums, tuple(intervals)))
    return tuple(found)


def _with_fewer_intervals(loop: LoopTimes, limit: int) -> LoopTimes:
    """The loop with its shortest intervals given to the neighbour before; the sums stay exact."""
    intervals = list(loop.intervals)
    if len(intervals) <= limit:
        return loop
    shortest = sorted(range(1, len(intervals)), key=lambda i: intervals[i][2] - intervals[i][1])
    dropped = set(shortest[: len(intervals) - limit])
    kept: list[tuple[Stage, int, int]] = []
    for i, (stage, start, stop) in enumerate(intervals):
        if i in dropped or (kept and kept[-1][0] == stage):
            kept[-1] = (kept[-1][0], kept[-1][1], stop)
        else:
            kept.append((stage, start, stop))
    return LoopTimes(loop.start, loop.stop, loop.stages, tuple(kept))


def _outside(wall: int, loops: Intervals, declared: Sequence[DeclaredTime]) -> dict[Phase, int]:
    """Nanoseconds of each phase but ``dask``: what is in no loop."""
    first, last = (loops[0][0], loops[-1][1]) if loops else (wall, wall)
    outside = subtract([(0, wall)], loops)
    where: dict[Phase, Intervals] = {
        "pre": intersect(outside, [(0, first)]),
        "between": intersect(outside, [(first, last)]),
        "post": intersect(outside, [(last, wall)]),
    }
    claims = {name: intersect(outside, time) for name, time in _claims(declared).items()}
    claimed = union(*claims.values())
    return {
        name: total(subtract(time, claimed)) + total(claims.get(name, []))
        for name, time in where.items()
    }


def _claims(declared: Sequence[DeclaredTime]) -> dict[Phase, Intervals]:
    """Time that marks declare as ``pre`` or ``post``; of overlapping marks, the one that began last counts."""
    marks = sorted(
        (mark for mark in declared if mark.phase != "dask" and mark.start < mark.stop),
        key=lambda mark: mark.start,
    )
    edges = sorted({edge for mark in marks for edge in (mark.start, mark.stop)})
    claims: dict[Phase, Intervals] = {"pre": [], "post": []}
    open_marks: list[tuple[int, int, DeclaredTime]] = []  # a heap, the one that began last first
    i = 0
    for begin, end in pairwise(edges):
        while i < len(marks) and marks[i].start <= begin:
            heappush(open_marks, (-i, marks[i].stop, marks[i]))
            i += 1
        while open_marks and open_marks[0][1] <= begin:
            heappop(open_marks)
        if open_marks:
            claims[open_marks[0][2].phase].append((begin, end))
    return {name: union(found) for name, found in claims.items()}


def stages_in_seconds(stages: dict[Stage, int]) -> Stages:
    """Nanoseconds by stage as the record has them."""
    return Stages(*(stages[stage] / 1e9 for stage in STAGES))
