"""Cells whose request carries hrlab's key, as "Run with timing" sends it."""

from __future__ import annotations

import time
import uuid

import pytest

from hrlab.magic.cell_metadata import CellMetadata, asked_of
from hrlab.model.run import check
from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore
from hrlab.timing.dask.client_hooks import doors

ID = uuid.uuid4().hex


@pytest.fixture(autouse=True)
def books_balance(shell):
    yield
    for run in shell.runs:
        check(run)


def asked(index=0, count=1, run_id=ID, **more):
    return {"run_id": run_id, "index": index, "count": count, **more}


def names(shell):
    return [(run.name, run.status) for run in shell.runs]


def test_a_cell_run_by_the_button_is_timed_under_the_id_that_was_asked(shell):
    shell.run("x = 1", asked(name="Zee", notebook="a/b.ipynb"))
    (run,) = shell.runs
    assert (run.id, run.name, run.source.kind) == (ID, "Zee", "cell")
    assert run.source.notebook == "a/b.ipynb"


def test_button_and_magic_runs_of_the_same_code_match(shell):
    shell.run("x = 1", asked())
    shell.run("%%hrtime other\nx = 1")
    button, magic = shell.runs
    assert button.source.code_sha256 == magic.source.code_sha256
    assert shell.audience.began_with[1][3] == pytest.approx(button.wall_seconds)


def test_the_cells_own_magic_says_more(shell):
    shell.run("%%hrtime mine --events 5\nx = 1", asked(name="Zee"))
    assert [(run.id, run.name, run.workload) for run in shell.runs] == [(ID, "mine", {"events": 5})]


def test_a_later_cells_own_magic_completes_what_the_run_says(shell):
    shell.run("x = 1", asked(0, 2, name="Zee"))
    shell.run("%%hrtime other --events 5 --label a=b\nx = 2", asked(1, 2, name="Zee"))
    (run,) = shell.runs
    assert (run.name, run.workload, run.labels) == ("Zee", {"events": 5}, {"a": "b"})


def test_who_runs_a_notebook_headless_says_more_and_is_heard_first(shell):
    more = {
        "labels": {"a": "campaign"},
        "workload": {"events": 7},
        "campaign": {"id": "zee-1", "point": "serial #1"},
    }
    shell.run("x = 1", asked(0, 2, **more))
    shell.run("%%hrtime --events 5 --label a=b --label c=d\nx = 2", asked(1, 2, **more))
    (run,) = shell.runs
    assert (run.workload, run.labels) == ({"events": 7}, {"a": "campaign", "c": "d"})
    assert (run.campaign.id, run.campaign.point) == ("zee-1", "serial #1")


def test_a_group_is_one_run_without_the_idle_time(shell):
    whole = time.monotonic()
    for i, cell in enumerate(["x = 1", "import time; time.sleep(0.05)", "x += 1"]):
        shell.run(cell, asked(i, 3))
        time.sleep(0.15)
    whole = time.monotonic() - whole
    (run,) = shell.runs
    assert run.source.kind == "cells"
    assert len(run.cells) == 3
    assert run.source.code == "x = 1\n\nimport time; time.sleep(0.05)\n\nx += 1"
    assert 0.05 <= run.wall_seconds <= whole - 3 * 0.15
    first, second, third = (cell.started_at for cell in run.cells)
    assert first is None  # the run's own
    assert second - run.started_at > 0.15
    assert third - second > 0.2


def test_a_whole_notebook_says_so(shell):
    for i in range(2):
        shell.run("x = 1", asked(i, 2, whole=True))
    assert shell.runs[0].source.kind == "notebook"


def test_a_failure_ends_the_group(shell):
    shell.run("x = 1", asked(0, 3, name="all"))
    shell.run("1 / 0", asked(1, 3, name="all"))
    assert names(shell) == [("all", "failed")]
    assert len(shell.runs[0].cells) == 2


def test_cells_after_a_failure_are_a_run_of_their_own(shell):
    shell.run("1 / 0", asked(0, 3))
    shell.run("x = 1", asked(1, 3))
    shell.run("y = 1", asked(2, 3))
    failed, rest = shell.runs
    assert failed.id == ID
    assert rest.id != ID
    assert (rest.status, len(rest.cells)) == ("ok", 2)


def test_an_interrupt_ends_the_group(shell):
    shell.run("x = 1", asked(0, 3, name="all"))
    shell.run("import signal; signal.raise_signal(signal.SIGINT)", asked(1, 3, name="all"))
    assert names(shell) == [("all", "interrupted")]


def test_the_request_of_another_run_ends_the_group(shell):
    other = uuid.uuid4().hex
    shell.run("x = 1", asked(0, 3, name="first"))
    shell.run("x = 1", asked(0, 1, other, name="second"))
    assert names(shell) == [("first", "ok"), ("second", "ok")]
    assert [run.id for run in shell.runs] == [ID, other]


