"""Chart type, and the parts shared by all charts of a run.

Specifications are Vega-Lite v5, which JupyterLab renders natively. Width, text and line colours come from the page and
its
theme. Charts are readable without colour: parts are labelled, stages have lanes, clusters have distinct dashes.
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

# Stacked charts of a run share a time axis: their left edges must align.
LEFT_PIXELS = 92
LANE_PIXELS = 22
# Bars shorter than this share of the run have no room for a label.
LABEL_SHARE = 0.09


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a chart's table: key, title and unit (empty for text)."""

    name: str
    label: str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A chart's data, for reading, copying and screen readers. Times are in seconds from the start of the run."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """A Vega-Lite v5 specification without a width, with its table."""

    spec: Spec
    table: Table

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object ``{spec, table: {columns: [{name, label, unit}], rows}}``."""
        return {"spec": self.spec, "table": table_dict(self.table)}


def table_dict(table: Table) -> dict[str, Any]:
    """Return the JSON object ``{columns: [{name, label, unit}], rows}``."""
    columns = [
        {"name": column.name, "label": column.label, "unit": column.unit}
        for column in table.columns
    ]
    return {"columns": columns, "rows": [list(row) for row in table.rows]}


LEFT: Mapping[str, Any] = {"minExtent": LEFT_PIXELS, "maxExtent": LEFT_PIXELS}
LEGEND: Mapping[str, Any] = {"orient": "bottom", "columns": 2}


def spec_of(description: str, values: list[dict[str, Cell]], **parts: Any) -> Spec:
    """Return the specification of `parts`, with inline data and without a width."""
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
    """Return rows as Vega-Lite objects, each with additional values for the chart."""
    names = [column.name for column in columns]
    return [{**dict(zip(names, row, strict=True)), **extras(row)} for row in rows]


def time_axis(run: Run, field: str) -> dict[str, Any]:
    """Return the run's whole time axis, in a suitable unit."""
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
    """Return labelled lanes, top to bottom."""
    return {
        "field": "lane",
        "type": "nominal",
        "sort": lanes,
        "title": None,
        "axis": {**LEFT, "labelLimit": LEFT_PIXELS - 8, "ticks": False, "domain": False},
    }


def part_colour(whats: Sequence[str], legend: Sequence[str]) -> dict[str, Any]:
    """Return the colours of the phases and stages that occur; others are neutral."""
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
    """Return two layers: bars from ``start_seconds`` to ``stop_seconds``, and the ``label`` of sufficiently long ones."""
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
