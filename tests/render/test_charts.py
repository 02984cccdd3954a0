"""Charts are valid Vega-Lite v5, draw, and show what their table says."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import altair as alt
import jsonschema
import pytest
import vl_convert

from hrlab.model.run import Loop, Mark, Phases, Stages
from hrlab.render.charts import VIEWS, View, chart
from tests.render.runs import all_golden, golden, hostile

SCHEMA = Path(alt.__file__).parent / "vegalite" / "v5" / "schema" / "vega-lite-schema.json"
RUNS = [*all_golden(), hostile(), replace(golden(), clusters=golden().clusters * 2)]


@cache
def validator() -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("number", range(len(RUNS)))
def test_specification_is_valid_and_draws(view: View, number: int) -> None:
    spec = chart(RUNS[number], view).spec
    problems = [error.message[:200] for error in validator().iter_errors(spec)]
    assert problems == []
    svg = vl_convert.vegalite_to_svg({**spec, "width": 240}, vl_version="5.20")
    assert svg.startswith("<svg")


@pytest.mark.parametrize("view", VIEWS)
def test_page_sets_the_width_and_the_theme(view: View) -> None:
    spec = chart(golden(), view).spec
    assert "width" not in spec
    assert spec["background"] == "transparent"
    assert "font" not in json.dumps(spec["config"])


@pytest.mark.parametrize("view", VIEWS)
def test_table_fits_its_columns_and_json(view: View) -> None:
    run = golden("run_v1_resources")
    data: dict[str, Any] = json.loads(json.dumps(chart(run, view).to_dict()))
    names = [column["name"] for column in data["table"]["columns"]]
    assert data["table"]["rows"]
    for row in data["table"]["rows"]:
        assert len(row) == len(names)
    shown = {json.dumps(value, sort_keys=True) for value in data["spec"]["data"]["values"]}
    assert len(shown) == len(data["table"]["rows"])


def test_charts_of_a_run_share_their_time_axis() -> None:
    specs = [chart(golden(), view).spec for view in VIEWS]
    axes = [
        layer["encoding"]["x"] if "x" in layer["encoding"] else spec["encoding"]["x"]
        for spec in specs
        for layer in spec["layer"]
    ]
    assert {json.dumps(axis["scale"]) for axis in axes} == {
        '{"domain": [0, 137.25], "nice": false}'
    }
    assert {spec["encoding"]["y"]["axis"]["minExtent"] for spec in specs} == {92}


def test_legend_has_two_columns_at_the_bottom() -> None:
    """In a side panel a legend on the right, or in one row, is cut off."""
    for view in ("timeline", "phases"):
        legend = chart(golden(), view).spec["layer"][0]["encoding"]["color"]["legend"]
        assert (legend["orient"], legend["columns"]) == ("bottom", 2)


def test_worker_line_reaches_the_end_of_the_run() -> None:
    rows = chart(golden(), "workers").table.rows
    assert rows[-1] == ("zee-1", 137.25, 8, 8)


def test_two_clusters_of_one_name_are_told_apart() -> None:
    rows = chart(replace(golden(), clusters=golden().clusters * 2), "workers").table.rows
    assert {row[0] for row in rows} == {"zee-1 (1)", "zee-1 (2)"}


def test_largest_record_makes_a_chart_of_bounded_size() -> None:
    stages = Stages(0.0, 0.0, 1.0, 0.0)
    loops = tuple(
        Loop(2.0 * i, 2.0 * i + 1, 0, "c", 1, 0, 0, stages, (("compute", 2.0 * i, 2.0 * i + 1),))
        for i in range(500)
    )
    run = replace(
        golden(),
        wall_seconds=1000.0,
        loops=loops,
        phases=Phases(0.0, 500.0, 499.0, 1.0),
        marks=(Mark("dask", "dask", 0.0, 1.0),),
    )
    assert len(json.dumps(chart(run, "timeline").to_dict())) < 500_000


HARDWARE: tuple[View, ...] = ("cpu", "memory", "network", "disk")


@pytest.mark.parametrize("view", HARDWARE)
def test_run_that_was_not_sampled_has_no_hardware_to_draw(view: View) -> None:
    assert chart(golden(), view).table.rows == ()


def lines_of(view: View) -> list[str]:
    rows = chart(golden("run_v1_resources"), view).table.rows
    return list(dict.fromkeys(str(row[0]) for row in rows))


def test_hardware_charts_name_what_they_draw() -> None:
    assert lines_of("cpu") == ["busy cores", "threads", "I/O wait", "kernel"]
    assert lines_of("memory") == ["workers", "spilled", "limit", "kernel"]
    assert lines_of("network") == lines_of("disk") == ["read", "write"]


def test_hardware_lines_reach_the_end_and_stop_where_nothing_was_sampled() -> None:
    run = golden("run_v1_resources")
    last = {row[0]: row for row in chart(run, "cpu").table.rows}
    assert last["busy cores"][1] == run.wall_seconds
    assert last["I/O wait"][1] == 120.0  # null from then on
    assert last["busy cores"][2:] == (0.125, 0.0, pytest.approx(0.125 / 7), 0.125)


def test_hardware_axes_have_the_unit_that_fits() -> None:
    run = golden("run_v1_resources")
    titles = [chart(run, view).spec["title"]["text"] for view in HARDWARE]
    assert titles == ["cores", "GiB", "MiB/s", "MiB/s"]
