from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlab.model.errors import InvalidRecordError
from hrlab.model.run import SCHEMA_VERSION, Run

WIRE = Path(__file__).parents[1] / "data" / "wire"
GOLDEN = sorted(WIRE.glob("run_v*.json"))


def golden(name="run_v1"):
    return json.loads((WIRE / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_released_record_still_loads(path):
    data = json.loads(path.read_text(encoding="utf-8"))
    assert Run.from_dict(data).id == data["id"]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_a_record_survives_the_way_there_and_back(path):
    data = json.loads(path.read_text(encoding="utf-8"))
    run = Run.from_dict(data)
    assert Run.from_dict(json.loads(json.dumps(run.to_dict()))) == run


@pytest.mark.parametrize("name", ["run_v1", "run_v1_resources"])
def test_a_record_is_written_as_the_golden_file_has_it(name):
    data = golden(name)
    assert Run.from_dict(data).to_dict() == data


def test_unknown_fields_are_ignored():
    data = golden()
    data["of_tomorrow"] = {"a": [1]}
    data["loops"][0]["of_tomorrow"] = 1
    assert Run.from_dict(data) == Run.from_dict(golden())


def test_fields_with_a_default_may_be_missing():
    run = Run.from_dict(
        {"id": "0" * 32, "name": "", "status": "ok", "started_at": 0, "wall_seconds": 1}
    )
    assert run.wall_seconds == 1.0
    assert run.loops == ()


def test_a_record_of_a_newer_hrlab_is_refused_with_the_remedy():
    with pytest.raises(InvalidRecordError, match=r"schema version 2.*Update hrlab"):
        Run.from_dict({**golden(), "schema_version": SCHEMA_VERSION + 1})


@pytest.mark.parametrize(
    ("place", "value", "path"),
    [
        (["name"], 5, "record.name"),
        (["status"], "done", "record.status"),
        (["status"], ["ok"], "record.status"),
        (["wall_seconds"], "1", "record.wall_seconds"),
        (["wall_seconds"], True, "record.wall_seconds"),
        (["started_at"], float("nan"), "record.started_at"),
        (["started_at"], float("inf"), "record.started_at"),
        (["started_at"], 10**400, "record.started_at"),
        (["wall_seconds"], -1, "record.wall_seconds"),
        (["wall_seconds"], 1e300, "record.wall_seconds"),
        (["phases", "pre_seconds"], None, "record.phases.pre_seconds"),
        (["loops"], {}, "record.loops"),
        (["loops", 0], 1, "record.loops[0]"),
        (["loops", 0, "tasks"], 1.5, "record.loops[0].tasks"),
        (["loops", 0, "tasks"], 10**30, "record.loops[0].tasks"),
        (["loops", 0, "tasks"], 1e30, "record.loops[0].tasks"),
        (["loops", 0, "tasks"], False, "record.loops[0].tasks"),
        (["loops", 0, "stages"], None, "record.loops[0].stages"),
        (
            ["loops", 0, "stage_intervals", 1],
            ["wait", 1],
            "record.loops[0].stage_intervals[1]",
        ),
        (["loops", 0, "stage_intervals", 1, 0], "x", "record.loops[0].stage_intervals[1][0]"),
        (["labels"], ["a"], "record.labels"),
        (["labels"], {"site": 5}, "record.labels.site"),
        (["source", "kind"], None, "record.source.kind"),
        (["schema_version"], "1", "record.schema_version"),
        (["id"], "../../etc/passwd", "record.id"),
        (["id"], "A" * 32, "record.id"),
    ],
)
def test_a_wrong_field_is_named_with_its_path(place, value, path):
    data = golden()
    inner = data
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    with pytest.raises(InvalidRecordError) as caught:
        Run.from_dict(data)
    assert caught.value.detail["path"] == path


def test_a_missing_field_is_named():
    data = golden()
    del data["clusters"][0]["name"]
    with pytest.raises(InvalidRecordError, match=r"record\.clusters\[0\] has no field 'name'"):
        Run.from_dict(data)


@pytest.mark.parametrize("data", [None, [], "run", 5, {}, {"id": None}])
def test_what_is_no_record_is_refused(data):
    with pytest.raises(InvalidRecordError):
        Run.from_dict(data)


@pytest.mark.parametrize(
    ("field", "by"),
    [("pre_seconds", 1e-9), ("dask_seconds", 1e-9), ("post_seconds", -1e-9)],
)
def test_a_record_off_by_a_nanosecond_is_refused(field, by):
    data = golden()
    data["phases"][field] += by
    with pytest.raises(InvalidRecordError, match=r"add up|dask phase"):
        Run.from_dict(data)


def test_loops_that_overlap_are_refused():
    data = golden()
    shift = data["loops"][1]["start_seconds"] - 50.0
    data["loops"][1]["start_seconds"] -= shift
    data["loops"][1]["stop_seconds"] -= shift
    with pytest.raises(InvalidRecordError, match="loop 1 begins"):
        Run.from_dict(data)


@pytest.mark.parametrize(
    ("place", "value", "path"),
    [
        (["points"], -1, "points"),
        (["points"], 10**9, "points"),
        (["interval_seconds"], 0, "interval_seconds"),
        (["clusters", 0, "cluster"], 1, "clusters[0].cluster"),
        (["clusters", 0, "workers"], [], "clusters[0].workers"),
        (["clusters", 0, "cpu_cores", "total"], [], "clusters[0].cpu_cores.total"),
        (["clusters", 0, "cpu_cores", "maximum"], [1.0], "clusters[0].cpu_cores.maximum"),
        (["kernel", "cpu_cores"], [1.0], "kernel.cpu_cores"),
    ],
)
def test_a_series_of_another_length_than_it_says_is_refused(place, value, path):
    data = golden("run_v1_resources")
    inner = data["resources"]
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    with pytest.raises(InvalidRecordError) as caught:
        Run.from_dict(data)
    assert caught.value.detail["path"] == f"record.resources.{path}"


def test_the_last_value_of_a_series_holds_to_the_end_of_the_run():
    run = Run.from_dict(golden("run_v1_resources"))
    assert run.resources.starts == (0.0, 20.0, 40.0, 60.0, 80.0, 100.0, 120.0)
    assert run.resources.widths(run.wall_seconds)[-1] == 17.25


def test_messages_stay_short_whatever_was_sent():
    data = golden()
    data["labels"] = {"k" * 100_000: ["v" * 100_000] * 1000}
    with pytest.raises(InvalidRecordError) as caught:
        Run.from_dict(data)
    assert len(caught.value.message) < 400


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


@given(st.sampled_from(sorted(golden())), json_values)
def test_hostile_values_are_refused_or_are_a_record_that_can_be_written(field, value):
    try:
        run = Run.from_dict({**golden(), field: value})
    except InvalidRecordError:
        return
    assert json.loads(json.dumps(run.to_dict(), allow_nan=False)) == run.to_dict()
