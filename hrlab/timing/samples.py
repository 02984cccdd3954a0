"""Samples of hardware use as they come: bounded, the finer the shorter the run.

A row holds for the time since the one before it: ``(start, stop, values)``. Too many of them are merged two by two.
"""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

#: More rows than a record has points, so that what a run was when it was short stays as fine as it is shown.
MAX_ROWS = 800
#: How often hardware use is sampled; 0 is never.
VARIABLE = "HRLAB_SAMPLE_SECONDS"
SAMPLE_SECONDS = 1.0
FINEST_SECONDS = 0.1

Values: TypeAlias = tuple[float | None, ...]
Row: TypeAlias = tuple[float, float, Values]


def sampling_seconds() -> float:
    """How often to sample: a second, or what the environment says."""
    with contextlib.suppress(ValueError):
        asked = float(os.environ.get(VARIABLE, ""))
        if asked == 0 or FINEST_SECONDS <= asked < math.inf:
            return asked
    return SAMPLE_SECONDS


class Samples:
    """Rows of one scheduler, each once, in their order.

    Attributes
    ----------
    next
        Number of the row that comes next.
    told
        What the last answer told of all of them.
    """

    def __init__(self) -> None:
        self.next = 0
        self.rows: list[Row] = []
        self.told: Mapping[str, Any] = {}

    def take(self, told: Mapping[str, Any]) -> None:
        """Take in an answer: its rows that are new. The first one says nothing of the time before it."""
        first, rows = int(told["first"]), told["rows"]
        for row in rows[max(0, self.next - first) :]:
            stop, *values = row
            self.rows.append((self.rows[-1][1] if self.rows else stop, stop, tuple(values)))
        self.next = max(self.next, first + len(rows))
        self.told = {key: value for key, value in told.items() if key != "rows"}
        if len(self.rows) > MAX_ROWS:
            self.rows = halved(self.rows)


#: How the columns of a row are merged: "t" averaged over time, "<" the least, ">" the most.
Columns: TypeAlias = str


def columns_of(width: int) -> Columns:
    """Of the sampler's rows: three numbers, then threes of sum, least and most."""
    return "ttt" + "t<>" * ((width - 3) // 3)


def halved(rows: Sequence[Row]) -> list[Row]:
    """Rows merged two by two."""
    return [
        (pair[0][0], pair[-1][1], merged([(stop - start, values) for start, stop, values in pair]))
        for pair in (rows[i : i + 2] for i in range(0, len(rows), 2))
    ]


def merged(parts: Iterable[tuple[float, Values]]) -> Values:
    """One row's values from several, each of which held for some time."""
    parts = list(parts)
    columns = columns_of(len(parts[0][1]))
    return tuple(
        _joined(kind, [(time, values[i]) for time, values in parts])
        for i, kind in enumerate(columns)
    )


def _joined(kind: str, told: Iterable[tuple[float, float | None]]) -> float | None:
    known = [(time, value) for time, value in told if value is not None]
    if not known:
        return None
    if kind != "t":
        return (min if kind == "<" else max)(value for _, value in known)
    whole = sum(time for time, _ in known)
    if whole <= 0:
        return known[-1][1]
    return sum(time * value for time, value in known) / whole


def resampled(rows: Sequence[Row], step: float, points: int) -> list[Values | None]:
    """Values for each of `points` intervals of length `step`, from 0 on; None where no row says anything.

    `rows` do not overlap and are in order.
    """
    parts: list[list[tuple[float, Values]]] = [[] for _ in range(points)]
    for start, stop, values in rows:
        first, last = int(start / step), int(stop / step)
        for i in range(max(0, first), min(last, points - 1) + 1):
            inside = min(stop, (i + 1) * step) - max(start, i * step)
            if inside > 0:
                parts[i].append((inside, values))
    return [merged(part) if part else None for part in parts]
