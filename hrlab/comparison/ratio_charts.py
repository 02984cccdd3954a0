"""Charts of speed-up and efficiency against the baseline, over threads or workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hrlab.comparison.chart_axes import axis_title, lane_axis, lanes_height, plain_text, stated
from hrlab.comparison.groups import Comparison, Group, units_of
from hrlab.comparison.series import SERIES_COLOURS, series
from hrlab.comparison.words import base_label, by_name, lane_names, series_name
from hrlab.render.palette import NEUTRAL
from hrlab.render.vega import Cell, Chart, Column, Table, spec_of, values_of

#: Maximum width of a label beside a point, in pixels.
LABEL_LIMIT = 120


def speed_up(comparison: Comparison) -> Chart:
    """Return speed-up against the baseline: over threads with the ideal line, or as bars if threads do not differ."""
    title = f"times faster than {base_label(comparison)}"
    return _ratio(comparison, "speed_up", title, lambda group: group.speed_up, ideal=True)


def efficiency(comparison: Comparison) -> Chart:
    """Return the efficiency: speed-up divided by the ratio of threads (or workers)."""
    title = f"efficiency against {base_label(comparison)}"
    return _ratio(comparison, "efficiency", title, lambda group: group.efficiency, ideal=False)


def _ratio(
    comparison: Comparison,
    field: str,
    title: str,
    value: Callable[[Group], float | None],
    *,
    ideal: bool,
) -> Chart:
    over = comparison.over
    columns = (
        Column("group", by_name(comparison)),
        Column("series", comparison.amount or "work"),
        Column(over, over),
        Column(field, title),
    )
    drawn = {
        name: (group.label, series_name(group, comparison), units_of(group, over), found)
        for group, name in zip(comparison.groups, lane_names(comparison), strict=True)
        if (found := value(group)) is not None
    }
    rows = tuple(drawn.values())
    if len({row[2] for row in rows}) < 2:
        return _bars(comparison, columns, drawn, is_share=not ideal)
    lines = _lines(comparison, rows, field, title, is_share=not ideal)
    spec = spec_of(
        f"{title} over {over}",
        values_of(columns, rows, lambda _: {}),
        height=240,
        **stated(comparison),
        layer=[*lines, *_ideal(comparison, rows, ideal=ideal)],
    )
    return Chart(spec, Table(columns, rows))


def _lines(
    comparison: Comparison,
    rows: Sequence[tuple[Cell, ...]],
    field: str,
    title: str,
    *,
    is_share: bool,
) -> list[dict[str, Any]]:
    over = comparison.over
    names = [str(row[1]) for row in rows]
    counts = sorted({float(row[2] or 1) for row in rows})
    alone = {"color": {"value": SERIES_COLOURS[0]}}
    place: dict[str, Any] = {
        "x": {
            "field": over,
            "type": "quantitative",
            "title": over,
            # Ticks at measured values.
            "axis": {"values": counts, "format": ",~r", "labelOverlap": True},
        },
        "y": {
            "field": field,
            "type": "quantitative",
            "title": axis_title(title),
            "scale": {"domainMin": 0},
            "axis": {"format": "%"} if is_share else {},
        },
    }
    shown = {"field": field, "format": ".0%" if is_share else ".3~g"}
    line = {
        "mark": {"type": "line", "point": {"size": 50}, "strokeWidth": 2},
        "encoding": {
            **place,
            **(series(names, "series") if len(set(names)) > 1 else alone),
            "tooltip": [{"field": "group"}, {"field": "series"}, {"field": over}, shown],
        },
    }
    if comparison.by in (over, "run"):
        return [line]
    # The group's label, once beside the last point of its series.
    labels = {
        "transform": [{"filter": {"field": "series", "equal": names[-1]}}],
        "mark": plain_text(dy=-10, align=_inwards(over, counts), limit=LABEL_LIMIT),
        "encoding": {**place, "text": {"field": "group"}},
    }
    return [line, labels]


def _inwards(over: str, counts: Sequence[float]) -> dict[str, str]:
    """Align the labels of the first and last points so that they stay inside the chart."""
    at = f"datum['{over}']"
    return {"expr": f"{at} <= {counts[0]} ? 'left' : {at} >= {counts[-1]} ? 'right' : 'center'"}


def _ideal(
    comparison: Comparison, rows: Sequence[tuple[Cell, ...]], *, ideal: bool
) -> list[dict[str, Any]]:
    over = comparison.over
    base = next(group for group in comparison.groups if group.key == comparison.baseline)
    counts = [float(row[2] or 1) for row in rows]
    ends = [
        {over: n, "ideal": n / units_of(base, over) if ideal else 1.0}
        for n in (min(counts), max(counts))
    ]
    place = {
        "x": {"field": over, "type": "quantitative"},
        "y": {"field": "ideal", "type": "quantitative"},
    }
    return [
        {
            "data": {"values": ends},
            "mark": {"type": "line", "strokeDash": [4, 4], "color": NEUTRAL},
            "encoding": place,
        },
        {
            "data": {"values": ends[1:]},
            "mark": plain_text(align="right", dx=-4, dy=-6),
            "encoding": {**place, "text": {"value": "ideal"}},
        },
    ]


def _bars(
    comparison: Comparison,
    columns: tuple[Column, ...],
    lanes: Mapping[str, tuple[Cell, ...]],
    *,
    is_share: bool,
) -> Chart:
    field, title = columns[-1].name, columns[-1].label
    rows, named = tuple(lanes.values()), iter(lanes)
    spec = spec_of(
        title,
        values_of(columns, rows, lambda _: {"name": next(named)}),
        height=lanes_height(len(lanes)),
        **stated(comparison),
        mark={"type": "bar", "color": SERIES_COLOURS[0], "height": {"band": 0.7}},
        encoding={
            "y": lane_axis(list(lanes)),
            "x": {
                "field": field,
                "type": "quantitative",
                "title": axis_title(title),
                "scale": {"domainMin": 0},
                "axis": {"format": "%"} if is_share else {},
                "stack": None,
            },
        },
    )
    return Chart(spec, Table(columns, rows))
