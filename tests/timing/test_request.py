from __future__ import annotations

import pytest

from hrlab.model.errors import UsageError
from hrlab.timing.request import request_of

GIVEN = {"labels": None, "workload": None, "note": "", "approach": None, "inputs": None}


def request(**given):
    return request_of("n", **{**GIVEN, **given}, quiet=False)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, "5", None, True, 1j])
def test_a_workload_is_an_amount(value):
    with pytest.raises(UsageError, match=r"workload\['events'\]"):
        request(workload={"events": value})


def test_numbers_of_numpy_are_amounts():
    numpy = pytest.importorskip("numpy")
    assert request(workload={"events": numpy.int64(5), "x": numpy.float32(0.5)}).workload == {
        "events": 5.0,
        "x": 0.5,
    }


def test_an_unknown_approach_is_refused_with_those_that_exist():
    with pytest.raises(UsageError, match="serial, processes, local, distributed"):
        request(approach="cloud")


def test_an_input_without_a_name_is_refused_with_its_place():
    with pytest.raises(UsageError, match=r"inputs\[1\] has no field 'name'"):
        request(inputs=[{"name": "a.root", "bytes": 5}, {"bytes": 5}])
