"""What a chart is, and the parts that all charts of a run share.

Specifications are Vega-Lite v5, which JupyterLab draws natively. They leave the width to the page and text and lines to its
theme, and stay readable without colour: parts are labelled, stages have lanes, clusters have dashes of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from hrlab.model.run import Run
from hrlab.render.palette import NEUTRAL, ON_COLOUR, PHASE_COLOURS, STAGE_COLOURS

Cell: TypeAlias = str | float | int | None
Spec: TypeAlias = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"

# One under the other, the charts of a run share their time axis: their left edges must agree.
LEFT_PIXELS = 92
LANE_PIXELS = 22
# A bar that is shorter than this share of the run has no room for its label.
LABEL_SHARE = 0.09


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a chart's table: key, title and unit (empty for text)."""

    name: str
    label: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """What a chart shows, for reading, copying and screen readers. Times are in seconds from the start of the run."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A Vega-Lite v5 specification without a width, and the table behind it."""

    spec: Spec
    table: Table

    def to_dict(self) -> dict[str, Any]:
        """As JSON: ``{spec, table: {columns: [{name, label, unit}], rows}}``."""
        return {"spec": self.spec, "table": table_dict(self.table)}


def table_dict(table: Table) -> dict[str, Any]:
    """As JSON: ``{columns: [{name, label, unit}], rows}``."""
    columns = [
        {"name": column.name, "label": column.label, "unit": column.unit}
        for column in table.columns
    ]
    return {"columns": columns, "rows": [list(row) for row in table.rows]}


LEFT: Mapping[str, Any] = {"minExtent": LEFT_PIXELS, "maxExtent": LEFT_PIXELS}
LEGEND: Mapping[str, Any] = {"orient": "bottom", "columns": 2}


def spec_of(description: str, values: list[dict[str, Cell]], **parts: Any) -> Spec:
    """The specification around `parts`, with its data inside and without a width."""
    return {
        "$schema": SCHEMA,
        "description": description,
        "background": "transparent",
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"values": values},
        **parts,
        "config": {
            "view": {"stroke": None},
            "axis": {
                "domainColor": NEUTRAL,
                "tickColor": NEUTRAL,
                "gridColor": NEUTRAL,
                "gridOpacity": 0.3,
            },
        },
    }


def values_of(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    extras: Callable[[Sequence[Cell]], dict[str, Cell]],
) -> list[dict[str, Cell]]:
    """Rows as Vega-Lite wants them, with what only the picture needs added to each."""
    names = [column.name for column in columns]
    return [{**dict(zip(names, row, strict=True)), **extras(row)} for row in rows]


def time_axis(run: Run, field: str) -> dict[str, Any]:
    """The run's whole time axis, in the unit in which people would say it."""
    unit, seconds = _time_unit(run.wall_seconds)
    return {
        "field": field,
        "type": "quantitative",
        "title": f"time ({unit})",
        "scale": {"domain": [0, run.wall_seconds or 1], "nice": False},
        "axis": {
            "grid": True,
            "labelExpr": f"format(datum.value / {seconds}, '.3~g')",
            "tickCount": 6,
        },
    }


def _time_unit(wall_seconds: float) -> tuple[str, float]:
    if wall_seconds < 1:
        return "ms", 1e-3
    if wall_seconds < 300:
        return "s", 1
    return ("min", 60) if wall_seconds < 3 * 3600 else ("h", 3600)


def lane_axis(lanes: list[str]) -> dict[str, Any]:
    """Lanes from top to bottom, labelled."""
    return {
        "field": "lane",
        "type": "nominal",
        "sort": lanes,
        "title": None,
        "axis": {**LEFT, "labelLimit": LEFT_PIXELS - 8, "ticks": False, "domain": False},
    }


def part_colour(whats: Sequence[str], legend: Sequence[str]) -> dict[str, Any]:
    """Colours of the phases and stages that occur; the rest is neutral."""
    present = list(dict.fromkeys(whats))
    colours = {**PHASE_COLOURS, **STAGE_COLOURS}
    return {
        "field": "what",
        "type": "nominal",
        "title": None,
        "sort": present,
        "scale": {"domain": present, "range": [colours.get(what, "#D0D0D0") for what in present]},
        "legend": {**LEGEND, "values": [what for what in present if what in legend]},
    }


def bars_with_labels(
    run: Run, legend: Sequence[str], whats: Sequence[str], tooltip: Sequence[Mapping[str, str]]
) -> list[Spec]:
    """Two layers: bars from ``start_seconds`` to ``stop_seconds``, and the ``label`` of those long enough to hold it."""
    bars = {
        "mark": {"type": "bar", "height": {"band": 0.8}, "stroke": NEUTRAL, "strokeWidth": 0.5},
        "encoding": {
            "x": time_axis(run, "start_seconds"),
            "x2": {"field": "stop_seconds"},
            "color": part_colour(whats, legend),
            "tooltip": list(tooltip),
        },
    }
    middle = "(datum.start_seconds + datum.stop_seconds) / 2"
    labels = {
        "transform": [{"filter": "datum.label != ''"}, {"calculate": middle, "as": "middle"}],
        "mark": {"type": "text", "color": ON_COLOUR, "fontSize": 11, "clip": True},
        "encoding": {"x": time_axis(run, "middle"), "text": {"field": "label"}},
    }
    return [bars, labels]
