from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlab.model.errors import InvalidRequestError, MalformedError
from hrlab.model.shape import Headroom, Node, Shape
from hrlab.sizing.advice import advise, core_hours
from hrlab.sizing.goal import Goal, goal_from
from hrlab.sizing.laws import MAX_EXTRAPOLATION, Law, Startup, Times, Workload, expect, times_of

positive = st.floats(0.01, 1e5)
laws = st.builds(
    Law,
    name=st.just("universal-scalability"),
    work_seconds=positive,
    contention_seconds=st.floats(0, 100),
    coherency_seconds=st.floats(0, 10),
    spread=st.none() | st.floats(0, 0.5),
    measured_threads=st.just((1.0, 8.0)),
)
works = st.builds(
    Workload,
    amount=st.floats(0.1, 1e4),
    fixed_seconds=st.floats(0, 1e4),
    tasks=st.none() | st.integers(1, 10_000),
    longest_seconds=st.none() | st.floats(0.001, 100),
)


def law(work=100.0, contention=0.0, coherency=0.0, threads=(1.0, 8.0), spread=0.0):
    return Law(
        name="universal-scalability",
        work_seconds=work,
        contention_seconds=contention,
        coherency_seconds=coherency,
        spread=spread,
        measured_threads=threads,
    )


def work(fixed=10.0, tasks=None, longest=None, amount=1.0):
    return Workload(amount=amount, fixed_seconds=fixed, tasks=tasks, longest_seconds=longest)


def test_perfect_scaling_divides_only_what_scales():
    assert expect(law(), work(), 4).seconds == pytest.approx(10 + 25)


def test_contention_bounds_the_speed_up_as_amdahl_says():
    # sigma = 0.1: the scaling part can't get below a tenth of the work.
    amdahl = law(contention=10.0)
    assert expect(amdahl, work(0), 10_000).seconds == pytest.approx(10.0, rel=0.01)


def test_coherency_makes_too_many_threads_slower():
    slow = law(coherency=0.1)
    assert expect(slow, work(0), 200).seconds > expect(slow, work(0), 30).seconds


def test_threads_without_a_task_do_not_help():
    one = expect(law(), work(tasks=4), 16)
    assert one.seconds == expect(law(), work(tasks=4), 4).seconds
    assert one.bound == "tasks"


def test_no_run_is_shorter_than_its_longest_task():
    one = expect(law(), work(longest=30.0), 100)
    assert one.seconds == 40.0
    assert one.bound == "longest-task"


def test_far_beyond_what_was_measured_is_said_to_be_a_guess():
    assert not expect(law(), work(), int(MAX_EXTRAPOLATION * 8)).extrapolated
    assert expect(law(), work(), int(MAX_EXTRAPOLATION * 8) + 1).extrapolated


@given(laws, works, st.integers(1, 5000))
def test_expectation_lies_within_its_interval_and_is_never_below_what_does_not_scale(law, work, n):
    one = expect(law, work, n)
    assert 0 <= one.low_seconds <= one.seconds <= one.high_seconds
    assert one.seconds >= work.fixed_seconds
    if work.longest_seconds is not None:
        assert one.seconds >= work.fixed_seconds + work.longest_seconds * (1 - 1e-9)


@given(laws, works, st.integers(1, 50), st.integers(0, 200), st.sampled_from([1, 2, 8]))
def test_advice_is_within_the_bounds_and_on_its_curve(law, work, low, more, cores):
    shape = Shape(cores=cores, workers_minimum=low, workers_maximum=low + more)
    advice = advise(law, work, Goal(name="fastest"), shape, ["a"])
    assert low <= advice.workers <= low + more
    assert 0 <= advice.efficiency <= 1
    assert advice.wall_seconds.expected == {n: s for n, s, *_ in advice.curve}[advice.workers]
    known = [s for n, s, *_ in advice.curve if n <= max(low, advice.trusted_workers)]
    assert advice.wall_seconds.expected <= min(known) * 1.02
    assert advice.workers <= max(low, advice.trusted_workers)


def test_fewer_threads_than_were_measured_take_no_less_time_and_no_more_than_if_all_gained():
    flat = Law(
        name="universal-scalability",
        work_seconds=1.0,
        coherency_seconds=2.0,
        measured_threads=(2.0, 4.0),
        spread=0.0,
    )
    # As fitted it would be 1 s on one thread, and is 2.5 s on two.
    one = expect(flat, work(0), 1)
    assert one.seconds == pytest.approx(2.5)
    assert one.low_seconds < 2.0
    steep = law(contention=0.0, threads=(4.0, 8.0))
    assert expect(steep, work(0), 1).seconds == pytest.approx(100.0)


def test_beyond_what_was_measured_half_of_each_gain_may_be_lost():
    one = expect(law(), work(0), 16)
    assert one.seconds == pytest.approx(100 / 16)
    assert one.high_seconds > 100 / 8 * 3 / 4


