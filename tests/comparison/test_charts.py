"""Pictures of comparisons are valid, draw, and state their baseline."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import altair as alt
import jsonschema
import pytest
import vl_convert

from hrlab.comparison.charts import charts, published
from hrlab.comparison.difference import difference
from hrlab.comparison.groups import compare
from hrlab.comparison.series import series
from hrlab.comparison.service import ComparisonQuestion, compared_runs
from hrlab.comparison.tables import difference_rows, group_rows, published_rows
from hrlab.model.run import Environment
from tests.comparison import runs as compared
from tests.comparison.runs import run
from tests.render.runs import golden, hostile

SCHEMA = Path(alt.__file__).parent / "vegalite" / "v5" / "schema" / "vega-lite-schema.json"
THREADS = [
    run(10, threads=1),
    run(9, threads=2, cold=True),
    run(6, threads=2),
    run(5, threads=2, alone=False),
    run(3, threads=8),
]
CASES = {
    "published": compared.published(),
    "threads": THREADS,
    "two runs": [run(10), run(5)],
    "resources": [
        golden("run_v1_resources"),
        replace(golden("run_v1_resources"), id="e" * 32, name="again", started_at=1.8e9),
    ],
    "hostile": [golden(), replace(hostile(), id="e" * 32, status="ok", error=None)],
    "many": [run(10 + i, threads=1 + i % 7, name="<b>" * 50) for i in range(200)],
}


def svg_of(chart):
    return vl_convert.vegalite_to_svg({**chart.spec, "width": 420}, vl_version="5.20")


@pytest.mark.parametrize("case", CASES)
def test_pictures_are_valid_and_draw(case):
    runs = CASES[case]
    validator = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    for name, chart in compared_runs(runs, ComparisonQuestion(since="loop")).charts().items():
        assert [error.message[:200] for error in validator.iter_errors(chart.spec)] == [], name
        assert svg_of(chart).startswith("<svg")
        assert chart.table.rows


def test_baseline_is_in_the_picture():
    svg = svg_of(charts(compare(compared.published()))["speed-up"])
    assert "times faster than serial" in svg
    assert "ideal" in svg


def test_speed_up_is_drawn_over_what_is_asked_for():
    for over in ("threads", "workers"):
        found = charts(compare(THREADS, over=over))
        assert f">{over}</text>" in svg_of(found["speed-up"])
        assert f">{over}</text>" in svg_of(found["efficiency"])


def test_what_differs_is_in_every_picture():
    there = Environment(image="new")
    runs = [run(9, environment=Environment(image="old")), run(5, environment=there)]
    for name, chart in charts(compare(runs), difference(*runs)).items():
        assert "The image differs (new, old)." in svg_of(chart), name


def test_cold_runs_have_a_lane_of_their_own():
    svg = svg_of(charts(compare(THREADS))["time"])
    assert ">2 threads, cold</text>" in svg
    assert "Cold: first run of a fresh cluster or of new workers, excluded from the median." in svg


def test_published_table_is_as_it_was_published():
    assert published_rows(published(compare(compared.published()))) == [
        (
            *("variations", "serial"),
            "local (16 workers, 16 threads)",
            "distributed (100 workers, 100 threads)",
        ),
        ("50", "590 s", "320 s", "75 s"),
        ("100", "1135 s", "618 s", "138 s"),
    ]


def test_table_has_the_cold_runs_apart_and_marks_who_was_not_alone():
    head, *rows = group_rows(compare(THREADS))
    assert head[-1] == "cold"
    assert [row[-1] for row in rows] == ["–", "9.00 s", "–"]
    assert rows[1][0] == "2 threads, not alone"


def test_difference_of_two_runs_says_which_way():
    before = golden()
    after = replace(run(200), started_at=before.started_at + 60)
    found = difference(before, after)
    rows = {row[0]: row for row in difference_rows(found, ("wall", "phase", "stage"))}
    assert rows["wall time"][1:] == ("2 min 17 s", "3 min 20 s", "+1 min 3 s", "+46 %")
    assert "dask: compute" in rows
    picture = svg_of(charts(compare([before, after], "run"), found)["difference"])
    assert "slower" in picture
    assert f"before: {before.name}" in picture


def test_hardware_use_of_two_runs_is_overlaid():
    found = compared_runs(CASES["resources"], ComparisonQuestion(since="loop")).charts()
    assert (
        "cores busy, time since the first dask loop" in found["resources-cpu"].spec["description"]
    )
    for name in ("cpu", "memory", "network-read", "network-write", "disk-read", "disk-write"):
        rows = found[f"resources-{name}"].table.rows
        assert {row[0] for row in rows} == {"before", "after"}
        assert f"before: {CASES['resources'][0].name}" in svg_of(found[f"resources-{name}"])


LONG = "the response of the calorimeter, calibrated anew, with the default settings of the image"


def test_long_names_have_room_also_in_a_wider_font_than_they_were_measured_in():
    named = [run(10, threads=1, labels={"cut": LONG}), run(5, threads=4, labels={"cut": "loose"})]
    found = charts(compare(named, "label:cut", LONG))
    axis = found["time"].spec["encoding"]["y"]["axis"]
    assert axis["labelLimit"] == {"expr": "pageWidth < 520 ? 110 : 220"}
    assert axis["minExtent"] == {"expr": "pageWidth < 520 ? 132 : 264"}
    (title, rest) = found["speed-up"].spec["layer"][0]["encoding"]["y"]["title"]
    assert (title, rest[-1]) == ("times faster than the response of", "…")
    assert LONG in found["speed-up"].spec["description"]
    svg_of(found["speed-up"])


@pytest.mark.parametrize(("name", "columns"), [("loose", 4), (LONG[:30], 2), (LONG, 1)])
def test_a_legend_has_as_many_columns_as_its_names_leave_room_for(name, columns):
    legend = series([name, "tight"], "cut")["color"]["legend"]
    assert legend["columns"] == columns
    assert columns * legend["labelLimit"] <= 480
