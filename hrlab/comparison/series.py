"""Series of a chart, distinguished by colour-blind safe colours (Okabe and Ito) and by dashes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from hrlab.render.vega import LEGEND

SERIES_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
#: Columns of a legend and its maximum label width in pixels, by the length of the longest name.
_LEGEND_FORMS: tuple[tuple[float, int, int], ...] = (
    (18, 4, 120),
    (36, 2, 220),
    (math.inf, 1, 440),
)
SERIES_DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [1, 3])


def series(names: Sequence[str], field: str) -> dict[str, Any]:
    """Return encodings that give each of `names` its own colour and dash; they repeat after six."""
    present = list(dict.fromkeys(names))

    def among(values: Sequence[object]) -> list[object]:
        return [values[i % len(values)] for i in range(len(present))]

    longest = max(len(name) for name in present)
    columns, limit = next(form for length, *form in _LEGEND_FORMS if longest <= length)
    look = {"symbolType": "stroke", "symbolStrokeWidth": 2}
    legend = {**LEGEND, "columns": columns, "labelLimit": limit, **look}
    shared = {"field": field, "type": "nominal", "title": None, "sort": present, "legend": legend}
    return {
        "color": {**shared, "scale": {"domain": present, "range": among(SERIES_COLOURS)}},
        "strokeDash": {**shared, "scale": {"domain": present, "range": among(SERIES_DASHES)}},
    }
