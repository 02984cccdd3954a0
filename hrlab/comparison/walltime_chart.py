"""Bars of the wall time of each group, divided into phases."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, replace
from typing import Any

from hrlab.comparison.chart_axes import (
    in_axis_unit,
    lane_axis,
    lanes_height,
    plain_text,
    seconds_axis,
    stated,
)
from hrlab.comparison.groups import Comparison, Group
from hrlab.comparison.words import by_name, joined, lane_names, series_name
from hrlab.model.names import numbered
from hrlab.model.units import format_duration
from hrlab.render.palette import NEUTRAL, ON_COLOUR, PHASE_COLOURS
from hrlab.render.vega import LABEL_SHARE, LEGEND, Cell, Chart, Column, Table, spec_of
from hrlab.render.words import PHASES, one_line

_COLUMNS = (
    Column("name", "group"),
    Column("phase", "phase"),
    Column("seconds", "time", "s"),
    Column("wall", "wall time", "s"),
    Column("low", "shortest", "s"),
    Column("high", "longest", "s"),
)
#: Room for the time at the end of the longest bar, as a factor.
_MARGIN = 1.22
#: With more lanes, the legend names the phases, and the axis and the table give the times: hundreds of labels would take
#: longer to draw than everything else.
MOST_LABELLED = 40
COLD = "cold"
_COLOURS = {**PHASE_COLOURS, "wall": "#B0B0B0", COLD: "#E8E8E8"}


def wall_time(comparison: Comparison) -> Chart:
    """Return medians as bars with phases, and a line from minimum to maximum; cold runs have separate lanes."""
    lanes = _lanes(comparison)
    longest = max(lane.high for lane in lanes)
    spec = spec_of(
        f"Wall time by {by_name(comparison)}",
        [value for lane in lanes for value in _segments(lane, longest)],
        height=lanes_height(len(lanes)),
        **stated(comparison, *_key_of_marks(comparison)),
        encoding={"y": lane_axis([lane.name for lane in lanes])},
        layer=[
            _bars(lanes, longest),
            *_ranges(lanes),
            *([_labels(), _totals(lanes, longest)] if len(lanes) <= MOST_LABELLED else []),
        ],
    )
    return Chart(spec, Table(_COLUMNS, tuple(row for lane in lanes for row in _rows(lane))))


@dataclass(frozen=True, slots=True)
class _Lane:
    """A bar: label, parts in order, and the values of its median, in seconds."""

    name: str
    parts: tuple[tuple[str, float], ...]
    wall: float
    low: float
    high: float


def _lanes(comparison: Comparison) -> list[_Lane]:
    """Return a lane for each group, followed by its cold runs."""
    lanes: list[_Lane] = []
    for group, name in zip(comparison.groups, lane_names(comparison), strict=True):
        low, high = group.wall_low_seconds, group.wall_high_seconds
        lanes.append(_Lane(name, _parts(group), group.wall_seconds, low, high))
        if group.cold:
            wall = statistics.median(group.cold_seconds)
            low, high = min(group.cold_seconds), max(group.cold_seconds)
            cold = f"{joined(group.label, series_name(group, comparison))}, {COLD}"
            lanes.append(_Lane(one_line(cold), ((COLD, wall),), wall, low, high))
    names = numbered([lane.name for lane in lanes])
    return [replace(lane, name=name) for lane, name in zip(lanes, names, strict=True)]


def _parts(group: Group) -> tuple[tuple[str, float], ...]:
    if group.phases is None:
        return (("wall", group.wall_seconds),)
    seconds = [getattr(group.phases, f"{name}_seconds") for name in PHASES]
    return tuple((name, one) for name, one in zip(PHASES, seconds, strict=True) if one > 0)


def _rows(lane: _Lane) -> list[tuple[Cell, ...]]:
    return [
        (lane.name, phase, seconds, lane.wall, lane.low, lane.high) for phase, seconds in lane.parts
    ]


def _segments(lane: _Lane, longest: float) -> list[dict[str, Cell]]:
    found: list[dict[str, Cell]] = []
    start = 0.0
    for phase, seconds in lane.parts:
        fits = seconds > LABEL_SHARE * longest * _MARGIN and phase in PHASES
        place: dict[str, Cell] = {"name": lane.name, "start": start, "stop": start + seconds}
        said = {"phase": phase, "label": phase if fits else "", "said": format_duration(seconds)}
        found.append({**place, **said})
        start += seconds
    return found


def _bars(lanes: list[_Lane], longest: float) -> dict[str, Any]:
    seen = {phase for lane in lanes for phase, _ in lane.parts}
    present = [name for name in _COLOURS if name in seen]
    time = seconds_axis("start", longest, "wall time, median")
    return {
        "mark": {"type": "bar", "height": {"band": 0.7}, "stroke": NEUTRAL, "strokeWidth": 0.5},
        "encoding": {
            "x": {**time, "scale": {"domain": [0, longest * _MARGIN], "nice": False}},
            "x2": {"field": "stop"},
            "color": {
                "field": "phase",
                "type": "nominal",
                "title": None,
                "sort": present,
                "scale": {"domain": present, "range": [_COLOURS[name] for name in present]},
                "legend": {**LEGEND, "columns": 5} if present != ["wall"] else None,
            },
            "tooltip": [{"field": "name"}, {"field": "phase"}, {"field": "said", "title": "time"}],
        },
    }


def _labels() -> dict[str, Any]:
    middle = "(datum.start + datum.stop) / 2"
    return {
        "transform": [{"filter": "datum.label != ''"}, {"calculate": middle, "as": "middle"}],
        "mark": {"type": "text", "color": ON_COLOUR, "fontSize": 11},
        "encoding": {
            "x": {"field": "middle", "type": "quantitative"},
            "text": {"field": "label"},
        },
    }


def _ranges(lanes: list[_Lane]) -> list[dict[str, Any]]:
    values = [
        {"name": lane.name, "low": lane.low, "high": lane.high}
        for lane in lanes
        if lane.low < lane.high
    ]
    if not values:
        return []
    dark = {"color": "#404040"}
    tick = {"type": "tick", "thickness": 1.5, "size": 8, **dark}

    def layer(mark: dict[str, Any], field: str, **more: Any) -> dict[str, Any]:
        x = {"field": field, "type": "quantitative"}
        return {"data": {"values": values}, "mark": mark, "encoding": {"x": x, **more}}

    return [
        layer({"type": "rule", "strokeWidth": 1.5, **dark}, "low", x2={"field": "high"}),
        layer(tick, "low"),
        layer(tick, "high"),
    ]


def _totals(lanes: list[_Lane], longest: float) -> dict[str, Any]:
    """Return the median as a number, right of everything else in its lane."""
    values = [
        {"name": lane.name, "end": lane.high, "said": in_axis_unit(lane.wall, longest)}
        for lane in lanes
    ]
    return {
        "data": {"values": values},
        "mark": plain_text(align="left", dx=6),
        "encoding": {"x": {"field": "end", "type": "quantitative"}, "text": {"field": "said"}},
    }


def _key_of_marks(comparison: Comparison) -> list[str]:
    said = []
    if any(len(group.runs) > 1 for group in comparison.groups):
        said.append("Median of the repeats; the line spans minimum to maximum.")
    if any(group.cold for group in comparison.groups):
        said.append(
            "Cold: first run of a fresh cluster or of new workers, excluded from the median."
        )
    return said
