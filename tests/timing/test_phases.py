from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hrlab.model.run import Loop, Run, check
from hrlab.timing import phases
from hrlab.timing.phases import DeclaredTime, Observed, account, stages_in_seconds

ID = "0" * 32
WALL = 10_000_000_007

points = st.integers(-WALL // 10, WALL + WALL // 10)
intervals = st.lists(st.tuples(points, points), max_size=15)
observed = st.builds(
    Observed,
    submitting=intervals,
    travelling=intervals,
    busy=intervals,
    executing=intervals,
    gathering=intervals,
    declared=intervals,
)
declared = st.lists(
    st.builds(DeclaredTime, st.sampled_from(["pre", "dask", "post"]), points, points), max_size=4
)


def record_of(wall, found):
    """The record that the recorder would make of it."""
    return Run(
        id=ID,
        name="a run",
        status="ok",
        started_at=0.0,
        wall_seconds=wall / 1e9,
        phases=found.phases,
        loops=tuple(
            Loop(
                loop.start / 1e9,
                loop.stop / 1e9,
                None,
                None,
                0,
                0,
                0,
                stages_in_seconds(loop.stages),
                tuple((stage, a / 1e9, b / 1e9) for stage, a, b in loop.intervals),
            )
            for loop in found.loops
        ),
    )


@given(st.integers(0, WALL), observed, declared)
def test_phases_add_up_to_the_nanosecond(wall, seen, marks):
    found = account(wall, seen, marks)
    assert found.pre + found.dask + found.between + found.post == wall
    assert min(found.pre, found.dask, found.between, found.post) >= 0


@given(st.integers(0, WALL), observed, declared)
def test_loops_are_apart_in_order_and_inside_the_run(wall, seen, marks):
    edges = [at for loop in account(wall, seen, marks).loops for at in (loop.start, loop.stop)]
    assert edges == sorted(edges)
    assert len(set(edges)) == len(edges)
    assert all(0 <= at <= wall for at in edges)


@given(st.integers(0, WALL), observed, declared)
def test_stages_add_up_to_their_loop(wall, seen, marks):
    found = account(wall, seen, marks)
    for loop in found.loops:
        assert sum(loop.stages.values()) == loop.stop - loop.start
        by_interval = dict.fromkeys(loop.stages, 0)
        edge = loop.start
        for stage, start, stop in loop.intervals:
            assert start == edge < stop
            by_interval[stage] += stop - start
            edge = stop
        assert edge == loop.stop
        assert by_interval == loop.stages
    assert sum(loop.stop - loop.start for loop in found.loops) == found.dask


@given(st.integers(0, WALL), observed, declared)
def test_books_balance_after_the_way_through_seconds(wall, seen, marks):
    run = record_of(wall, account(wall, seen, marks))
    check(run)
    assert Run.from_dict(run.to_dict()) == run


@given(st.integers(0, 20 * 86_400 * 10**9), st.integers(0, 10**9), st.integers(0, 10**9))
def test_books_balance_in_runs_of_weeks(dask, pre, post):
    wall = pre + dask + post
    check(record_of(wall, account(wall, Observed(busy=[(pre, pre + dask)]))))


@settings(max_examples=30)
@given(st.data())
def test_many_loops_are_merged_with_exact_sums(data):
    count = data.draw(st.integers(phases.MAX_LOOPS + 1, phases.MAX_LOOPS + 200))
    gaps = data.draw(st.lists(st.integers(1, 50), min_size=count, max_size=count))
    busy, at = [], 0
    for gap in gaps:
        busy.append((at + gap, at + gap + 10))
        at += gap + 10
    found = account(at, Observed(busy=busy, executing=[(a + 2, b) for a, b in busy]))
    assert len(found.loops) == phases.MAX_LOOPS
    assert found.between_taken_for_dask > 0
    assert found.dask == 10 * count + found.between_taken_for_dask
    assert found.pre + found.dask + found.between + found.post == at
    for loop in found.loops:
        assert sum(loop.stages.values()) == loop.stop - loop.start


def test_many_stage_intervals_are_merged_and_stages_stay_exact():
    count = 2000
    busy = [(0, 20 * count)]
    executing = [(20 * i + 5, 20 * i + 15 + i % 3) for i in range(count)]
    found = account(20 * count, Observed(busy=busy, executing=executing))
    (loop,) = found.loops
    assert found.stage_intervals_merged
    assert len(loop.intervals) <= phases.MAX_STAGE_INTERVALS
    assert loop.stages["compute"] == sum(b - a for a, b in executing)
    assert sum(loop.stages.values()) == 20 * count
    assert loop.intervals[0][1] == 0
    assert loop.intervals[-1][2] == 20 * count


def test_a_run_without_dask_is_all_pre():
    found = account(100, Observed())
    assert (found.pre, found.dask, found.between, found.post) == (100, 0, 0, 0)


def test_gap_between_two_loops_is_not_dask_time():
    found = account(100, Observed(busy=[(10, 30), (50, 60)]))
    assert (found.pre, found.dask, found.between, found.post) == (10, 30, 20, 40)


def test_each_moment_of_a_loop_has_the_stage_that_wins():
    found = account(
        100,
        Observed(
            submitting=[(10, 22)],
            travelling=[(10, 20)],
            busy=[(20, 60)],
            executing=[(30, 50)],
            gathering=[(15, 70)],
        ),
    )
    assert found.loops[0].intervals == (
        ("submit", 10, 20),
        ("wait", 20, 30),
        ("compute", 30, 50),
        ("wait", 50, 60),
        ("gather", 60, 70),
    )


def test_execution_is_not_believed_where_no_task_was_unfinished():
    found = account(100, Observed(busy=[(20, 40)], executing=[(10, 45)]))
    assert (found.pre, found.dask, found.post) == (20, 20, 60)


def test_declared_dask_is_a_loop_that_computes():
    found = account(100, Observed(declared=[(20, 70)]), [DeclaredTime("dask", 20, 70)])
    assert (found.pre, found.dask, found.post) == (20, 50, 30)
    assert found.loops[0].stages["compute"] == 50


def test_declared_post_moves_time_that_is_in_no_loop():
    found = account(100, Observed(busy=[(40, 50)]), [DeclaredTime("post", 10, 45)])
    assert (found.pre, found.dask, found.between, found.post) == (10, 10, 0, 80)


def test_declared_pre_after_the_last_loop_is_pre():
    found = account(100, Observed(busy=[(10, 20)]), [DeclaredTime("pre", 60, 70)])
    assert (found.pre, found.dask, found.post) == (20, 10, 70)


def test_of_overlapping_declarations_the_later_one_counts():
    marks = [DeclaredTime("pre", 50, 80), DeclaredTime("post", 60, 70)]
    found = account(100, Observed(busy=[(10, 20)]), marks)
    assert (found.pre, found.post) == (10 + 20, 100 - 20 - 20)


@given(
    st.lists(st.tuples(st.sampled_from(["pre", "post"]), st.integers(0, 60), st.integers(0, 60)))
)
def test_each_nanosecond_goes_to_the_declaration_that_began_last(marks):
    marks = sorted(marks, key=lambda mark: mark[1])
    by_hand = ["pre"] * 20 + ["dask"] * 10 + ["between"] * 10 + ["dask"] * 10 + ["post"] * 10
    for phase, start, stop in marks:
        for at in range(start, stop):
            by_hand[at] = "dask" if by_hand[at] == "dask" else phase
    found = account(
        60, Observed(busy=[(20, 30), (40, 50)]), [DeclaredTime(*mark) for mark in marks]
    )
    assert [found.pre, found.dask, found.between, found.post] == [
        by_hand.count(phase) for phase in ("pre", "dask", "between", "post")
    ]
