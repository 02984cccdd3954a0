"""Charts of host metrics, on the time axis of the run's other charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hrlab.model.run import Run
from hrlab.render.hardware import Line, steps
from hrlab.render.vega import Cell, Chart, Column, Table

_TOOLTIP = [
    {"field": "line"},
    {"field": "at", "title": "from"},
    {"field": "shown", "title": "value"},
]


def host_chart(
    run: Run, title: str, unit: str, lines: Mapping[str, Sequence[tuple[float, float, float]]]
) -> Chart:
    """A picture of `lines`, each of ``(start_seconds, stop_seconds, value)`` of the run in order of time."""
    rows: list[tuple[Cell, ...]] = []
    for name, values in lines.items():
        for i, (start, stop, value) in enumerate(values):
            rows.append((name, start, value))
            follows = i + 1 < len(values) and values[i + 1][0] - stop < 1e-6
            if not follows:  # where it ends, so that its step is seen
                rows.append((name, stop, value))
    columns = (
        Column("line", "line"),
        Column("seconds", "time", "s"),
        Column("value", "value", unit),
    )
    spec = steps(
        run,
        title,
        [Line(name, ()) for name in lines],
        [(*row, None, None, None) for row in rows],
        unit,
        tooltip=_TOOLTIP,
        title=title,
    )
    return Chart(spec, Table(columns, tuple(rows)))
