"""Axes and titles shared by the charts of a comparison."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Sequence
from typing import Any

from hrlab.comparison.groups import Comparison
from hrlab.model.units import format_count, significant
from hrlab.render.vega import Spec
from hrlab.render.words import one_line

#: Characters per line above a chart, by the chart's width.
WIDE_CHARACTERS, NARROW_CHARACTERS, NARROW_PIXELS = 78, 36, 300
#: Vega parameter of each chart: its available width in pixels. Set by pages narrower than a report.
PAGE_WIDTH, REPORT_PIXELS, NARROW_PAGE_PIXELS = "pageWidth", 600, 520
#: Height of a lane in pixels: with few groups, and with the maximum number of groups.
LANE_PIXELS, THIN_LANE_PIXELS, ALL_LANES_PIXELS = 30, 14, 900
#: Maximum label width of a lane. Charts are measured with one font and displayed with others, some of them a fifth wider:
#: reserve this factor, otherwise labels would be clipped.
LABEL_PIXELS, NARROW_LABEL_PIXELS, WIDER = 220, 110, 1.2
_CHARACTER_PIXELS = 5.3
#: Maximum line length of an axis title, and maximum number of lines.
TITLE_CHARACTERS, TITLE_LINES = 34, 2
_NO_QUOTES = str.maketrans({'"': "”", "\\": "∖"})
#: Contrast of 4.5 on white and 4.1 on JupyterLab's dark theme; hrlab's own views and saved charts use the page's colour.
TEXT_COLOUR = "#767676"


def seconds_axis(field: str, longest_seconds: float, what: str) -> dict[str, Any]:
    """Return an axis of times, in the unit used for published tables of such times."""
    unit, seconds = _unit(longest_seconds)
    return {
        "field": field,
        "type": "quantitative",
        "title": f"{what} ({unit})",
        "axis": {"labelExpr": f"format(datum.value / {seconds}, ',.4~g')", "tickCount": 6},
    }


def _unit(seconds: float) -> tuple[str, float]:
    if seconds < 1:
        return "ms", 1e-3
    if seconds < 3600:
        return "s", 1
    return ("min", 60) if seconds < 6 * 3600 else ("h", 3600)


def lane_axis(names: Sequence[str]) -> dict[str, Any]:
    """Return an axis with a lane for each name, top to bottom."""
    return {
        "field": "name",
        "type": "nominal",
        "sort": list(names),
        "scale": {"domain": list(names)},
        "title": None,
        "axis": {
            "labelLimit": _where_narrow(NARROW_LABEL_PIXELS, LABEL_PIXELS),
            "minExtent": _where_narrow(
                _label_room(names, NARROW_LABEL_PIXELS), _label_room(names, LABEL_PIXELS)
            ),
            "ticks": False,
            "domain": False,
        },
    }


def _label_room(names: Sequence[str], most: int) -> int:
    longest = max((len(name) for name in names), default=0)
    return round(WIDER * min(most, _CHARACTER_PIXELS * longest))


def _where_narrow(narrow: int, wide: int) -> dict[str, str]:
    return {"expr": f"{PAGE_WIDTH} < {NARROW_PAGE_PIXELS} ? {narrow} : {wide}"}


def title_text(said: str) -> str:
    """Escape user text for a title: Vega-Lite inserts titles unescaped between quotes in expressions."""
    return one_line(said).translate(_NO_QUOTES)


def axis_title(text: str) -> str | list[str]:
    """Return the title of an axis, in lines that fit beside a small chart; longer titles are cut."""
    said = title_text(text)
    lines = textwrap.wrap(said, TITLE_CHARACTERS, max_lines=TITLE_LINES, placeholder=" …")
    return lines if len(lines) > 1 else said


def lanes_height(count: int) -> int:
    """Return the height of `count` lanes in pixels."""
    each = max(THIN_LANE_PIXELS, min(LANE_PIXELS, ALL_LANES_PIXELS // max(1, count)))
    return each * max(1, count)


def stated(comparison: Comparison, *lines: str) -> Spec:
    """Return the title of a chart, with everything needed to read it on its own, and its width."""
    shown = [*lines, *comparison.differs]
    given: Spec = {"params": [{"name": PAGE_WIDTH, "value": REPORT_PIXELS}]}
    if not shown:
        return given
    narrow, wide = (json.dumps(_wrapped(shown, n)) for n in (NARROW_CHARACTERS, WIDE_CHARACTERS))
    text = {"expr": f"width < {NARROW_PIXELS} ? {narrow} : {wide}"}
    style = {"anchor": "start", "fontSize": 11, "fontWeight": "normal", "frame": "bounds"}
    return {**given, "title": {"text": text, **style}}


def _wrapped(lines: Sequence[str], characters: int) -> list[str]:
    return [part for line in lines for part in textwrap.wrap(one_line(line), characters)]


def in_axis_unit(seconds: float, longest_seconds: float) -> str:
    """Format a time in the unit of its axis, for the end of a bar: ``1,135 s``."""
    unit, size = _unit(longest_seconds)
    value = seconds / size
    return f"{significant(value) if value < 1000 else format_count(round(value))} {unit}"


def plain_text(**more: Any) -> dict[str, Any]:
    """Return a text mark outside of bars, readable on light and dark backgrounds."""
    return {"type": "text", "color": TEXT_COLOUR, "fontSize": 11, **more}
