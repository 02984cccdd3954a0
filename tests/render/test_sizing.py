"""The chart of an advice is valid, draws, and marks what is advised."""

from __future__ import annotations

import json
from pathlib import Path

import altair as alt
import jsonschema
import vl_convert

from hrlab.model.goal import Goal
from hrlab.model.scaling import Law, Workload
from hrlab.model.shape import Shape
from hrlab.model.sizing import advise
from hrlab.render.sizing import sizing

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
