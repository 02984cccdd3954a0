"""A recommendation as text, for the command line and for code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hrlab.model.units import (
    format_bytes,
    format_count,
    format_duration,
    format_share,
    significant,
)
from hrlab.render.text import aligned
from hrlab.sizing.advice import AS_FAST, Advice, LimitedBy

#: Maximum number of table rows: the chart has more.
ROWS = 12

_LIMITS: Mapping[LimitedBy, str] = {
    "goal": "the goal is reached",
    "tasks": "there are no tasks for more",
    "serial": f"more would be less than {format_share(AS_FAST)} faster",
    "longest-task": "the longest task takes that long",
    "measured": "more would be a guess beyond the measured range",
    "profile": "limit of the profile",
    "memory": "no memory for more",
    "quota": "limited by your quota",
}
_LAWS = {
    "universal-scalability": "the Universal Scalability Law",
    "amdahl": "Amdahl's law",
    "work-conservation": "conservation of work",
}


def advice_text(advice: Advice) -> str:
    """Return the recommendation, its evidence, and times and costs of other sizes."""
    return "\n".join([*_sentences(advice), *_table(advice), *(f"- {w}" for w in advice.warnings)])


def _sentences(advice: Advice) -> Iterator[str]:
    wall = advice.wall_seconds
    between = f"{format_duration(wall.low)} to {format_duration(wall.high)}"
    workers = format_count(advice.workers)
    yield (
        f"{workers} worker{'' if advice.workers == 1 else 's'}: about {format_duration(wall.expected)} ({between}), "
        f"{_efficient(advice)}{significant(advice.core_hours)} core hours; "
        f"{_LIMITS[advice.limited_by]} (limited by: {advice.limited_by})."
    )
    yield from _parts(advice)
    runs = len(advice.evidence)
    fit = "" if advice.spread is None else f"; they differ from it by {format_share(advice.spread)}"
    yield f"From {runs} run{'' if runs == 1 else 's'}, by {_LAWS[advice.model]}{fit}."


def _efficient(advice: Advice) -> str:
    """Return the efficiency, or nothing if it is unknown."""
    if not advice.tells_efficiency(advice.workers):
        return ""
    return f"{format_share(advice.efficiency)} efficient in dask, "


def _parts(advice: Advice) -> Iterator[str]:
    """Yield the known worker resources, nodes and phases."""
    each = [f"{advice.cores_per_worker} core{'' if advice.cores_per_worker == 1 else 's'}"]
    if advice.memory_bytes_per_worker:
        each.append(format_bytes(advice.memory_bytes_per_worker))
    peak = f" (up to {format_bytes(advice.memory.peak_bytes)} were used)" if advice.memory else ""
    nodes = f"; {advice.nodes.workers_per_node} on a node" if advice.nodes else ""
    yield f"Each worker: {' and '.join(each)}{peak}{nodes}."
    if advice.phase_seconds:
        shown = (
            f"{name} {format_duration(times.expected)} ({format_duration(times.low)} to {format_duration(times.high)})"
            for name, times in advice.phase_seconds.items()
            if times.high > 0
        )
        yield f"{', '.join(shown)}."


def _table(advice: Advice) -> list[str]:
    rows: list[tuple[str, ...]] = [
        ("workers", "wall time", "at least", "at most", "efficiency", "core hours")
    ]
    points = list(zip(advice.curve, advice.table, strict=True))
    step = max(1, -(-len(points) // ROWS))
    for index, ((workers, *times), (_, efficiency, hours)) in enumerate(points):
        if workers == advice.workers or index % step == 0 or index == len(points) - 1:
            mark = "*" if workers == advice.workers else ""
            shown = (format_duration(seconds) for seconds in times)
            share = format_share(efficiency) if advice.tells_efficiency(workers) else ""
            rows.append((f"{workers}{mark}", *shown, share, significant(hours)))
    return aligned(rows)
