"""Diverging bars of the difference between two runs: left is faster, right is slower."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from hrlab.comparison.chart_axes import lane_axis, lanes_height, plain_text, seconds_axis, stated
from hrlab.comparison.difference import Difference, Line, Part
from hrlab.comparison.groups import Comparison
from hrlab.comparison.tables import line_name
from hrlab.model.names import numbered
from hrlab.model.units import format_duration
from hrlab.render.palette import NEUTRAL
from hrlab.render.vega import LEGEND, Cell, Chart, Column, Table, spec_of

#: Blue and orange are distinct with every form of colour blindness; the direction also distinguishes them.
FASTER, SLOWER = "#56B4E9", "#D55E00"
_COLUMNS = (
    Column("part", "part of"),
    Column("name", "name"),
    Column("before", "before", "s"),
    Column("after", "after", "s"),
    Column("change", "change", "s"),
)


def differences(difference: Difference, comparison: Comparison) -> dict[str, Chart]:
    """Return the charts of parts known for both runs: shares of the wall time, and thread time of groups."""
    found = {}
    shares = _chart(difference, comparison, ("wall", "phase", "stage"), "wall time, after − before")
    groups = _chart(difference, comparison, ("group",), "thread time, after − before")
    if len(shares.table.rows) > 1:
        found["difference"] = shares
    if groups.table.rows:
        found["difference-groups"] = groups
    return found


def sides(difference: Difference) -> tuple[str, str]:
    """Describe both runs with their start times: runs of the same code often share a name."""
    return (
        f"before: {difference.before_name}, {_when(difference.before_at)}",
        f"after: {difference.after_name}, {_when(difference.after_at)}",
    )


def _when(at: float) -> str:
    try:
        return f"{datetime.fromtimestamp(at, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):  # imported records may contain any number
        return "at an unknown time"


def _chart(
    difference: Difference, comparison: Comparison, parts: tuple[Part, ...], title: str
) -> Chart:
    lines = [line for line in difference.of(*parts) if line.change_seconds is not None]
    names = numbered([line_name(line) for line in lines])
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (line.part, name, line.before_seconds, line.after_seconds, line.change_seconds)
        for line, name in zip(lines, names, strict=True)
    )
    most = max((abs(line.change_seconds or 0.0) for line in lines), default=0.0) or 1.0
    # Labels are outside the bars, on both sides.
    scale = {"domain": [-1.4 * most, 1.4 * most], "nice": False}
    x = {**seconds_axis("change", most, title), "scale": scale, "stack": None}
    del x["field"]
    spec = spec_of(
        title,
        [_value(line, name) for line, name in zip(lines, names, strict=True)],
        height=lanes_height(len(names)),
        **stated(comparison, *sides(difference)),
        layer=[
            {"mark": {"type": "rule", "color": NEUTRAL}, "encoding": {"x": {**x, "datum": 0}}},
            {
                "encoding": {"y": lane_axis(names), "x": {**x, "field": "change"}},
                "layer": [_bars(), _labels(">= 0", "left", 4), _labels("< 0", "right", -4)],
            },
        ],
    )
    return Chart(spec, Table(_COLUMNS, rows))


def _value(line: Line, name: str) -> dict[str, Cell]:
    change = line.change_seconds or 0.0
    return {
        "name": name,
        "change": change,
        "kind": "slower" if change > 0 else "faster",
        "said": ("+" if change > 0 else "") + format_duration(change),
        "was": format_duration(line.before_seconds),
        "is": format_duration(line.after_seconds),
    }


def _bars() -> dict[str, Any]:
    scale = {"domain": ["faster", "slower"], "range": [FASTER, SLOWER]}
    return {
        "mark": {"type": "bar", "height": {"band": 0.7}},
        "encoding": {
            "color": {
                "field": "kind",
                "type": "nominal",
                "title": None,
                "scale": scale,
                "legend": LEGEND,
            },
            "tooltip": [
                {"field": "name"},
                {"field": "was", "title": "before"},
                {"field": "is", "title": "after"},
                {"field": "said", "title": "change"},
            ],
        },
    }


def _labels(side: str, align: str, dx: int) -> dict[str, Any]:
    return {
        "transform": [{"filter": f"datum.change {side}"}],
        "mark": plain_text(align=align, dx=dx),
        "encoding": {"text": {"field": "said"}},
    }
