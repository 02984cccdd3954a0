"""The run's own time axis."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlab.timing.time_axis import Axis, TimeAxis

TWO = Axis(((100, 200), (300, 350)))


@pytest.mark.parametrize(
    ("at", "place"),
    [(0, 0), (100, 0), (150, 50), (200, 100), (250, 100), (300, 100), (340, 140), (999, 150)],
)
def test_idle_time_maps_to_the_edge_between_cells(at, place):
    assert TWO.place(at) == place


def test_work_over_an_idle_gap_is_split_into_own_and_idle_time():
    assert TWO.length == 150
    assert TWO.intervals([(150, 320)]) == [(50, 120)]
    assert TWO.idle([(150, 320)]) == 100
    assert TWO.idle([(0, 90), (360, 400)]) == 0


def test_cell_that_lasts_ends_now():
    time = TimeAxis()
    time.enter(10)
    assert time.axis(25).length == 15
    time.leave(30, 4)
    assert time.axis(99).length == 20
    assert time.spans[0].execution_count == 4


@given(st.lists(st.integers(0, 400), min_size=2, max_size=2).map(sorted))
def test_own_time_and_idle_time_add_up_inside_the_run(edges):
    start, stop = edges
    own = sum(b - a for a, b in TWO.intervals([(start, stop)]))
    clipped = max(0, min(stop, 350) - max(start, 100))
    assert own + TWO.idle([(start, stop)]) == clipped
