"""Charts of hardware use over time, on the time axis of the run's other charts: processor, memory, network, disk.

Drawn as steps, because a value covers an interval. Lines differ in dashes as well as in colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hrlab.model.resources import ClusterUse, Series, Values, mean
from hrlab.model.run import Run
from hrlab.model.units import format_bytes, format_duration, significant
from hrlab.render.palette import NEUTRAL
from hrlab.render.vega import LEFT, LEGEND, Cell, Chart, Column, Table, spec_of, time_axis
from hrlab.render.worker_steps import names_of_clusters

#: Line colours from the Okabe-Ito set, with enough contrast on white and on black.
_COLOURS = ("#E69F00", "#56B4E9", "#CC79A7", "#1FA880", "#D9C52B", "#0072B2")
_DASHES = ([1, 0], [6, 3], [2, 2], [8, 2, 2, 2], [4, 4], [1, 3])
_STEPS = (("TiB", 2.0**40), ("GiB", 2.0**30), ("MiB", 2.0**20), ("KiB", 2.0**10))


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its sum and, if known, minimum, mean and maximum of one worker or host."""

    name: str
    total: Values
    minimum: Values = ()
    mean: Values = ()
    maximum: Values = ()
    neutral: bool = False


def cpu(run: Run) -> Chart:
    """Return the cores kept busy by workers and kernel, and the number of threads."""
    lines: list[Line] = []
    for name, use in _uses(run):
        lines.append(_line(f"busy cores{name}", use.cpu_cores, use.workers))
        lines.append(Line(f"threads{name}", use.threads, neutral=True))
        if use.io_wait_cores is not None:
            lines.append(_line(f"I/O wait{name}", use.io_wait_cores, use.hosts))
    if run.resources is not None and run.resources.kernel is not None:
        lines.append(Line("kernel", run.resources.kernel.cpu_cores))
    return _chart(run, "Busy cores over time", lines, "cores")


def memory(run: Run) -> Chart:
    """Return resident memory of workers and kernel, spilled memory, and the sum of the workers' limits."""
    lines: list[Line] = []
    for name, use in _uses(run):
        lines.append(_line(f"workers{name}", use.memory_bytes, use.workers))
        if any(use.spilled_bytes.total):
            lines.append(_line(f"spilled{name}", use.spilled_bytes, use.workers))
        limit = run.clusters[use.cluster].memory_bytes
        highest = max((value or 0 for value in use.memory_bytes.total), default=0)
        if limit and highest > limit / 10:  # otherwise it would flatten all other lines
            lines.append(Line(f"limit{name}", (float(limit),) * len(use.workers), neutral=True))
    if run.resources is not None and run.resources.kernel is not None:
        lines.append(Line("kernel", run.resources.kernel.memory_bytes))
    return _chart(run, "Memory over time", lines, "bytes")


def network(run: Run) -> Chart:
    """Return the network traffic of the workers' hosts."""
    return _transfer(run, "Network of the workers' hosts over time", "network")


def disk(run: Run) -> Chart:
    """Return the disk traffic of the workers' hosts."""
    return _transfer(run, "Disks of the workers' hosts over time", "disk")


def _transfer(run: Run, title: str, what: str) -> Chart:
    lines = [
        _line(f"{way}{name}", getattr(use, f"{what}_{way}_bytes_per_second"), use.hosts)
        for name, use in _uses(run)
        for way in ("read", "write")
    ]
    return _chart(run, title, lines, "bytes/s")


def _uses(run: Run) -> list[tuple[str, ClusterUse]]:
    """Return the use of each cluster, with distinct suffixes if there are several."""
    uses = run.resources.clusters if run.resources is not None else ()
    names = names_of_clusters(run)
    return [(f" {names[use.cluster]}" if len(uses) > 1 else "", use) for use in uses]


def _line(name: str, series: Series, count: Values) -> Line:
    return Line(name, series.total, series.minimum, mean(series, count), series.maximum)


def _columns(unit: str) -> tuple[Column, ...]:
    of_one = "of one worker or host"
    return (
        Column("line", "line"),
        Column("seconds", "time", "s"),
        Column("total", "all", unit),
        Column("minimum", f"least {of_one}", unit),
        Column("mean", f"mean {of_one}", unit),
        Column("maximum", f"most {of_one}", unit),
    )


