"""What enters is bounded; what is stored already, from before, takes nothing else away."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest

from hrlab.export.files import read, write
from hrlab.history.service import RunService
from hrlab.history.text_list import listing
from hrlab.model.errors import InvalidRecordError
from hrlab.model.redaction import ALL, redacted
from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore
from tests.store.making import golden, run


@pytest.fixture
def store(store_of_the_test):
    made = RunStore.open()
    yield made
    made.close()


@pytest.fixture
def service(store):
    return RunService(store)


def nested(levels):
    value: object = 1
    for _ in range(levels):
        value = [value]
    return value


ODD = {
    "too late": ({"started_at": 1e308}, "record.started_at must be from 0"),
    "before 1970": ({"started_at": -1.0}, "record.started_at must be from 0"),
    "deep": ({"later": nested(600)}, "nested more than 64 levels"),
    "a little too deep": ({"later": nested(64)}, "nested more than 64 levels"),
    "a huge number": ({"workload": {"events": 1e200}}, "contains the number 1e+200"),
    "a huge unknown number": ({"later": {"x": -1e19}}, "contains the number"),
    "a long name": ({"name": "x" * 501}, "name has 501 characters"),
    "a long note": ({"note": "x" * 20_001}, "note has 20001 characters"),
    "many labels": ({"labels": {f"l{i}": "" for i in range(101)}}, "labels has 101 entries"),
    "a long label": ({"labels": {"l": "x" * 500}}, "at most 500 characters"),
}


@pytest.mark.parametrize(("more", "said"), ODD.values(), ids=ODD)
def test_what_can_not_be_shown_is_refused_where_it_enters(service, more, said):
    record = {**golden().to_dict(), **more}
    with pytest.raises(InvalidRecordError, match=said.replace("+", r"\+")):
        service.save(golden().id, record)
    with pytest.raises(InvalidRecordError):
        read(service, io.StringIO(json.dumps(record)), "file")


def test_what_is_just_within_the_bounds_enters(service):
    most = {
        "started_at": 7_258_118_400,
        "later": nested(63),
        "name": "x" * 500,
        "note": "x" * 20_000,
        "labels": {f"l{i}": "" for i in range(100)},
        "workload": {"events": 1e18},
    }
    assert service.save(golden().id, {**golden().to_dict(), **most})


@pytest.fixture
def odd(store):
    """A good run, and one of before bounds that starts at an impossible time."""
    good = replace(run(1), name="good")
    store.save(good)
    bad = replace(run(2), name="bad", started_at=1e308)
    store.save(bad, {**bad.to_dict(), "later": nested(600)})
    return good, bad


def test_a_run_at_an_impossible_time_is_listed_beside_the_others(service, odd):
    lines = listing(service.page(RunQuery()).runs).splitlines()
    assert len(lines) == 2
    assert "impossible date" in lines[0]
    assert "good" in lines[1]


def test_line_protocol_says_what_it_leaves_out(service, odd):
    good, bad = odd
    file = io.StringIO()
    assert write(service, [bad.id, good.id], file, "influx") == 1
    first, *others = file.getvalue().splitlines()
    assert first.startswith(f"# Skipped: Run {bad.id} started at 1e+308")
    assert others


def test_csv_has_every_run(service, odd):
    good, bad = odd
    file = io.StringIO()
    assert write(service, [bad.id, good.id], file, "csv") == 2


def test_what_is_nested_too_deep_is_redacted_whole(odd):
    record = {**golden().to_dict(), "later": nested(600)}
    assert "(redacted)" in json.dumps(redacted(record, ALL))


@pytest.mark.parametrize("at", [1e18, -1.0, 1e10])
def test_a_cell_at_an_impossible_time_is_refused(service, at):
    record = golden().to_dict()
    assert record["cells"]
    record["cells"][-1]["started_at"] = at
    with pytest.raises(InvalidRecordError, match="started_at must be from 0 to"):
        service.save(golden().id, record)


@pytest.mark.parametrize("at", [float("nan"), float("inf"), "x"])
def test_a_cell_at_no_time_is_refused(service, at):
    record = golden().to_dict()
    record["cells"][-1]["started_at"] = at
    with pytest.raises(InvalidRecordError, match="started_at must be a"):
        service.save(golden().id, record)


def test_what_was_kept_before_bounds_is_cut_in_lists_and_whole_in_details(service, store):
    long = replace(
        run(1),
        name="n" * 10_000,
        note="x" * 1_000_000,
        labels={**{f"l{i:05}": "" for i in range(1000)}, "k" * 600: "v", "a": "v" * 600},
    )
    store.save(long)
    (shown,) = service.page(RunQuery()).runs
    assert len(json.dumps(shown.to_dict())) < 40_000
    assert (len(shown.name), len(shown.note), len(shown.labels)) == (500, 20_000, 100)
    assert (shown.name[-1], shown.note[-1], shown.labels["a"][-1]) == ("…", "…", "…")
    whole = service.get(long.id)
    assert (whole["name"], whole["note"], whole["labels"]) == (long.name, long.note, long.labels)


def test_what_people_may_write_is_whole_in_lists(service, store):
    most = {"name": "n" * 500, "note": "x" * 20_000, "labels": {"a": "v" * 499, "b": ""}}
    store.save(replace(run(1), **most))
    (shown,) = service.page(RunQuery()).runs
    assert {"name": shown.name, "note": shown.note, "labels": shown.labels} == most