def test_goal_in_time_takes_the_smallest_that_reaches_it():
    advice = advise(law(), work(), Goal(name="finish_within_seconds", value=35.0), Shape(), ["a"])
    assert (advice.workers, advice.limited_by) == (4, "goal")


def test_goal_out_of_reach_is_said_with_the_fastest_there_is():
    advice = advise(law(), work(), Goal(name="finish_within_seconds", value=5.0), Shape(), ["a"])
    assert advice.workers > 30
    assert "Not possible in 5 s" in advice.warnings[0]


def test_goal_in_efficiency_takes_the_largest_that_keeps_it():
    # E(N) = 1 / (1 + 0.1 (N - 1)) >= 0.5 up to N = 11
    advice = advise(
        law(contention=10.0), work(0), Goal(name="efficiency", value=0.4999), Shape(), ["a"]
    )
    assert advice.workers == 11
    assert advice.efficiency == pytest.approx(0.5)


def test_goal_in_core_hours_is_kept():
    budget = 20 * 6.0 / 3600
    advice = advise(law(), work(1.0), Goal(name="core_hours", value=budget), Shape(), ["a"])
    assert advice.core_hours <= budget
    assert advice.workers == 20


def test_what_stops_a_larger_cluster_is_named():
    profile = advise(law(1e6), work(), Goal(name="fastest"), Shape(workers_maximum=8), ["a"])
    assert profile.limited_by == "profile"
    few = advise(law(1e6), work(tasks=5), Goal(name="fastest"), Shape(), ["a"])
    assert (few.workers, few.limited_by) == (5, "tasks")
    long = advise(law(100), work(longest=20.0), Goal(name="fastest"), Shape(), ["a"])
    assert (long.workers, long.limited_by) == (5, "longest-task")
    serial = advise(law(10, 9), work(1000.0), Goal(name="fastest"), Shape(), ["a"])
    assert serial.limited_by == "serial"


def test_bound_is_named_though_a_few_workers_fewer_are_as_fast():
    many = advise(law(1e6, threads=(1.0, 64.0)), work(), Goal(name="fastest"), Shape(), ["a"])
    assert many.limited_by == "profile"
    assert many.workers >= 126


def test_quota_bounds_the_advice_but_not_the_curve():
    shape = Shape(workers_maximum=64, room=Headroom(workers=12))
    advice = advise(law(1e4), work(), Goal(name="fastest"), shape, ["a"])
    assert (advice.workers, advice.limited_by) == (12, "quota")
    assert dict(advice.bounds) == {"quota": 12, "profile": 64}
    assert advice.curve[-1][0] == 64
    assert 12 in [point[0] for point in advice.curve]
    assert "Without quotas, the recommendation would be" in advice.warnings[0]


def test_quota_that_leaves_nothing_is_said_with_the_remedy():
    shape = Shape(room=Headroom(cores=0.5))
    advice = advise(law(), work(), Goal(name="fastest"), shape, ["a"])
    assert (advice.workers, advice.limited_by) == (1, "quota")
    assert "close another cluster first, or ask" in advice.warnings[0]


def test_core_hours_that_quotas_leave_bound_workers_too():
    # n workers cost n (10 s + 100 s / n) = 10 n + 100 core seconds: 20 of them 300.
    shape = Shape(room=Headroom(core_hours=300 / 3600, workers=50))
    advice = advise(law(), work(), Goal(name="fastest"), shape, ["a"])
    assert (advice.workers, advice.limited_by) == (20, "quota")
    assert dict(advice.bounds) == {"quota": 20, "profile": 128}
    none = Shape(room=Headroom(core_hours=0.0))
    assert advise(law(), work(), Goal(name="fastest"), none, ["a"]).bounds["quota"] == 0
    plenty = Shape(room=Headroom(core_hours=1e6))
    assert "quota" not in advise(law(), work(), Goal(name="fastest"), plenty, ["a"]).bounds


def test_quota_that_is_no_hindrance_is_not_mentioned():
    shape = Shape(room=Headroom(workers=50))
    goal = Goal(name="finish_within_seconds", value=35.0)
    advice = advise(law(), work(), goal, shape, ["a"])
    assert (advice.workers, advice.limited_by, advice.warnings) == (4, "goal", ())


def test_memory_of_the_profile_bounds_workers():
    shape = Shape(memory_bytes=2**32, memory_limit_bytes=2**34)
    advice = advise(law(1e4), work(), Goal(name="fastest"), shape, ["a"])
    assert (advice.workers, advice.limited_by) == (4, "memory")


def test_worker_that_fits_no_node_can_not_be_advised():
    shape = Shape(cores=128, node=Node(cores=96, memory_bytes=2**39))
    with pytest.raises(InvalidRequestError, match="does not fit on a node"):
        advise(law(), work(), Goal(name="fastest"), shape, ["a"])


def test_fewer_than_two_tasks_a_thread_are_warned_of():
    few = advise(law(), work(tasks=20), Goal(name="fastest"), Shape(cores=4), ["a"])
    assert few.workers == 5
    assert few.least_tasks == 40
    assert any("20 tasks for 20 threads" in w and "npartitions" in w for w in few.warnings)
    many = advise(law(), work(tasks=1000), Goal(name="fastest"), Shape(cores=4), ["a"])
    assert not any("npartitions" in warning for warning in many.warnings)