def _rows(run: Run, lines: Iterable[Line]) -> list[tuple[Cell, ...]]:
    """Return the known values, repeating the last value of each interval at its end to make the step visible."""
    if run.resources is None:
        return []
    starts, interval = run.resources.starts, run.resources.interval_seconds
    rows: list[tuple[Cell, ...]] = []
    for line in lines:
        rest = [
            values or (None,) * len(starts) for values in (line.minimum, line.mean, line.maximum)
        ]
        told = list(zip(line.total, *rest, strict=True))
        for i, (start, values) in enumerate(zip(starts, told, strict=True)):
            if values[0] is None:
                continue
            rows.append((line.name, start, *values))
            if i + 1 == len(told) or told[i + 1][0] is None:
                rows.append((line.name, min(start + interval, run.wall_seconds), *values))
    return rows


def _chart(run: Run, description: str, lines: Sequence[Line], unit: str) -> Chart:
    rows = _rows(run, lines)
    present = {row[0] for row in rows}
    lines = [line for line in lines if line.name in present]
    spec = steps(run, description, lines, rows, unit, tooltip=_TOOLTIP)
    return Chart(spec, Table(_columns(unit), tuple(rows)))


def steps(
    run: Run,
    description: str,
    lines: Sequence[Line],
    rows: Sequence[tuple[Cell, ...]],
    unit: str,
    *,
    tooltip: Sequence[Mapping[str, str]],
    title: str = "",
) -> dict[str, object]:
    """Return a chart with a step line for each of `lines`; `rows` are line, seconds, sum, minimum, mean, maximum."""
    shown, scale = _scale(max((float(row[2] or 0) for row in rows), default=0.0), unit)
    names = [line.name for line in lines]
    coloured = [i for i, line in enumerate(lines) if not line.neutral]
    colours = [
        NEUTRAL if line.neutral else _COLOURS[coloured.index(i) % len(_COLOURS)]
        for i, line in enumerate(lines)
    ]
    dashes = [_DASHES[i % len(_DASHES)] for i in range(len(lines))]
    key = {"field": "line", "type": "nominal", "title": None, "sort": names, "legend": LEGEND}
    return spec_of(
        description,
        _values(rows, unit, scale),
        # An axis title would move the left edge, which must align with the charts above and below.
        title={
            "text": f"{title} ({shown})" if title and shown else title or shown,
            "anchor": "start",
            "fontSize": 11,
            "fontWeight": "normal",
        },
        height=110,
        encoding={
            "x": time_axis(run, "seconds"),
            "y": {
                "field": "scaled",
                "type": "quantitative",
                "title": None,
                "scale": {"domainMin": 0, "nice": True},
                "axis": {
                    **LEFT,
                    "grid": True,
                    "tickCount": 4,
                    "format": ".3~g",
                },
            },
        },
        layer=[
            {
                "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": 2},
                "encoding": {
                    "color": {**key, "scale": {"domain": names, "range": colours}},
                    "strokeDash": {**key, "scale": {"domain": names, "range": dashes}},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "opacity": 0, "size": 200, "clip": True},
                "encoding": {"tooltip": list(tooltip)},
            },
        ],
    )


_TOOLTIP = [
    {"field": "line"},
    {"field": "at", "title": "from"},
    {"field": "shown", "title": "all"},
    {"field": "least", "title": "least of one"},
    {"field": "most", "title": "most of one"},
]


def _values(rows: Sequence[tuple[Cell, ...]], unit: str, scale: float) -> list[dict[str, Cell]]:
    """Return rows with tooltip texts, converted to the axis unit so that ticks are round."""
    return [
        {
            "line": line,
            "seconds": seconds,
            "scaled": float(total or 0) / scale,
            "at": format_duration(float(seconds or 0)),
            "shown": _format(total, unit),
            "least": _format(minimum, unit),
            "most": _format(maximum, unit),
        }
        for line, seconds, total, minimum, _, maximum in rows
    ]


def _format(value: Cell, unit: str) -> str:
    if value is None:
        return ""
    if unit not in ("bytes", "bytes/s"):
        return f"{significant(float(value))} {unit}".strip()
    return format_bytes(float(value)) + unit.removeprefix("bytes")


def _scale(highest: float, unit: str) -> tuple[str, float]:
    """Return the unit of the axis, and its size in `unit`."""
    if unit not in ("bytes", "bytes/s"):
        return unit, 1.0
    suffix = unit.removeprefix("bytes")
    name, size = next(((n, s) for n, s in _STEPS if highest >= s), ("B", 1.0))
    return f"{name}{suffix}", size
