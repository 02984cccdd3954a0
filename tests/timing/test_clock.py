"""One clock for what two processes saw."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlab.timing.clock import DRIFT, ClockMap, Reading, best


def reading(at_seconds, offset, uncertainty):
    return Reading(round(at_seconds * 1e9), at_seconds + offset, uncertainty)


def test_smallest_round_trip_wins():
    assert best([reading(1, 5, 0.3), reading(2, 5, 0.1), reading(3, 5, 0.2)]).at == 2_000_000_000
    assert best([]) is None


def test_good_reading_outweighs_a_bad_one_in_a_short_run():
    clocks = ClockMap(reading(0, 100, 0.0001), reading(2, 100.02, 0.03))
    assert clocks.uncertainty_seconds == pytest.approx(0.0001 + 2 * DRIFT)
    assert clocks.to_monotonic(101.0) == pytest.approx(1e9, abs=1e6)


def test_drift_over_hours_is_followed():
    hour = 3600
    clocks = ClockMap(reading(0, 100, 0.0002), reading(hour, 100.1, 0.0002))
    assert clocks.uncertainty_seconds == pytest.approx(0.0002)
    assert clocks.to_monotonic(hour / 2 + 100.05) == pytest.approx(hour / 2 * 1e9, abs=1e6)


@given(
    offset=st.floats(-1e6, 1e6),
    errors=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    uncertainties=st.tuples(st.floats(1e-5, 0.1), st.floats(1e-5, 0.1)),
    length=st.floats(0.1, 1e4),
    share=st.floats(0, 1),
)
def test_mapped_time_is_right_within_the_uncertainty(offset, errors, uncertainties, length, share):
    """The other clock is ahead by `offset`, and each reading is wrong by less than its uncertainty."""
    (e0, e1), (u0, u1) = errors, uncertainties
    clocks = ClockMap(reading(0, offset + e0 * u0, u0), reading(length, offset + e1 * u1, u1))
    true = length * share
    error = abs(clocks.to_monotonic(true + offset) / 1e9 - true)
    assert error <= clocks.uncertainty_seconds + 1e-6