def test_hrtime_in_between_ends_the_group(shell):
    shell.run("x = 1", asked(0, 3, name="group"))
    shell.run("%%hrtime single\nx = 1")
    assert names(shell) == [("group", "ok"), ("single", "ok")]
    shell.run("x = 1", asked(1, 3, name="group"))
    shell.run("x = 1", asked(2, 3, name="group"))
    assert len({run.id for run in shell.runs}) == 3


def test_every_run_of_an_interrupted_group_is_kept(shell, store_of_the_test):
    shell.run("x = 1", asked(0, 2))
    shell.run("%%hrtime\nx = 1")
    shell.run("x = 1", asked(1, 2))
    page = RunStore.open(store_of_the_test).page(RunQuery())
    assert {run.id for run in page.runs} == {run.id for run in shell.runs}
    assert {run.status for run in page.runs} == {"ok"}


def test_an_ordinary_cell_in_between_is_not_part_of_the_group(shell):
    shell.run("x = 1", asked(0, 2))
    watch = shell.timing.active.watch
    shell.run("from hrlab.timing.dask.client_hooks import doors; seen = doors.watcher")
    assert shell.ip.user_ns["seen"] is None
    assert doors.watcher is watch
    shell.run("x = 1", asked(1, 2))
    (run,) = shell.runs
    assert len(run.cells) == 2


def test_a_failure_of_an_ordinary_cell_in_between_is_not_the_groups(shell):
    shell.run("x = 1", asked(0, 2))
    shell.run("1 / 0")
    shell.run("x = 1", asked(1, 2))
    assert [run.status for run in shell.runs] == ["ok"]


def test_start_in_an_ordinary_cell_in_between_ends_the_group(shell):
    shell.run("x = 1", asked(0, 3, name="group"))
    shell.run("%hrtime start span")
    shell.run("%hrtime stop")
    assert names(shell) == [("group", "ok"), ("span", "ok")]


def test_start_inside_a_group_is_refused(shell, capsys):
    shell.run("x = 1", asked(0, 2, name="group"))
    shell.run("%hrtime start span", asked(1, 2, name="group"))
    assert "only one is timed at a time" in capsys.readouterr().err
    assert names(shell) == [("group", "failed")]


def test_the_button_ends_a_run_begun_by_start(shell):
    shell.run("%hrtime start span")
    shell.run("x = 1", asked(name="button"))
    assert names(shell) == [("span", "ok"), ("button", "ok")]


def test_the_button_under_every_cell_timing_times_once(shell):
    shell.run("%hrtime on")
    shell.run("x = 1", asked(name="button"))
    shell.run("x = 1", asked(0, 2, uuid.uuid4().hex, name="group"))
    shell.run("y = 1")
    assert names(shell) == [("button", "ok"), ("group", "ok"), ("y = 1", "ok")]


def test_a_nested_cell_with_the_same_request_does_not_count_as_a_cell(shell):
    shell.run("get_ipython().run_cell('y = 1')", asked(0, 2))
    shell.run("x = 1", asked(1, 2))
    assert len(shell.runs[0].cells) == 2


@pytest.mark.parametrize(
    "bad",
    [
        {},
        "yes",
        5,
        {"run_id": 5},
        {"run_id": "../" * 11},
        {"run_id": "A" * 32},
        asked(-1, 3),
        asked(3, 3),
        asked("0", 1),
        asked(0, 0),
        asked(True, 2),
        asked(0, 1.5),
    ],
)
def test_bad_metadata_makes_an_ordinary_cell(shell, bad):
    assert shell.run("41 + 1", bad).result == 42
    assert shell.runs == []
    shell.run("%%hrtime a\n1", bad)
    assert names(shell) == [("a", "ok")]


@pytest.mark.parametrize("parent", [None, {}, {"metadata": None}, {"metadata": []}, "x"])
def test_requests_without_metadata_ask_nothing(parent):
    assert asked_of(parent) is None


def test_strange_texts_are_cut_or_left_out():
    found = asked_of({"metadata": {"hrlab": asked(name=["x"], notebook="n" * 9999, whole="yes")}})
    assert found == CellMetadata(ID, 0, 1, None, "n" * 500, whole=False)
    assert found.kind == "cell"


def test_labels_and_amounts_that_make_no_sense_are_left_out():
    strange = {
        "labels": {"a": 1, "b": "c", "d" * 999: "e"},
        "workload": {"events": "many", "bytes": -1, "files": float("nan"), "yes": True, "ok": 2},
        "campaign": {"id": 5, "point": "p"},
    }
    found = asked_of({"metadata": {"hrlab": asked(**strange)}})
    assert (found.labels, found.workload, found.campaign) == ({"b": "c"}, {"ok": 2.0}, None)
    lists = {"labels": [], "workload": "x", "campaign": []}
    assert asked_of({"metadata": {"hrlab": asked(**lists)}}) == CellMetadata(ID)
