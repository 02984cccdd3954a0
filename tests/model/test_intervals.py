from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from hrlab.model.intervals import coarsen, intersect, subtract, total, union

EDGE = 60
points = st.integers(0, EDGE)
intervals = st.lists(st.tuples(points, points), max_size=12)


def nanoseconds(found):
    """The same as a set of whole nanoseconds: slow and obviously right."""
    return {at for start, stop in found for at in range(start, stop)}


def is_clean(found):
    return all(start < stop for start, stop in found) and all(
        a[1] < b[0] for a, b in itertools.pairwise(found)
    )


@given(intervals, intervals)
def test_union_is_the_time_in_any(a, b):
    found = union(a, b)
    assert nanoseconds(found) == nanoseconds(a) | nanoseconds(b)
    assert is_clean(found)


@given(intervals, intervals)
def test_intersection_is_the_time_in_both(a, b):
    found = intersect(union(a), union(b))
    assert nanoseconds(found) == nanoseconds(a) & nanoseconds(b)
    assert all(start < stop for start, stop in found)


@given(intervals, intervals)
def test_difference_is_the_time_in_one_only(a, b):
    found = subtract(union(a), union(b))
    assert nanoseconds(found) == nanoseconds(a) - nanoseconds(b)
    assert is_clean(found)


@given(intervals, intervals)
def test_parts_add_up_to_the_whole(a, b):
    a, b = union(a), union(b)
    assert total(intersect(a, b)) + total(subtract(a, b)) == total(a)


@given(intervals, st.integers(1, 12))
def test_coarsening_closes_gaps_and_says_how_much(found, limit):
    found = union(found)
    coarse, closed = coarsen(found, limit)
    assert len(coarse) <= limit
    assert nanoseconds(found) <= nanoseconds(coarse)
    assert total(coarse) - total(found) == closed
    assert is_clean(coarse)


@given(intervals, st.integers(1, 12))
def test_coarsening_closes_the_smallest_gaps(found, limit):
    found = union(found)
    gaps = sorted(b[0] - a[1] for a, b in itertools.pairwise(found))
    assert coarsen(found, limit)[1] == sum(gaps[: max(0, len(found) - limit)])


def test_touching_intervals_become_one():
    assert union([(0, 5), (5, 9)], [(9, 9)]) == [(0, 9)]
