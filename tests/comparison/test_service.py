"""Which of two runs is before, and which after."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hrlab.comparison.service import ComparisonQuestion, compared_runs
from tests.store.making import golden

OLDER = replace(golden(), id="a" * 32, started_at=1000.0)
NEWER = replace(golden(), id="b" * 32, started_at=2000.0)


def order(older, newer, **question):
    found = compared_runs([older, newer], ComparisonQuestion(ids=[older.id, newer.id], **question))
    assert found.difference is not None
    return found.difference.before_at, found.difference.after_at


@pytest.mark.parametrize(
    ("older", "newer"), [(True, False), (False, True), (True, True), (False, False)]
)
def test_the_older_run_is_before_whichever_of_them_is_cold(older, newer):
    assert order(replace(OLDER, cold=older), replace(NEWER, cold=newer)) == (1000.0, 2000.0)


def test_the_baseline_is_before_where_it_is_compared():
    serial = replace(NEWER, approach="serial", clusters=(), loops=(), phases=None, resources=None)
    assert order(OLDER, serial, by="approach") == (2000.0, 1000.0)
