"""The chart of an advice is valid, draws, and marks what is advised."""

from __future__ import annotations

import json
from pathlib import Path

import altair as alt
import jsonschema
import vl_convert

from hrlab.model.shape import Shape
from hrlab.sizing.advice import advise
from hrlab.sizing.chart import sizing
from hrlab.sizing.goal import Goal
from hrlab.sizing.laws import Law, Workload
from hrlab.sizing.text import advice_text

SCHEMA = Path(alt.__file__).parent / "vegalite" / "v5" / "schema" / "vega-lite-schema.json"


def advice(most: int = 64, contention: float = 4.0):
    law = Law(
        name="amdahl", work_seconds=400.0, contention_seconds=contention, measured_threads=(1, 8)
    )
    work = Workload(amount=1.0, fixed_seconds=12.0, tasks=200, longest_seconds=3.0)
    goal = Goal(name="finish_within_seconds", value=60.0)
    return advise(law, work, goal, Shape(workers_maximum=most), ["a"])


def test_chart_is_valid_and_draws(tmp_path):
    for most in (1, 2, 64, 1000):
        spec = sizing(advice(most)).spec
        validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
        assert [error.message[:200] for error in validator.iter_errors(spec)] == []
        svg = vl_convert.vegalite_to_svg({**spec, "width": 240}, vl_version="5.20")
        assert "advised" in svg


def test_table_has_the_advised_number_and_what_it_costs():
    one = advice()
    rows = {row[0]: row for row in sizing(one).table.rows}
    _, seconds, low, high, efficiency, hours, note = rows[one.workers]
    assert note == "advised"
    assert low < seconds < high
    assert (seconds, efficiency, hours) == (
        one.wall_seconds.expected,
        one.efficiency,
        one.core_hours,
    )


def single(goal="fastest", value=None):
    """Advice from runs on one number of threads, which tell nothing of contention."""
    law = Law(name="work-conservation", work_seconds=400.0, measured_threads=(2, 2))
    work = Workload(amount=1.0, fixed_seconds=2.0)
    return advise(law, work, Goal(name=goal, value=value), Shape(workers_maximum=64), ["a"])


def shown(chart, field):
    return {row["workers"]: row[field] for row in chart.spec["data"]["values"]}


def test_efficiency_ends_where_nothing_was_measured():
    chart = sizing(advice(1000))
    shares = shown(chart, "efficiency")
    assert max(shares) == 1000
    assert all((shares[n] is not None) == (n <= 4 * 8) for n in shares)
    known = {n for n, said in shown(chart, "share").items() if said != "unknown"}
    assert known == {n for n in shares if n <= 32}
    assert [row[4] is not None for row in chart.table.rows] == [n <= 32 for n in shares]


def test_efficiency_is_not_drawn_where_all_runs_had_one_number_of_threads():
    chart = sizing(single())
    assert set(shown(chart, "efficiency").values()) == {None}
    assert "efficiency (dashed)" not in json.dumps(chart.spec)
    assert "efficiency" not in chart.spec["description"]
    assert "seconds" in json.dumps(chart.spec)


def test_words_claim_no_efficiency_that_the_chart_leaves_out():
    lines = [line.split() for line in advice_text(advice(1000)).splitlines()]
    cells = {line[0].rstrip("*"): line for line in lines if line and line[0].rstrip("*").isdigit()}
    assert any("%" in cells[n] for n in cells if int(n) <= 32)
    assert not any("%" in cells[n] for n in cells if int(n) > 32)
    assert "%" not in advice_text(single()).split("From 1 run")[1]


def test_advice_at_the_knee_does_not_say_that_more_would_not_be_faster():
    """It is the smallest within 1 % of the fastest: some more may still gain a little."""
    law = Law(name="amdahl", work_seconds=400.0, contention_seconds=40.0, measured_threads=(1, 64))
    work = Workload(amount=1.0, fixed_seconds=200.0)
    found = advise(law, work, Goal(name="fastest"), Shape(workers_maximum=400), ["a"])
    assert found.limited_by == "serial"
    later = [seconds for n, seconds, *_ in found.curve if n > found.workers]
    assert found.wall_seconds.expected * 0.99 <= min(later) < found.wall_seconds.expected
    said = advice_text(found).splitlines()[0]
    assert "more would be less than 1 % faster" in said


def test_goal_in_efficiency_that_no_run_tells_of_is_said():
    said = " ".join(single("efficiency", 0.8).warnings)
    assert "The efficiency of other sizes is unknown" in said
    assert "not known" not in " ".join(advice().warnings)