def test_waiting_for_workers_costs_time_and_makes_many_of_them_useless():
    slow = Workload(
        amount=1.0,
        fixed_seconds=0.0,
        startup=Startup(first_seconds=5.0, per_worker_seconds=2.0),
    )
    one = expect(law(), slow, 8, 4)
    assert one.startup_seconds == 5.0 + 3 * 2.0 / 2
    assert one.seconds == pytest.approx(12.5 + 8.0)
    advice = advise(law(), slow, Goal(name="fastest"), Shape(), ["a"])
    # The least of 100 / n + n - 1 is at n = 10, and 9 is within 1 % of it.
    assert (advice.workers, advice.limited_by) == (9, "serial")
    assert advice.phases["startup"] == 5.0 + 8.0
    # Those that come when the work is nearly done make it no longer, only dearer.
    seconds = [point[1] for point in advice.curve]
    assert seconds == sorted(seconds, reverse=True)
    assert advice.table[-1][2] > 10 * advice.core_hours


def test_phases_add_up_to_the_wall_time_and_so_do_their_ends():
    parts = {
        name: times_of([seconds, seconds + 1])
        for name, seconds in (("pre", 4), ("submit", 1), ("gather", 2), ("between", 0), ("post", 3))
    }
    fixed = sum(part.expected for part in parts.values())
    phased = Workload(
        amount=1.0, fixed_seconds=fixed, parts=parts, startup=Startup(first_seconds=2)
    )
    advice = advise(law(), phased, Goal(name="fastest"), Shape(), ["a"])
    assert list(advice.phase_seconds) == ["pre", "between", "post", "dask"]
    for end in ("expected", "low", "high"):
        summed = sum(getattr(times, end) for times in advice.phase_seconds.values())
        assert summed == pytest.approx(getattr(advice.wall_seconds, end))


def test_part_that_was_seen_once_is_less_certain_than_one_seen_twice():
    assert times_of([10.0]) == Times(expected=10.0, low=8.5, high=11.5)
    assert times_of([10.0, 10.0]) == Times(expected=10.0, low=9.5, high=10.5)


def test_tasks_that_may_follow_one_another_widen_the_range():
    chained = Workload(
        amount=1.0, fixed_seconds=0.0, tasks=1000, longest_seconds=2.0, chain_seconds=9.0
    )
    one = expect(law(threads=(1.0, 128.0)), chained, 100)
    assert one.seconds == pytest.approx(2.0)
    assert one.high_seconds == pytest.approx(9.0)


def test_goal_shorter_than_what_does_not_scale_says_so():
    advice = advise(law(), work(30), Goal(name="finish_within_seconds", value=20), Shape(), ["a"])
    assert "30 s do not depend on the number of workers" in advice.warnings[0]


@pytest.mark.parametrize(
    "goal",
    [None, [], {}, "fastest", {"fastest": True, "efficiency": 0.5}, {"soon": 1}],
)
def test_goal_of_another_form_is_malformed(goal):
    with pytest.raises(MalformedError, match="exactly one of"):
        goal_from(goal)


@pytest.mark.parametrize(
    "goal",
    [
        {"fastest": 1},
        {"efficiency": 1.5},
        {"efficiency": 0},
        {"finish_within_seconds": -1},
        {"finish_within_seconds": float("nan")},
        {"finish_within_seconds": "60"},
        {"core_hours": True},
        {"core_hours": 1e12},
    ],
)
def test_goal_that_nobody_can_mean_is_refused(goal):
    with pytest.raises(InvalidRequestError):
        goal_from(goal)


def test_core_hours_count_all_threads_for_the_whole_run():
    assert core_hours(expect(law(), work(), 10)) == pytest.approx(10 * 20 / 3600)


def test_no_more_is_advised_than_was_measured_and_the_rest_is_said_to_be_a_guess():
    """One run on 2 threads: "65 workers: about 7.08 s, > 99 % efficient"."""
    advice = advise(law(threads=(2.0, 2.0)), work(5), Goal(name="fastest"), Shape(), ["a"])
    assert (advice.workers, advice.trusted_workers, advice.limited_by) == (8, 8, "measured")
    (said,) = [one for one in advice.warnings if "a guess" in one]
    assert re.match(r"\d+ workers might take about 5\.\d\d s; this is a guess", said)
    assert advice.curve[-1][0] > 8


def test_what_is_reached_within_what_was_measured_has_no_guess_beside_it():
    known = law(threads=(2.0, 2.0))
    goal = Goal(name="finish_within_seconds", value=30)
    advice = advise(known, work(5), goal, Shape(), ["a"])
    assert (advice.workers, advice.limited_by) == (4, "goal")
    assert not advice.warnings
    assert (
        advise(known, work(5), Goal(name="fastest"), Shape(workers_maximum=8), ["a"]).limited_by
        == "profile"
    )
