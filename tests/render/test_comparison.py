"""Pictures of comparisons are valid, draw, and state their baseline."""

from __future__ import annotations

import json
from pathlib import Path

import altair as alt
import jsonschema
import pytest
import vl_convert

from hrlab.model.comparison import compare
from hrlab.render.comparison import charts
from tests.model.test_comparison import published, run

SCHEMA = Path(alt.__file__).parent / "vegalite" / "v5" / "schema" / "vega-lite-schema.json"
CASES = {
    "published": published(),
    "threads": [run(10, threads=1), run(6, threads=2), run(5, threads=2), run(3, threads=8)],
    "two runs": [run(10), run(5)],
    "many": [run(10 + i, threads=1 + i % 7, name="<b>" * 50) for i in range(200)],
}


@pytest.mark.parametrize("case", CASES)
def test_pictures_are_valid_and_draw(case):
    validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for name, chart in charts(compare(CASES[case])).items():
        assert [error.message[:200] for error in validator.iter_errors(chart.spec)] == [], name
        svg = vl_convert.vegalite_to_svg({**chart.spec, "width": 420}, vl_version="5.20")
        assert svg.startswith("<svg")
        assert chart.table.rows


def test_baseline_is_in_the_picture():
    svg = vl_convert.vegalite_to_svg(
        {**charts(compare(published()))["speed-up"].spec, "width": 420}, vl_version="5.20"
    )
    assert "times faster than serial" in svg
    assert "ideal" in svg
