"""Charts of the hardware use of two runs, overlaid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hrlab.comparison.chart_axes import seconds_axis, stated
from hrlab.comparison.difference import Difference
from hrlab.comparison.difference_chart import sides
from hrlab.comparison.groups import Comparison
from hrlab.comparison.overlay import Overlay, Quantity, Since
from hrlab.comparison.series import series
from hrlab.model.units import format_bytes, significant
from hrlab.render.vega import Cell, Chart, Column, Table, spec_of

_TITLES: Mapping[Quantity, str] = {
    "cpu": "cores busy",
    "memory": "memory",
    "network-read": "network read",
    "network-write": "network written",
    "disk-read": "disk read",
    "disk-write": "disk written",
}
_SINCE: Mapping[Since, str] = {
    "start": "time since start",
    "loop": "time since the first dask loop",
}
_STEPS = (("GiB", 2.0**30), ("MiB", 2.0**20), ("KiB", 2.0**10))


def resources(
    found: Sequence[Overlay], since: Since, difference: Difference, comparison: Comparison
) -> dict[str, Chart]:
    """Return a chart for each quantity, with both runs as steps."""
    return {
        f"resources-{overlay.quantity}": _chart(overlay, since, difference, comparison)
        for overlay in found
    }


def _chart(overlay: Overlay, since: Since, difference: Difference, comparison: Comparison) -> Chart:
    rows = _rows(overlay)
    times = [float(row[1] or 0) for row in rows]
    longest = max((abs(time) for time in times), default=0.0)
    largest = max((float(row[2] or 0) for row in rows), default=0.0)
    unit, size = _unit(overlay.quantity, largest)
    title = _TITLES[overlay.quantity] + (f" ({unit})" if unit else "")
    columns = (Column("run", "run"), Column("seconds", _SINCE[since], "s"), _column(overlay))
    # The same for every quantity, even if one was not sampled to the end.
    scale = {"domain": [min(times), max(times)], "nice": False}
    x = {**seconds_axis("seconds", longest, _SINCE[since]), "scale": scale}
    spec = spec_of(
        f"{_TITLES[overlay.quantity]}, {_SINCE[since]}",
        [_value(overlay.quantity, row, size) for row in rows],
        height=160,
        **stated(comparison, *sides(difference), *_unsampled(overlay), *_repeated(overlay)),
        mark={"type": "line", "interpolate": "step-after", "strokeWidth": 2},
        encoding={
            "x": x,
            "y": {
                "field": "shown",
                "type": "quantitative",
                "title": title,
                "scale": {"domain": [0, 1.05 * largest / size or 1.0], "nice": False},
                "axis": {"tickCount": 5},
            },
            **series([str(row[0]) for row in rows], "run"),
            "tooltip": [{"field": "run"}, {"field": "said", "title": _TITLES[overlay.quantity]}],
        },
    )
    return Chart(spec, Table(columns, rows))


def _column(overlay: Overlay) -> Column:
    unit = {"cpu": "cores", "memory": "B"}.get(overlay.quantity, "B/s")
    return Column("value", _TITLES[overlay.quantity], unit)


def _rows(overlay: Overlay) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        (name, seconds, value)
        for name, use in (("before", overlay.before), ("after", overlay.after))
        if use is not None
        for seconds, value in use.points
    )


def _value(quantity: Quantity, row: tuple[Cell, ...], size: float) -> dict[str, Cell]:
    run, seconds, value = row
    number = float(value) if isinstance(value, (int, float)) else None
    place: dict[str, Cell] = {"run": run, "seconds": seconds}
    if number is None:
        return {**place, "shown": None, "said": "not sampled"}
    rate = "" if quantity == "memory" else "/s"
    said = significant(number) if quantity == "cpu" else format_bytes(number) + rate
    return {**place, "shown": number / size, "said": said}


def _unit(quantity: Quantity, largest: float) -> tuple[str, float]:
    if quantity == "cpu":
        return "", 1.0
    unit, size = next((step for step in _STEPS if largest >= step[1]), ("B", 1.0))
    return (unit if quantity == "memory" else f"{unit}/s"), size


def _unsampled(overlay: Overlay) -> list[str]:
    missing = [
        name for name, use in (("before", overlay.before), ("after", overlay.after)) if use is None
    ]
    return [f"Not sampled in run {missing[0]}."] if missing else []


def _repeated(overlay: Overlay) -> list[str]:
    return ["A node's disk is counted once for each pod on it."] if overlay.repeated else []
