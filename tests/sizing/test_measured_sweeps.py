"""How far advice is from truth: sweeps that were really run, each size predicted from the others.

The records in `tests/data/sweeps` are of ``python -m benchmarks predictions`` on a machine of 2 cores that others used
too: repeats of one size lie up to 9 % apart in what only waits, and up to 240 % in what computes.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.predictions import left_out
from hrlab.model.run import Run

SWEEPS = Path(__file__).parents[1] / "data" / "sweeps"

#: Largest error of a size between others, of the smallest and the largest size, and how many are within their range.
BOUNDS = {
    "sleeping": (0.12, 0.19, 6),
    "serial-share": (0.06, 0.05, 5),
    "shared-lock": (0.25, 0.51, 3),
    "numpy-threads": (0.18, 0.45, 4),
    "python-processes": (0.33, 0.57, 4),
}


def sweep(name):
    lines = (SWEEPS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [Run.from_dict(json.loads(line)) for line in lines]


def test_there_are_bounds_for_every_sweep():
    assert {path.stem for path in SWEEPS.glob("*.jsonl")} == set(BOUNDS)


@pytest.mark.parametrize("name", BOUNDS)
def test_each_size_is_predicted_from_the_others_within_these_errors(name):
    between, beyond, within = BOUNDS[name]
    predicted = left_out(sweep(name))
    for one in predicted:
        assert abs(one.error) <= (between if one.is_between else beyond), one
    assert sum(one.is_within for one in predicted) >= within


def test_nine_of_ten_sizes_are_within_the_range_that_is_given():
    predicted = [one for name in BOUNDS for one in left_out(sweep(name))]
    assert sum(one.is_within for one in predicted) >= 0.9 * len(predicted)


def test_more_cores_than_the_machine_has_are_not_advised():
    """Of threads that compute on 2 cores, three and four are no faster: the advice sees it."""
    from hrlab.model.shape import Shape
    from hrlab.sizing.fit import advice_for
    from hrlab.sizing.goal import Goal

    advice = advice_for(sweep("numpy-threads"), Goal(name="fastest"), Shape(workers_maximum=64))
    assert advice.workers <= 4
    assert advice.limited_by == "serial"
