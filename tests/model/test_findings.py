"""Rules of advice at their thresholds; `tests/collect/test_advice.py` provokes each on a real cluster."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hrlab.model import findings as module
from hrlab.model.findings import THRESHOLDS, codes_in, findings
from hrlab.model.run import Run

ROOT = Path(__file__).parents[2]


def golden(name):
    path = ROOT / "tests" / "data" / "wire" / f"{name}.json"
    return Run.from_dict(json.loads(path.read_text("utf-8")))


@pytest.fixture
def run():
    return golden("run_v1_resources")


def codes(run, off=()):
    return [one.code for one in findings(run, off)]


def test_what_may_be_wrong_comes_before_what_cost_time(run):
    assert codes(run) == ["workers-died", "memory-spilled", "memory-near-limit"]


@pytest.mark.parametrize("code", ["workers-died", "memory-spilled", "memory-near-limit"])
def test_rule_that_is_switched_off_says_nothing(run, code):
    assert code not in codes(run, {code})
    assert len(codes(run, {code})) == 2


def test_run_without_loops_or_of_which_only_the_wall_is_known_gets_no_advice(run):
    assert findings(golden("run_v1_imported")) == ()
    assert findings(replace(run, phases=None, loops=())) == ()


@pytest.mark.parametrize(
    ("longest", "median", "said"),
    [(50.0, 9.9, True), (50.0, 10.1, False), (36.0, 1.0, False)],
)
def test_skew_needs_many_times_the_median_and_a_share_of_the_dask_time(run, longest, median, said):
    group = replace(run.groups[0], longest_seconds=longest, median_seconds=median)
    assert ("skew" in codes(replace(run, groups=(group,)))) is said


def test_group_whose_median_is_unknown_is_not_called_skewed(run):
    group = replace(run.groups[0], longest_seconds=100.0, median_seconds=None)
    assert "skew" not in codes(replace(run, groups=(group,)))


@pytest.mark.parametrize(("compute", "said"), [(8.9, False), (7.9, True)])
def test_transfer_dominates_from_half_of_the_activities_on(run, compute, said):
    activities = {"compute": compute, "transfer": 8.5}
    assert ("transfer-dominates" in codes(replace(run, activities=activities))) is said


@pytest.mark.parametrize(("tasks", "said"), [(15, True), (16, False)])
def test_few_tasks_are_fewer_than_two_for_each_thread(run, tasks, said):
    loops = tuple(replace(loop, tasks=min(loop.tasks, tasks)) for loop in run.loops)
    assert ("few-tasks" in codes(replace(run, loops=loops))) is said


def test_rules_are_the_same_in_code_documentation_and_settings():
    schema = json.loads((ROOT / "schema" / "result.json").read_text("utf-8"))
    options = schema["properties"]["adviceOff"]["items"]["oneOf"]
    assert [option["const"] for option in options] == list(THRESHOLDS)
    assert list(module._RULES) == list(THRESHOLDS)


def test_codes_are_separated_by_commas_or_blanks():
    assert codes_in("skew, tiny-tasks few-tasks,") == {"skew", "tiny-tasks", "few-tasks"}
    assert codes_in("") == frozenset()
