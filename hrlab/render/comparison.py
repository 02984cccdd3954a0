"""Pictures of runs compared: time with its phases, speed-up, efficiency, time against work. Fit for a paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hrlab.model.comparison import Comparison, Group
from hrlab.model.units import format_count, format_duration, format_share, significant
from hrlab.render.palette import NEUTRAL, PHASE_COLOURS
from hrlab.render.vega import LEGEND, Cell, Chart, Column, Table, spec_of, values_of

#: Told apart by colour-blind people (Okabe and Ito), by dash and by mark.
SERIES_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
SERIES_DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [1, 3])
ROW_PIXELS = 30

_PHASES = ("pre", "dask", "between", "post")


def charts(comparison: Comparison) -> dict[str, Chart]:
    """All pictures that the runs are enough for, by name, in order."""
    found = {"time": time(comparison)}
    if _known(comparison, lambda group: group.speed_up):
        found["speed-up"] = speed_up(comparison)
        found["efficiency"] = efficiency(comparison)
    if comparison.amount is not None:
        found["work"] = work(comparison)
    return found


def headline(comparison: Comparison) -> str:
    """What was found, in a sentence: the baseline, the others, and the fastest with its speed-up and efficiency."""
    largest = max((group.amount or 0.0) for group in comparison.groups)
    shown = [group for group in comparison.groups if (group.amount or 0.0) == largest]
    times = ", ".join(f"{group.label} {format_duration(group.wall_seconds)}" for group in shown[:6])
    start = f"{format_count(largest)} {comparison.amount}: {times}" if comparison.amount else times
    best = min(shown, key=lambda group: group.wall_seconds)
    if best.speed_up is None or best.key == comparison.baseline:
        return f"{start}."
    faster = f"{significant(best.speed_up, 2)} times faster than {_base(comparison)}"
    share = format_share(best.efficiency)
    return f"{start}: {faster} on {format_count(best.threads)} threads ({share} efficiency)."


def time(comparison: Comparison) -> Chart:
    """Wall time of each group as a bar with its phases, and from the shortest to the longest as a line."""
    names = {id(group): _name(group, comparison) for group in comparison.groups}
    rows: list[tuple[Cell, ...]] = []
    for group in comparison.groups:
        for phase, seconds in _parts(group):
            low, high = group.wall_low_seconds, group.wall_high_seconds
            rows.append((names[id(group)], phase, seconds, group.wall_seconds, low, high))
    order = list(names.values())
    present = [name for name in (*_PHASES, "wall") if any(row[1] == name for row in rows)]
    colours = {**PHASE_COLOURS, "wall": "#B0B0B0"}
    lanes = {"field": "group", "type": "nominal", "sort": order, "title": None}
    ends = {"aggregate": "max", "type": "quantitative"}
    spec = spec_of(
        f"Wall time by {_by(comparison)}",
        values_of(_TIME, rows, lambda row: {"at": _PLACE.get(str(row[1]), 9)}),
        height=ROW_PIXELS * max(1, len(order)),
        encoding={"y": {**lanes, "axis": {"labelLimit": 260, "ticks": False, "domain": False}}},
        layer=[
            {
                "mark": {"type": "bar", "stroke": NEUTRAL, "strokeWidth": 0.5},
                "encoding": {
                    "x": {
                        "field": "seconds",
                        "type": "quantitative",
                        "stack": "zero",
                        "title": "wall time (s), median",
                    },
                    "order": {"field": "at"},
                    "color": {
                        "field": "phase",
                        "type": "nominal",
                        "title": None,
                        "sort": present,
                        "scale": {"domain": present, "range": [colours[name] for name in present]},
                        "legend": {**LEGEND, "columns": 5},
                    },
                    "tooltip": [{"field": "group"}, {"field": "phase"}, {"field": "seconds"}],
                },
            },
            {
                "mark": {"type": "rule", "strokeWidth": 1.5, "color": "#404040"},
                "encoding": {
                    "x": {**ends, "field": "low"},
                    "x2": {"aggregate": "max", "field": "high"},
                },
            },
        ],
    )
    return Chart(spec, Table(_TIME, tuple(rows)))


def speed_up(comparison: Comparison) -> Chart:
    """Speed-up against the baseline: over threads with the ideal line, or as bars where threads do not differ."""
    title = f"times faster than {_base(comparison)}"
    return _ratio(comparison, "speed_up", title, lambda group: group.speed_up, ideal=True)


def efficiency(comparison: Comparison) -> Chart:
    """Speed-up over how many times more threads there were."""
    title = f"efficiency against {_base(comparison)}"
    return _ratio(comparison, "efficiency", title, lambda group: group.efficiency, ideal=False)


def work(comparison: Comparison) -> Chart:
    """Wall time against the amount of work, a line for each group."""
    columns = (
        Column("amount", comparison.amount or "amount"),
        Column("group", _by(comparison)),
        Column("seconds", "wall time", "s"),
    )
    rows = tuple(
        (group.amount, group.label, group.wall_seconds)
        for group in comparison.groups
        if group.amount is not None
    )
    spec = spec_of(
        f"Wall time against {comparison.amount}",
        values_of(columns, rows, lambda row: {"said": format_duration(float(row[2] or 0))}),
        height=240,
        mark={"type": "line", "point": {"size": 50}, "strokeWidth": 2},
        encoding={
            "x": {"field": "amount", "type": "quantitative", "title": comparison.amount},
            "y": {"field": "seconds", "type": "quantitative", "title": "wall time (s), median"},
            **_series([str(row[1]) for row in rows], "group"),
            "tooltip": [
                {"field": "group"},
                {"field": "amount"},
                {"field": "said", "title": "time"},
            ],
        },
    )
    return Chart(spec, Table(columns, rows))


def _ratio(
    comparison: Comparison,
    field: str,
    title: str,
    value: Callable[[Group], float | None],
    *,
    ideal: bool,
) -> Chart:
    columns = (
        Column("group", _by(comparison)),
        Column("series", comparison.amount or "work"),
        Column("threads", "threads"),
        Column(field, title),
    )
    rows = tuple(
        (group.label, _series_name(group, comparison), group.threads, found)
        for group in comparison.groups
        if (found := value(group)) is not None
    )
    if len({row[2] for row in rows}) < 2:
        return _ratio_bars(columns, rows, field, title)
    series = [str(row[1]) for row in rows]
    lines: dict[str, Any] = {
        "mark": {"type": "line", "point": {"size": 50}, "strokeWidth": 2},
        "encoding": {
            "x": {"field": "threads", "type": "quantitative", "title": "threads"},
            "y": {
                "field": field,
                "type": "quantitative",
                "title": title,
                "scale": {"domainMin": 0},
                "axis": {} if ideal else {"format": "%"},
            },
            **(
                _series(series, "series")
                if len(set(series)) > 1
                else {"color": {"value": SERIES_COLOURS[0]}}
            ),
            "tooltip": [
                {"field": "group"},
                {"field": "threads"},
                {"field": field, "format": ".3~g"},
            ],
        },
    }
    spec = spec_of(
        f"{title} over threads",
        values_of(columns, rows, lambda _: {}),
        height=240,
        layer=[lines, *_ideal(comparison, rows, ideal=ideal)],
    )
    return Chart(spec, Table(columns, rows))


def _ideal(
    comparison: Comparison, rows: Sequence[tuple[Cell, ...]], *, ideal: bool
) -> list[dict[str, Any]]:
    base = next(group for group in comparison.groups if group.key == comparison.baseline)
    threads = [float(row[2] or 1) for row in rows]
    ends = [
        {"threads": n, "ideal": n / base.threads if ideal else 1.0}
        for n in (min(threads), max(threads))
    ]
    return [
        {
            "data": {"values": ends},
            "mark": {"type": "line", "strokeDash": [4, 4], "color": NEUTRAL},
            "encoding": {
                "x": {"field": "threads", "type": "quantitative"},
                "y": {"field": "ideal", "type": "quantitative"},
            },
        },
        {
            "data": {"values": ends[1:]},
            "mark": {"type": "text", "align": "right", "dx": -4, "dy": -6, "color": NEUTRAL},
            "encoding": {
                "x": {"field": "threads", "type": "quantitative"},
                "y": {"field": "ideal", "type": "quantitative"},
                "text": {"value": "ideal"},
            },
        },
    ]


def _ratio_bars(
    columns: tuple[Column, ...], rows: tuple[tuple[Cell, ...], ...], field: str, title: str
) -> Chart:
    values = values_of(columns, rows, lambda row: {"name": _joined(str(row[0]), str(row[1]))})
    spec = spec_of(
        title,
        values,
        height=ROW_PIXELS * max(1, len(rows)),
        mark={"type": "bar", "color": SERIES_COLOURS[0]},
        encoding={
            "y": {
                "field": "name",
                "type": "nominal",
                "sort": None,
                "title": None,
                "axis": {"labelLimit": 260},
            },
            "x": {
                "field": field,
                "type": "quantitative",
                "title": title,
                "scale": {"domainMin": 0},
            },
        },
    )
    return Chart(spec, Table(columns, rows))


def _series(names: Sequence[str], field: str) -> dict[str, Any]:
    present = list(dict.fromkeys(names))
    count = len(present)
    colours = [SERIES_COLOURS[i % len(SERIES_COLOURS)] for i in range(count)]
    dashes = [SERIES_DASHES[i % len(SERIES_DASHES)] for i in range(count)]
    legend = {**LEGEND, "columns": 4, "symbolType": "stroke", "symbolStrokeWidth": 2}
    shared = {"field": field, "type": "nominal", "title": None, "sort": present, "legend": legend}
    return {
        "color": {**shared, "scale": {"domain": present, "range": colours}},
        "strokeDash": {**shared, "scale": {"domain": present, "range": dashes}},
    }


_TIME = (
    Column("group", "group"),
    Column("phase", "phase"),
    Column("seconds", "time", "s"),
    Column("wall", "wall time", "s"),
    Column("low", "shortest", "s"),
    Column("high", "longest", "s"),
)
_PLACE: Mapping[str, int] = {name: i for i, name in enumerate(_PHASES)}


def _parts(group: Group) -> list[tuple[str, float]]:
    if group.phases is None:
        return [("wall", group.wall_seconds)]
    seconds = [getattr(group.phases, f"{name}_seconds") for name in _PHASES]
    return [(name, one) for name, one in zip(_PHASES, seconds, strict=True) if one > 0]


def _name(group: Group, comparison: Comparison) -> str:
    repeats = f" ({len(group.runs)}×)" if len(group.runs) > 1 else ""
    return _joined(group.label, _series_name(group, comparison)) + repeats


def _series_name(group: Group, comparison: Comparison) -> str:
    if comparison.amount is None or group.amount is None:
        return ""
    return f"{format_count(group.amount)} {comparison.amount}"


def _joined(label: str, series: str) -> str:
    return f"{label}, {series}" if series else label


def _by(comparison: Comparison) -> str:
    return comparison.by.partition(":")[2] or comparison.by


def _base(comparison: Comparison) -> str:
    return next(group.label for group in comparison.groups if group.key == comparison.baseline)


def _known(comparison: Comparison, value: Callable[[Group], float | None]) -> bool:
    return sum(value(group) is not None for group in comparison.groups) > 1
