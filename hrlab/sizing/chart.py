"""Chart of expected time and efficiency against the number of workers, with the recommendation marked."""

from __future__ import annotations

from typing import Any

from hrlab.model.units import format_count, format_duration, format_share
from hrlab.render.palette import NEUTRAL, PHASE_COLOURS
from hrlab.render.vega import Cell, Chart, Column, Table, spec_of, values_of
from hrlab.sizing.advice import Advice

_COLUMNS = (
    Column("workers", "workers"),
    Column("seconds", "expected wall time", "s"),
    Column("low", "at least", "s"),
    Column("high", "at most", "s"),
    Column("efficiency", "efficiency"),
    Column("core_hours", "core hours"),
    Column("note", "note"),
)
ADVISED, OVER_QUOTA, A_GUESS = "advised", "over the quota", "a guess"
_TOOLTIP = [
    {"field": "workers"},
    {"field": "said", "title": "wall time"},
    {"field": "share", "title": "efficiency"},
    {"field": "core_hours", "title": "core hours", "format": ".3~g"},
    {"field": "note"},
]


def sizing(advice: Advice) -> Chart:
    """Return wall time (line, with its likely range) and efficiency (dashed) against workers.

    Measured runs are dots; beyond four times the measured maximum, the line is dotted and the efficiency unknown. Sizes
    beyond
    the quota are grey.
    """
    rows = _rows(advice)
    is_known = any(advice.tells_efficiency(workers) for workers, *_ in advice.table)
    what = "wall time and efficiency" if is_known else "wall time"
    spec = spec_of(
        f"Expected {what} against workers; {advice.workers} recommended",
        values_of(_COLUMNS, rows, _format),
        height=220,
        encoding={"x": _workers_axis(rows)},
        layer=[
            *_over_quota(advice, rows),
            _times(advice),
            *([_efficiency()] if is_known else []),
            _mark(advice, rows),
        ],
        resolve={"scale": {"y": "independent"}},
    )
    return Chart(spec, Table(_COLUMNS, rows))


def _rows(advice: Advice) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        (
            *point,
            share if advice.tells_efficiency(workers) else None,
            hours,
            _record(advice, workers),
        )
        for point, (workers, share, hours) in zip(advice.curve, advice.table, strict=True)
    )


def _record(advice: Advice, workers: int) -> str:
    notes = {
        ADVISED: workers == advice.workers,
        OVER_QUOTA: workers > advice.bounds.get("quota", workers),
        A_GUESS: workers > advice.trusted_workers,
    }
    return ", ".join(note for note, holds in notes.items() if holds)


def _format(row: Any) -> dict[str, Cell]:
    _, seconds, low, high, share, *_ = row
    between = f"{format_duration(low)} to {format_duration(high)}"
    said = "unknown" if share is None else format_share(share)
    return {"said": f"{format_duration(seconds)} ({between})", "share": said}


def _workers_axis(rows: tuple[tuple[Cell, ...], ...]) -> dict[str, Any]:
    most = int(rows[-1][0] or 1)
    return {
        "field": "workers",
        "type": "quantitative",
        "title": "workers",
        # Logarithmic: users choose by doubling.
        "scale": {"type": "log", "base": 2, "domain": [int(rows[0][0] or 1), max(2, most)]},
        "axis": {"format": "d", "grid": True},
    }


def _times(advice: Advice) -> dict[str, Any]:
    colour, trusted = PHASE_COLOURS["dask"], advice.trusted_workers
    axis = {"title": "wall time (s)", "grid": True}
    scale = {"domainMin": 0, "nice": True}
    y = {"field": "seconds", "type": "quantitative", "axis": axis, "scale": scale}
    points = {"filled": True, "color": colour, "size": 20}
    line = {"type": "line", "color": colour, "strokeWidth": 2, "point": points}
    return {
        "layer": [
            {
                "mark": {"type": "area", "color": colour, "opacity": 0.25},
                "encoding": {"y": {**y, "field": "low"}, "y2": {"field": "high"}},
            },
            {
                "transform": [{"filter": f"datum.workers <= {trusted}"}],
                "mark": line,
                "encoding": {"y": y, "tooltip": _TOOLTIP},
            },
            {
                "transform": [{"filter": f"datum.workers >= {trusted}"}],
                "mark": {**line, "strokeDash": [2, 4]},
                "encoding": {"y": y, "tooltip": _TOOLTIP},
            },
            *_measured(advice, y),
        ]
    }


def _measured(advice: Advice, y: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the runs of the evidence with the same amount of work."""
    amount = next(iter(advice.workload.values()), 1.0)
    values = [
        {"workers": threads / advice.cores_per_worker, "seconds": seconds, "of": "measured"}
        for threads, seconds, _, worked in advice.measured
        if worked == amount and threads >= advice.cores_per_worker
    ]
    if not values:
        return []
    colour = PHASE_COLOURS["dask"]
    titles = {"of": " ", "workers": "workers", "seconds": "wall time (s)"}
    tooltip = [{"field": field, "title": title} for field, title in titles.items()]
    return [
        {
            "data": {"values": values},
            "mark": {"type": "point", "color": colour, "size": 70, "strokeWidth": 2},
            "encoding": {"y": y, "tooltip": tooltip},
        }
    ]


def _over_quota(advice: Advice, rows: tuple[tuple[Cell, ...], ...]) -> list[dict[str, Any]]:
    left, last = advice.bounds.get("quota"), int(rows[-1][0] or 1)
    if left is None or left >= last:
        return []
    first = max(left, int(rows[0][0] or 1))
    return [
        {
            "data": {"values": [{"workers": first, "last": last}]},
            "mark": {"type": "rect", "color": NEUTRAL, "opacity": 0.15},
            "encoding": {"x2": {"field": "last"}},
        },
        {
            "data": {"values": [{"workers": first, "said": f"quota allows {format_count(left)}"}]},
            "layer": [
                {"mark": {"type": "rule", "color": NEUTRAL, "strokeDash": [4, 3]}},
                {
                    "mark": _text(first, rows, 22),
                    "encoding": {"text": {"field": "said"}, "y": {"value": 0}},
                },
            ],
        },
    ]


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


def _mark(advice: Advice, rows: tuple[tuple[Cell, ...], ...]) -> dict[str, Any]:
    chosen = {"filter": f"datum.workers === {advice.workers}"}
    text = f"{format_count(advice.workers)} recommended"
    return {
        "transform": [chosen],
        "layer": [
            {"mark": {"type": "rule", "color": NEUTRAL, "strokeWidth": 2}},
            {
                "mark": _text(advice.workers, rows, 8),
                "encoding": {"text": {"value": text}, "y": {"value": 0}},
            },
        ],
    }


def _text(workers: int, rows: tuple[tuple[Cell, ...], ...], below: int) -> dict[str, Any]:
    """Return a label beside the line at `workers`, on the side with more room."""
    least, most = int(rows[0][0] or 1), int(rows[-1][0] or 1)
    is_right = workers * workers > least * most
    side = {"align": "right", "dx": -5} if is_right else {"align": "left", "dx": 5}
    # Vega's dark theme leaves text marks black: this grey is readable on both.
    return {
        "type": "text",
        **side,
        "dy": below,
        "baseline": "top",
        "color": NEUTRAL,
        "fontWeight": "bold",
    }
