"""Two runs, part by part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hrlab.comparison.difference import MOST_GROUPS, REST, difference
from hrlab.comparison.groups import compare
from hrlab.model.run import Group
from tests.comparison.runs import run
from tests.render.runs import golden


def group(name, seconds, tasks=1):
    return Group(name, tasks, 0, seconds, seconds, 0)


def later(**changes):
    return replace(golden(), id="e" * 32, **changes)


def test_changes_of_the_phases_add_up_to_that_of_the_wall_time():
    before = run(10)
    after = run(16)
    found = difference(before, after)
    (wall,) = found.of("wall")
    assert wall.change_seconds == 6
    assert sum(line.change_seconds for line in found.of("phase")) == pytest.approx(6)


def test_changes_of_the_stages_add_up_to_that_of_dask():
    before, after = golden(), later(loops=golden().loops[:1])
    found = difference(before, after)
    lost = sum(loop.stop_seconds - loop.start_seconds for loop in before.loops[1:])
    assert sum(line.change_seconds for line in found.of("stage")) == pytest.approx(-lost)


def test_stages_stand_below_dask_of_which_they_are_parts():
    found = difference(golden(), later())
    parts = [
        line.part if line.part == "stage" else line.name for line in found.of("phase", "stage")
    ]
    where = parts.index("dask")
    stages = parts.count("stage")
    assert parts[where + 1 : where + 1 + stages] == ["stage"] * stages
    assert parts[-1] == "post"


def test_group_that_one_run_has_not_took_no_time_there():
    before = replace(golden(), groups=(group("read", 5.0, 3), group("fit", 1.0)))
    after = later(groups=(group("read", 9.0, 3), group("plot", 2.0, 7)))
    lines = {line.name: line for line in difference(before, after).of("group")}
    assert lines["read"].change_seconds == 4
    assert lines["fit"].change_seconds == -1
    assert (lines["plot"].change_seconds, lines["plot"].before_tasks) == (2, None)
    assert [*lines] == ["read", "plot", "fit"]


def test_what_was_nearly_nothing_has_no_ratio():
    before = replace(golden(), groups=(group("read", 99.5), group("fit", 0.5), group("plot", 0.0)))
    after = later(groups=(group("read", 199.0), group("fit", 50.0), group("plot", 1.0)))
    found = difference(before, after)
    ratios = {line.name: line.ratio for line in found.of("group")}
    assert ratios == {"read": 2.0, "fit": None, "plot": None}
    (wall,) = found.of("wall")
    assert wall.ratio == 1.0
    # Of 137.25 s the phase between took 1.35 s, and the stage submit 0.6 s.
    assert {line.name for line in found.of("phase", "stage") if line.ratio is None} == {
        line.name for line in found.of("phase", "stage") if line.before_seconds < 1.3725
    }


def test_many_groups_are_summed_and_none_is_lost():
    count = MOST_GROUPS + 30
    before = replace(golden(), groups=tuple(group(f"g{i}", 1.0) for i in range(count)))
    after = later(groups=tuple(group(f"g{i}", 2.0 + i) for i in range(count)))
    lines = difference(before, after).of("group")
    assert len(lines) == MOST_GROUPS + 1
    assert lines[-1].name == REST
    assert sum(line.after_seconds for line in lines) == sum(2.0 + i for i in range(count))


def test_run_of_which_only_the_wall_time_is_known_has_no_parts_to_compare():
    found = difference(run(10, phases=False), golden())
    assert found.of("wall")[0].change_seconds == pytest.approx(golden().wall_seconds - 10)
    assert [line.change_seconds for line in found.of("phase", "stage", "group")] == [None] * len(
        found.of("phase", "stage", "group")
    )


def test_two_runs_of_one_name_are_told_apart_as_in_the_charts():
    older = replace(run(10, name="scan"), started_at=100.0)
    newer = replace(run(8, name="scan"), started_at=200.0)
    lanes = [group.label for group in compare([older, newer], "run").groups]
    found, back = difference(older, newer), difference(newer, older)
    assert [found.before_name, found.after_name] == lanes == ["scan", "scan #2"]
    assert [back.before_name, back.after_name] == ["scan #2", "scan"]
