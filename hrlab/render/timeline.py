"""A run over time: lanes of phases, stages of its loops, marks and cells."""

from __future__ import annotations

from collections.abc import Sequence

from hrlab.model.run import Run
from hrlab.model.units import format_duration
from hrlab.render.segments import phase_segments
from hrlab.render.vega import (
    LABEL_SHARE,
    LANE_PIXELS,
    Cell,
    Chart,
    Column,
    Table,
    bars_with_labels,
    lane_axis,
    spec_of,
    values_of,
)
from hrlab.render.words import PHASES, STAGES, one_line


def timeline(run: Run) -> Chart:
    """Return phases, stages, marks and cells over time, in lanes."""
    rows = _timeline_rows(run)
    lanes = list(dict.fromkeys(str(row[0]) for row in rows))
    spec = spec_of(
        "Phases, stages and marks over time",
        values_of(_TIMELINE_COLUMNS, rows, lambda row: _timeline_extras(row, run.wall_seconds)),
        height=LANE_PIXELS * len(lanes),
        encoding={
            "y": lane_axis(lanes),
        },
        layer=bars_with_labels(run, PHASES, [str(row[1]) for row in rows], _TIMELINE_TOOLTIP),
    )
    return Chart(spec, Table(_TIMELINE_COLUMNS, rows))


_TIMELINE_COLUMNS = (
    Column("lane", "lane"),
    Column("what", "what"),
    Column("start_seconds", "start", "s"),
    Column("stop_seconds", "stop", "s"),
)
_TIMELINE_TOOLTIP = [
    {"field": "lane", "title": "lane"},
    {"field": "what", "title": "what"},
    {"field": "duration", "title": "for"},
    {"field": "start", "title": "from"},
    {"field": "stop", "title": "to"},
]


def _timeline_rows(run: Run) -> tuple[tuple[Cell, ...], ...]:
    rows: list[tuple[Cell, ...]] = [
        ("phases", segment.phase, segment.start_seconds, segment.stop_seconds)
        for segment in phase_segments(run)
    ]
    stages = [interval for loop in run.loops for interval in loop.stage_intervals]
    rows += [
        (stage, stage, start, stop)
        for name in STAGES
        for stage, start, stop in stages
        if stage == name
    ]
    rows += [(one_line(m.label), "mark", m.start_seconds, m.stop_seconds) for m in run.marks]
    if len(run.cells) > 1:
        rows += [("cells", "cell", c.start_seconds, c.stop_seconds) for c in run.cells]
    return tuple(rows)


def _timeline_extras(row: Sequence[Cell], wall: float) -> dict[str, Cell]:
    start, stop = float(row[2] or 0), float(row[3] or 0)
    long_enough = wall > 0 and (stop - start) / wall >= LABEL_SHARE
    return {
        "duration": format_duration(stop - start),
        "start": format_duration(start),
        "stop": format_duration(stop),
        "label": str(row[1]) if long_enough and row[0] == "phases" else "",
    }
