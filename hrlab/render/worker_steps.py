"""Chart of the number of workers over time."""

from __future__ import annotations

from hrlab.model.run import Run
from hrlab.model.units import format_duration
from hrlab.render.palette import PHASE_COLOURS
from hrlab.render.vega import (
    LEFT,
    LEGEND,
    Cell,
    Chart,
    Column,
    Table,
    spec_of,
    time_axis,
    values_of,
)
from hrlab.render.words import one_line


def workers(run: Run) -> Chart:
    """Return the workers of each cluster over time, as steps."""
    rows = _worker_rows(run)
    names = list(dict.fromkeys(str(row[0]) for row in rows))
    several = {"strokeDash": {"field": "cluster", "title": None, "legend": LEGEND, "sort": names}}
    most = max([int(row[2] or 0) for row in rows], default=1) or 1
    spec = spec_of(
        "Workers over time",
        values_of(_WORKER_COLUMNS, rows, lambda row: {"at": format_duration(float(row[1] or 0))}),
        # An axis title would move the left edge, which must align with the charts above and below.
        title={"text": "workers", "anchor": "start", "fontSize": 11, "fontWeight": "normal"},
        height=110,
        encoding={
            "x": time_axis(run, "seconds"),
            "y": {
                "field": "workers",
                "type": "quantitative",
                "title": None,
                "scale": {"domainMin": 0, "nice": True},
                # At most one tick per integer, otherwise labels would repeat.
                "axis": {**LEFT, "format": "d", "grid": True, "tickCount": min(4, most)},
            },
        },
        layer=[
            {
                "mark": {
                    "type": "line",
                    "interpolate": "step-after",
                    "color": PHASE_COLOURS["dask"],
                    "strokeWidth": 2,
                },
                "encoding": several if len(names) > 1 else {},
            },
            {
                "mark": {"type": "point", "filled": True, "opacity": 0, "size": 200, "clip": True},
                "encoding": {"tooltip": _WORKER_TOOLTIP},
            },
        ],
    )
    return Chart(spec, Table(_WORKER_COLUMNS, rows))


_WORKER_COLUMNS = (
    Column("cluster", "cluster"),
    Column("seconds", "time", "s"),
    Column("workers", "workers"),
    Column("threads", "threads"),
)
_WORKER_TOOLTIP = [
    {"field": "cluster"},
    {"field": "at", "title": "from"},
    {"field": "workers"},
    {"field": "threads"},
]


def _worker_rows(run: Run) -> tuple[tuple[Cell, ...], ...]:
    """Return changes, and the last count repeated at the end of the run, so that the line reaches it."""
    rows: list[tuple[Cell, ...]] = []
    for name, cluster in zip(names_of_clusters(run), run.clusters, strict=True):
        history = cluster.workers.history
        rows += [(name, seconds, count, threads) for seconds, count, threads in history]
        if history and history[-1][0] < run.wall_seconds:
            rows.append((name, run.wall_seconds, *history[-1][1:]))
    return tuple(rows)


def names_of_clusters(run: Run) -> list[str]:
    """Return the names of the clusters, numbered if two are equal."""
    names = [one_line(cluster.name) for cluster in run.clusters]
    return [
        name if names.count(name) == 1 else f"{name} ({i})" for i, name in enumerate(names, start=1)
    ]
