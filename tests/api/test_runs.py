"""Kept runs in code, from a store of their own."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

import hrlab
from hrlab.api.display import VEGA_LITE
from hrlab.model.errors import InvalidRequestError, NotFoundError, UsageError
from hrlab.store.sqlite import RunStore
from tests.comparison.runs import published
from tests.comparison.runs import run as made
from tests.magic.shells import notebook
from tests.render.runs import HOSTILE, golden, hostile


def run(wall, **changes):
    """Of which only the wall time is known, so that it can be kept."""
    return made(wall, phases=False, **changes)


@pytest.fixture
def store(tmp_path, monkeypatch):
    path = tmp_path / "runs.sqlite"
    monkeypatch.setenv("HRLAB_STORE", str(path))
    made = RunStore.open(path)
    yield made
    made.close()


def test_runs_are_filtered_as_the_endpoint_does(store):
    for name, labels, at in (("Zee", {"slot": "1"}, 100.0), ("Zee", {}, 200.0), ("fit", {}, 300.0)):
        store.save(run(1, name=name, labels=labels, started_at=at))
    assert [one.started_at for one in hrlab.runs("zee")] == [200, 100]
    assert len(hrlab.runs(labels={"slot": "1"})) == 1
    assert len(hrlab.runs(status="failed")) == 0
    assert len(hrlab.runs(since=datetime.fromtimestamp(200, timezone.utc))) == 2
    assert len(hrlab.runs(since="1970-01-01T00:05+00:00")) == 1
    table = hrlab.runs(limit=2)
    assert (len(table), table.total, len(table[:1])) == (2, 3, 1)
    assert table[-1] == table.records[-1] == hrlab.runs()[1]
    assert len(hrlab.runs(offset=1, limit=None)) == 2


def test_more_runs_than_a_page_are_given_if_asked_for(store):
    for _ in range(203):
        store.save(run(1))
    assert len(hrlab.runs(limit=None)) == len(hrlab.runs(limit=250)) == 203
    assert len(hrlab.runs(limit=0)) == 0
    assert "50 of 203 runs" in repr(hrlab.runs(limit=None))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"status": "good"}, "Known are"),
        ({"limit": -1}, "0 or more"),
        ({"since": "yesterday"}, "is not a time"),
    ],
)
def test_filters_that_nobody_can_mean_are_refused(store, asked, said):
    with pytest.raises(UsageError, match=said):
        hrlab.runs(**asked)


def test_table_shows_itself_whatever_the_runs_are_called(store):
    assert repr(hrlab.runs()) == "No runs."
    store.save(hostile())
    table = hrlab.runs()
    assert "\x1b" not in repr(table)
    assert "<script>" not in table._repr_html_()
    assert "&lt;script&gt;" in table._repr_html_()


def test_data_frame_has_a_row_for_each_run(store):
    empty = hrlab.runs().to_pandas()
    assert len(empty) == 0
    for one in published():
        store.save(one)
    frame = hrlab.runs().to_pandas()
    assert frame["wall_seconds"].sum() == 590 + 320 + 75 + 1135 + 618 + 138
    assert set(frame["workload:variations"]) == {50.0, 100.0}
    assert str(frame["started_utc"].dt.tz) == "UTC"
    assert set(empty.columns) <= set(frame.columns)


def test_comparison_takes_records_ids_and_tables(store):
    runs = [run(10, threads=1), run(5, threads=2)]
    for one in runs:
        store.save(one)
    said = "2 threads 5.00 s: 2.0 times faster than 1 thread"
    for given in (runs, [runs[0].id, "last"], [hrlab.runs()], [runs[0], [runs[1].id]], []):
        assert said in hrlab.compare(*given).headline
    assert hrlab.compare(*runs, by="run", baseline=runs[1].id).comparison.baseline == runs[1].id
    assert hrlab.compare(previous="last").difference.after == runs[1].id
    assert hrlab.compare(like=runs[0].id, over="workers").comparison.over == "workers"


def test_records_that_are_not_kept_are_compared_as_well(store):
    assert hrlab.compare(run(10, threads=1), run(5, threads=2)).difference is not None


def test_what_can_not_be_compared_is_refused_in_words(store):
    store.save(run(10))
    with pytest.raises(InvalidRequestError, match="needs two"):
        hrlab.compare("last")
    with pytest.raises(NotFoundError, match="There is no run"):
        hrlab.compare("abc", "def")
    with pytest.raises(UsageError, match="A run must be a record"):
        hrlab.compare(3)


def test_notebook_shows_tables_and_pictures(store):
    """In a real kernel, without a server."""
    for one in (golden(), run(5, name=HOSTILE)):
        store.save(one)
    shown, listed = notebook(
        "import hrlab; hrlab.compare(hrlab.runs(), by='run')", "hrlab.runs()"
    ).cells
    first, *pictures = [output["data"] for output in shown.outputs]
    assert "<script>" not in first["text/html"]
    assert "Where the two runs differ" in first["text/html"]
    specs = [picture[VEGA_LITE] for picture in pictures]
    assert all(spec["width"] and spec["data"]["values"] for spec in specs)
    assert len(specs) == len(hrlab.compare(golden(), run(5)).charts)
    (table,) = listed.outputs
    assert "Zee 100 variations" in table["data"]["text/html"]
