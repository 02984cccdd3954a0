"""Sets of time as sorted, disjoint, half-open intervals ``(start, stop)`` in integer nanoseconds.

Integers, because phases must add up exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

Interval: TypeAlias = tuple[int, int]
Intervals: TypeAlias = list[Interval]


def union(*sets: Iterable[Interval]) -> Intervals:
    """Return the time in any of the sets; adjacent intervals are merged, empty ones dropped."""
    merged: Intervals = []
    for start, stop in sorted(
        interval for one in sets for interval in one if interval[1] > interval[0]
    ):
        if merged and start <= merged[-1][1]:
            if stop > merged[-1][1]:
                merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((start, stop))
    return merged


def subtract(minuend: Sequence[Interval], subtrahend: Sequence[Interval]) -> Intervals:
    """Return the time of `minuend` that is not in `subtrahend`; both sorted and disjoint."""
    left: Intervals = []
    i = 0
    for begin, stop in minuend:
        start = begin
        while i < len(subtrahend) and subtrahend[i][1] <= start:
            i += 1
        j = i
        while j < len(subtrahend) and subtrahend[j][0] < stop:
            if subtrahend[j][0] > start:
                left.append((start, subtrahend[j][0]))
            start = max(start, subtrahend[j][1])
            j += 1
        if start < stop:
            left.append((start, stop))
    return left


def intersect(a: Sequence[Interval], b: Sequence[Interval]) -> Intervals:
    """Return the time in both; both sorted and disjoint."""
    common: Intervals = []
    i = j = 0
    while i < len(a) and j < len(b):
        start, stop = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if start < stop:
            common.append((start, stop))
        if a[i][1] < b[j][1]:
            i += 1
        else:
            j += 1
    return common


def total(intervals: Iterable[Interval]) -> int:
    """Return the total length."""
    return sum(stop - start for start, stop in intervals)


def coarsen(intervals: Sequence[Interval], limit: int) -> tuple[Intervals, int]:
    """Merge to at most `limit` intervals by closing the smallest gaps; also return the total length of those gaps."""
    if len(intervals) <= limit:
        return list(intervals), 0
    gaps = sorted(range(1, len(intervals)), key=lambda i: intervals[i][0] - intervals[i - 1][1])
    closed = set(gaps[: len(intervals) - limit])
    kept: Intervals = []
    for i, (start, stop) in enumerate(intervals):
        if i in closed:
            kept[-1] = (kept[-1][0], stop)
        else:
            kept.append((start, stop))
    return kept, sum(intervals[i][0] - intervals[i - 1][1] for i in closed)
