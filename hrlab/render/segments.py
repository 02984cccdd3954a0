"""Positions of the phases on the time axis. The record stores sums; a bar over time needs positions."""

from __future__ import annotations

from dataclasses import dataclass

from hrlab.model.intervals import Intervals, intersect, subtract, union
from hrlab.model.run import Phase, Run, nanoseconds


@dataclass(frozen=True, slots=True)
class Segment:
    """An interval of one phase, in seconds from the start of the run."""

    phase: Phase
    start_seconds: float
    stop_seconds: float


def phase_segments(run: Run) -> tuple[Segment, ...]:
    """Return the phases' intervals in order; they cover the run without overlap. Empty if phases are unknown."""
    if run.phases is None:
        return ()
    wall = nanoseconds(run.wall_seconds)
    loops = [
        (nanoseconds(loop.start_seconds), nanoseconds(loop.stop_seconds)) for loop in run.loops
    ]
    found: list[tuple[int, int, Phase]] = [(start, stop, "dask") for start, stop in loops]
    for phase, where in _outside_loops(run, wall, loops).items():
        found += [(start, stop, phase) for start, stop in where]
    return tuple(Segment(phase, start / 1e9, stop / 1e9) for start, stop, phase in sorted(found))


def _outside_loops(run: Run, wall: int, loops: Intervals) -> dict[Phase, Intervals]:
    """Return the time outside loops by position; marks that declare `pre` or `post` keep theirs."""
    first, last = (loops[0][0], loops[-1][1]) if loops else (wall, wall)
    outside = subtract([(0, wall)], union(loops))
    where: dict[Phase, Intervals] = {
        "pre": intersect(outside, [(0, first)]),
        "between": intersect(outside, [(first, last)]),
        "post": intersect(outside, [(last, wall)]),
    }
    for mark in sorted(run.marks, key=lambda mark: mark.start_seconds):
        if mark.phase is None or mark.phase == "dask":
            continue
        edges = (nanoseconds(mark.start_seconds), nanoseconds(mark.stop_seconds))
        moved = intersect(outside, union([edges]))
        where = {phase: subtract(time, moved) for phase, time in where.items()}
        where[mark.phase] = union(where[mark.phase], moved)
    return where
