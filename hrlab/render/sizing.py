"""Expected time and efficiency against the number of workers, with the advice marked."""

from __future__ import annotations

from typing import Any

from hrlab.model.sizing import Advice
from hrlab.model.units import format_count, format_duration, format_share
from hrlab.render.palette import NEUTRAL, PHASE_COLOURS
from hrlab.render.vega import Cell, Chart, Column, Table, spec_of, values_of

_COLUMNS = (
    Column("workers", "workers"),
    Column("seconds", "expected wall time", "s"),
    Column("low", "at least", "s"),
    Column("high", "at most", "s"),
    Column("efficiency", "efficiency"),
    Column("core_hours", "core hours"),
)
_TOOLTIP = [
    {"field": "workers"},
    {"field": "said", "title": "wall time"},
    {"field": "share", "title": "efficiency"},
    {"field": "core_hours", "title": "core hours", "format": ".3~g"},
]


def sizing(advice: Advice) -> Chart:
    """Wall time (line, with the range of what is likely) and efficiency (dashed) against workers."""
    rows = _rows(advice)
    spec = spec_of(
        f"Expected wall time and efficiency against workers; {advice.workers} are advised",
        values_of(_COLUMNS, rows, _said),
        height=220,
        encoding={"x": _workers_axis(rows)},
        layer=[_times(), _efficiency(), _mark(advice)],
        resolve={"scale": {"y": "independent"}},
    )
    return Chart(spec, Table(_COLUMNS, rows))


def _rows(advice: Advice) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        (*point, *more[1:]) for point, more in zip(advice.curve, advice.table, strict=True)
    )


def _said(row: Any) -> dict[str, Cell]:
    _, seconds, low, high, share, _ = row
    between = f"{format_duration(low)} to {format_duration(high)}"
    return {"said": f"{format_duration(seconds)} ({between})", "share": format_share(share)}


def _workers_axis(rows: tuple[tuple[Cell, ...], ...]) -> dict[str, Any]:
    most = int(rows[-1][0] or 1)
    return {
        "field": "workers",
        "type": "quantitative",
        "title": "workers",
        # Each doubling as wide as the one before: that is how people choose.
        "scale": {"type": "log", "base": 2, "domain": [int(rows[0][0] or 1), max(2, most)]},
        "axis": {"format": "d", "grid": True},
    }


def _times() -> dict[str, Any]:
    colour = PHASE_COLOURS["dask"]
    axis = {"title": "wall time (s)", "grid": True}
    scale = {"domainMin": 0, "nice": True}
    return {
        "layer": [
            {
                "mark": {"type": "area", "color": colour, "opacity": 0.25},
                "encoding": {
                    "y": {"field": "low", "type": "quantitative", "axis": axis, "scale": scale},
                    "y2": {"field": "high"},
                },
            },
            {
                "mark": {
                    "type": "line",
                    "color": colour,
                    "strokeWidth": 2,
                    "point": {"filled": True, "color": colour, "size": 20},
                },
                "encoding": {
                    "y": {"field": "seconds", "type": "quantitative", "axis": axis, "scale": scale},
                    "tooltip": _TOOLTIP,
                },
            },
        ]
    }


def _efficiency() -> dict[str, Any]:
    return {
        "mark": {
            "type": "line",
            "color": PHASE_COLOURS["pre"],
            "strokeDash": [6, 4],
            "strokeWidth": 2,
        },
        "encoding": {
            "y": {
                "field": "efficiency",
                "type": "quantitative",
                "scale": {"domain": [0, 1]},
                "axis": {"title": "efficiency (dashed)", "format": "%", "grid": False},
            },
            "tooltip": _TOOLTIP,
        },
    }


def _mark(advice: Advice) -> dict[str, Any]:
    chosen = {"filter": f"datum.workers === {advice.workers}"}
    text = f"{format_count(advice.workers)} advised"
    return {
        "transform": [chosen],
        "layer": [
            {"mark": {"type": "rule", "color": NEUTRAL, "strokeWidth": 2}},
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "dy": 8, "baseline": "top"},
                "encoding": {"text": {"value": text}, "y": {"value": 0}},
            },
        ],
    }
