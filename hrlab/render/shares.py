"""Division of a run's time: phases, and the stages within dask."""

from __future__ import annotations

from collections.abc import Sequence

from hrlab.model.run import Run
from hrlab.model.units import format_duration, format_share
from hrlab.render.vega import (
    LABEL_SHARE,
    Cell,
    Chart,
    Column,
    Table,
    bars_with_labels,
    lane_axis,
    spec_of,
)
from hrlab.render.words import PHASES, STAGES, Part, phase_parts, stage_parts


def phases(run: Run) -> Chart:
    """Return the shares of the phases, and of the stages within dask, as two stacked bars."""
    rows = _share_rows("phases", phase_parts(run), run.wall_seconds)
    rows += _share_rows("dask stages", stage_parts(run), run.wall_seconds)
    spec = spec_of(
        "Time by phase and stage",
        _share_values(rows, run.wall_seconds),
        height=30 * len({row[0] for row in rows}),
        encoding={
            "y": lane_axis(list(dict.fromkeys(str(row[0]) for row in rows))),
        },
        layer=bars_with_labels(
            run, [*PHASES, *STAGES], [str(row[1]) for row in rows], _SHARE_TOOLTIP
        ),
    )
    return Chart(spec, Table(_SHARE_COLUMNS, tuple(rows)))


_SHARE_COLUMNS = (
    Column("bar", "bar"),
    Column("part", "part"),
    Column("seconds", "time", "s"),
    Column("share", "share of wall time"),
)
_SHARE_TOOLTIP = [
    {"field": "part", "title": "part"},
    {"field": "duration", "title": "time"},
    {"field": "percent", "title": "of wall time"},
]


def _share_rows(bar: str, parts: Sequence[Part], wall: float) -> list[tuple[Cell, ...]]:
    return [(bar, part.name, part.seconds, part.seconds / wall if wall else None) for part in parts]


def _share_values(rows: Sequence[Sequence[Cell]], wall: float) -> list[dict[str, Cell]]:
    """Return rows with stack positions: the stack of stages begins where dask begins."""
    values: list[dict[str, Cell]] = []
    before_dask = sum(float(row[2] or 0) for row in rows if row[:2] == ("phases", PHASES[0]))
    edges: dict[Cell, float] = {"dask stages": before_dask}
    for bar, part, seconds, share in rows:
        length = float(seconds or 0)
        start = edges.get(bar, 0.0)
        edges[bar] = start + length
        long_enough = wall > 0 and length / wall >= LABEL_SHARE
        values.append(
            {
                "lane": bar,
                "what": part,
                "part": part,
                "start_seconds": start,
                "stop_seconds": start + length,
                "duration": format_duration(length),
                "percent": format_share(None if share is None else float(share)),
                "label": part if long_enough else "",
            }
        )
    return values
