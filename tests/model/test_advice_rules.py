"""Rules of advice at their thresholds; `tests/timing/test_warnings.py` provokes each on a real cluster."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hrlab.model import advice_rules as module
from hrlab.model.advice_rules import THRESHOLDS, codes_in, findings
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
    group = replace(
        run.groups[0],
        longest_seconds=longest,
        longest_later_seconds=longest,
        median_seconds=median,
    )
    assert ("skew" in codes(replace(run, groups=(group,)))) is said


def test_group_whose_median_is_unknown_is_not_called_skewed(run):
    group = replace(
        run.groups[0], longest_seconds=100.0, longest_later_seconds=100.0, median_seconds=None
    )
    assert "skew" not in codes(replace(run, groups=(group,)))


@pytest.mark.parametrize("later", [None, 5.4])
def test_first_executions_that_load_and_compile_are_not_called_skew(run, later):
    group = replace(
        run.groups[0], longest_seconds=51.0, longest_later_seconds=later, median_seconds=1.5
    )
    assert "skew" not in codes(replace(run, groups=(group,)))


def test_skew_tells_the_longest_of_the_later_executions(run):
    group = replace(
        run.groups[0], longest_seconds=90.0, longest_later_seconds=50.0, median_seconds=1.5
    )
    (skew,) = (one for one in findings(replace(run, groups=(group,))) if one.code == "skew")
    assert "took 50.0 s" in skew.text


def waiting(run, *, history, occupied=None, wait=60.0):
    """`run` with one loop that waits for its first `wait` seconds, on a cluster of that history."""
    loop = replace(
        run.loops[0],
        stages=replace(run.loops[0].stages, wait_seconds=wait),
        stage_intervals=(("wait", 4.6, 4.6 + wait), ("compute", 4.6 + wait, 104.1)),
    )
    workers = replace(run.clusters[0].workers, history=history, occupied_until_seconds=occupied)
    return replace(
        run, loops=(loop,), alone=True, clusters=(replace(run.clusters[0], workers=workers),)
    )


def said_of_waiting(run):
    return [one.text for one in findings(run) if one.code == "waited-for-workers"]


def test_workers_that_came_late_are_waited_for(run):
    (text,) = said_of_waiting(waiting(run, history=((0.0, 0, 0), (64.6, 2, 2))))
    assert text == (
        "49 % of the dask time (1 min) was spent waiting for workers: create the cluster earlier, or keep it warm."
    )


@pytest.mark.parametrize("history", [((0.0, 2, 2),), ((0.0, 0, 0), (4.7, 2, 2)), ()])
def test_waiting_while_threads_were_there_is_not_for_workers(run, history):
    assert said_of_waiting(waiting(run, history=history)) == []


def test_waiting_for_workers_that_were_busy_with_other_tasks_says_so(run):
    (text,) = said_of_waiting(waiting(run, history=((0.0, 2, 2),), occupied=60.0))
    assert "was spent waiting because the workers were busy with other tasks: cancel" in text


def test_other_tasks_that_soon_were_done_are_no_reason_for_waiting(run):
    assert said_of_waiting(waiting(run, history=((0.0, 2, 2),), occupied=6.0)) == []


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
