from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlab.timing import samples as module
from hrlab.timing.samples import Samples, halved, resampled, sampling_seconds

WIDTH = 6  # three numbers, and one quantity: sum, least, most


def row(start, stop, value, least=None, most=None):
    return (start, stop, (1.0, 1.0, 1.0, value, least, most))


def area(rows):
    return sum((stop - start) * values[3] for start, stop, values in rows)


def test_answer_that_is_told_again_is_taken_once():
    samples = Samples()
    told = {"first": 0, "rows": [[0.0, 1], [1.0, 2]]}
    samples.take(told)
    samples.take(told)
    samples.take({"first": 1, "rows": [[1.0, 2], [2.0, 3]]})
    assert samples.rows == [(0.0, 0.0, (1,)), (0.0, 1.0, (2,)), (1.0, 2.0, (3,))]
    assert samples.next == 3


def test_rows_that_were_dropped_before_they_were_told_leave_no_gap_in_the_numbers():
    samples = Samples()
    samples.take({"first": 10, "rows": [[5.0, 1]]})
    assert samples.next == 11


def test_a_long_run_keeps_few_rows_and_their_sum(monkeypatch):
    monkeypatch.setattr(module, "MAX_ROWS", 16)
    samples = Samples()
    for i in range(1000):
        samples.take({"first": i, "rows": [[float(i), 1.0, 1.0, 1.0, float(i % 7), 0.0, 6.0]]})
    assert len(samples.rows) <= 16
    assert area(samples.rows) == pytest.approx(sum(i % 7 for i in range(1, 1000)))
    assert samples.rows[-1][1] == 999.0


def test_merging_keeps_the_least_and_the_most():
    merged = halved([row(0, 1, 2.0, 1.0, 5.0), row(1, 4, 6.0, 0.5, 3.0)])
    assert merged == [(0, 4, (1.0, 1.0, 1.0, 5.0, 0.5, 5.0))]


def test_what_is_unknown_for_a_while_does_not_count_as_zero():
    ((_, _, values),) = halved([row(0, 1, None), row(1, 2, 4.0)])
    assert values[3] == 4.0


def test_intervals_that_no_row_covers_are_none():
    values = resampled([row(1.0, 2.5, 3.0)], 1.0, 4)
    assert values[0] is None
    assert values[3] is None
    assert [v[3] for v in values[1:3]] == [3.0, 3.0]


@given(
    st.lists(st.tuples(st.floats(0.01, 5), st.floats(0, 100)), min_size=1, max_size=30),
    st.floats(0.1, 7),
)
def test_resampling_loses_no_area(lengths, step):
    rows, at = [], 0.0
    for length, value in lengths:
        rows.append(row(at, at + length, value))
        at += length
    points = int(at / step) + 1
    found = resampled(rows, step, points)
    whole = sum(
        values[3] * (min(at, (i + 1) * step) - i * step)
        for i, values in enumerate(found)
        if values is not None
    )
    assert whole == pytest.approx(area(rows), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", 1.0), ("0", 0.0), ("5", 5.0), ("0.001", 1.0), ("often", 1.0), ("inf", 1.0)],
)
def test_how_often_is_said_by_the_environment(monkeypatch, text, seconds):
    monkeypatch.setenv(module.VARIABLE, text)
    assert sampling_seconds() == seconds
