"""Chart of wall time against the amount of work, with a line for each group."""

from __future__ import annotations

from hrlab.comparison.chart_axes import seconds_axis, stated, title_text
from hrlab.comparison.groups import Comparison, Group
from hrlab.comparison.series import series
from hrlab.comparison.words import by_name
from hrlab.model.units import format_duration
from hrlab.render.vega import Cell, Chart, Column, Table, spec_of, values_of


def work(comparison: Comparison) -> Chart:
    """Return wall time against the differing workload figure; groups are lines, unless they are the amounts."""
    name = comparison.amount or by_name(comparison)
    title = title_text(name)
    columns = (
        Column("amount", name),
        Column("group", by_name(comparison)),
        Column("seconds", "wall time", "s"),
        Column("low", "shortest", "s"),
        Column("high", "longest", "s"),
    )
    rows = tuple(row for group in comparison.groups if (row := _row(group, comparison)) is not None)
    longest = max((group.wall_high_seconds for group in comparison.groups), default=0.0)
    axis = seconds_axis("seconds", longest, "wall time, median")
    x = {"field": "amount", "type": "quantitative", "title": title, "scale": {"zero": False}}
    colours = series([str(row[1]) for row in rows], "group")
    spec = spec_of(
        f"Wall time against {name}",
        values_of(columns, rows, lambda row: {"said": format_duration(float(row[2] or 0))}),
        height=240,
        **stated(comparison),
        encoding={"x": x},
        layer=[
            {
                "mark": {"type": "rule", "strokeWidth": 1.5},
                "encoding": {
                    "y": {**axis, "field": "low"},
                    "y2": {"field": "high"},
                    "color": colours["color"],
                },
            },
            {
                "mark": {"type": "line", "point": {"size": 50}, "strokeWidth": 2},
                "encoding": {
                    "y": {**axis, "scale": {"domainMin": 0}},
                    **colours,
                    "tooltip": [
                        {"field": "group"},
                        {"field": "amount", "title": title},
                        {"field": "said", "title": "time"},
                    ],
                },
            },
        ],
    )
    return Chart(spec, Table(columns, rows))


def _row(group: Group, comparison: Comparison) -> tuple[Cell, ...] | None:
    times = (group.wall_seconds, group.wall_low_seconds, group.wall_high_seconds)
    if comparison.amount is not None:
        return None if group.amount is None else (group.amount, group.label, *times)
    return (group.key, "all", *times) if isinstance(group.key, float) else None
