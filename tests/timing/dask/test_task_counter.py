"""The books of a run, without Dask and on a fake clock."""

from __future__ import annotations

import itertools
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlab.timing.dask import task_counter as module
from hrlab.timing.dask.task_counter import Numbers, Spans, TaskCounter, fitted


class FakeClock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def tally(clock):
    return TaskCounter(clock)


def ran(start, stop, action="compute"):
    return [{"action": action, "start": start, "stop": stop}]


def pairs(spans):
    return list(zip(spans.starts, spans.stops, strict=True))


def test_busy_from_the_first_task_to_the_last(tally, clock):
    tally.add(["a", "b"], 100.0, graph=3, client="c")
    clock.now = 101.0
    tally.drop("a")
    clock.now = 102.0
    tally.drop("b")
    assert tally.busy == [[100.0, 102.0, 2, 0, 3, "c"]]


def test_task_that_is_there_already_is_not_counted_again(tally):
    tally.add(["a"], 100.0)
    assert tally.add(["a", "b"], 100.5) == 1
    assert tally.tasks == 2


def test_task_that_runs_again_opens_a_stretch_but_is_not_counted(tally, clock):
    tally.add(["a"], 100.0)
    clock.now = 101.0
    tally.drop("a")
    tally.add(["a"], 102.0, again=True)
    assert tally.tasks == 1
    assert [item[:3] for item in tally.busy] == [[100.0, 101.0, 1], [102.0, None, 0]]


def test_execution_is_moved_to_where_it_fits(tally, clock):
    tally.add(["a"], 100.0)
    clock.now = 101.0
    tally.sent("a")
    clock.now = 103.0
    tally.count("a", "work", False, 8, ran(5001.5, 5002.5), clock.now, 4900.9)
    tally.sum_up()
    [(start, stop)] = pairs(tally.executing)
    assert 101.0 <= start < stop <= 103.0
    assert tally.groups["work"][:5] == [1, 0, pytest.approx(1.0), pytest.approx(1.0), 8]


def test_clock_that_was_stepped_while_a_task_ran_does_not_make_it_longer(tally, clock):
    tally.add(["a"], 100.0)
    tally.sent("a")
    clock.now = 101.0
    tally.count("a", "work", False, 0, ran(1000.0, 1301.0), clock.now, 1200.0)
    tally.sum_up()
    assert tally.activities["compute"] <= 1.0


@given(
    sent=st.floats(0, 1e4),
    lasts=st.floats(0, 1e4),
    start=st.floats(-1e5, 1e5),
    length=st.floats(0, 1e5),
)
def test_fitted_execution_is_between_what_the_scheduler_saw(sent, lasts, start, length):
    began, ended = fitted(start, start + length, sent, sent + lasts)
    assert began >= sent
    assert ended <= sent + lasts
    assert ended - began <= length + 1e-6


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 50)), max_size=80))
def test_spans_are_the_union_however_they_come(intervals):
    spans = Spans(1000)
    covered = set()
    for start, length in intervals:
        spans.add(start, start + length)
        covered |= set(range(start, start + length))
    assert sum(stop - start for start, stop in pairs(spans)) == len(covered)
    flat = [edge for pair in pairs(spans) for edge in pair]
    assert flat == sorted(set(flat))


@given(st.lists(st.integers(0, 10_000), max_size=200))
def test_spans_in_bounded_memory_say_how_much_they_closed(starts):
    spans = Spans(10)
    for start in starts:
        spans.add(start, start + 0.5)
    held = sum(stop - start for start, stop in pairs(spans))
    assert len(pairs(spans)) <= 20
    # A later interval may fall into a gap that was closed before.
    assert held - spans.closed_seconds <= len(set(starts)) * 0.5 + 1e-6
    assert held >= len(set(starts)) * 0.5 - 1e-6


@given(st.permutations(range(30)), st.integers(0, 30))
def test_graphs_that_are_missing_are_known_in_any_order(order, seen):
    numbers = Numbers()
    for number in order[:seen]:
        numbers.add(number)
    assert numbers.missing(30) == sorted(order[seen:])
    assert numbers.missing(30, refused=order[seen:]) == []


def test_graphs_before_the_count_are_forgiven():
    numbers = Numbers()
    numbers.add(7)
    numbers.forgive(5)
    numbers.forgive(5)
    assert numbers.missing(9) == [5, 6, 8]
    numbers.add(5)
    numbers.add(6)
    assert numbers.next == 8


def test_graphs_that_never_come_do_not_fill_the_memory():
    numbers = Numbers()
    for number in range(1, 5000):
        numbers.add(number)
    assert len(numbers.ahead) <= module.MAX_NUMBERS


def test_three_thousand_loops_are_kept_in_bounded_memory_and_tasks_stay_right(tally, clock):
    for i in range(3000):
        clock.now += 0.01
        tally.add([i], clock.now)
        tally.sent(i)
        clock.now += 0.02
        tally.count(i, "work", False, 1, ran(clock.now - 0.01, clock.now), clock.now, 0.0)
        tally.drop(i)
    report = tally.snapshot()
    assert len(report["busy"]) <= 2 * module.MAX_BUSY
    assert len(report["executing"][0]) <= 2 * module.MAX_EXECUTING
    assert sum(item[2] for item in report["busy"]) == report["tasks"] == 3000
    busy = sum(item[1] - item[0] for item in report["busy"])
    assert busy - report["busy_closed_seconds"] == pytest.approx(60.0)
    assert report["groups"]["work"][2] == pytest.approx(30.0)


def test_unfinished_stretch_survives_merging(tally, clock):
    for i in range(2 * module.MAX_BUSY + 10):
        clock.now += 1
        tally.add([i], clock.now)
        if i < 2 * module.MAX_BUSY + 9:
            clock.now += 1
            tally.drop(i)
    assert tally.busy[-1][1] is None
    assert all(item[1] is not None for item in tally.busy[:-1])


def size(thing, seen):
    """Bytes of an object and all it refers to."""
    if id(thing) in seen:
        return 0
    seen.add(id(thing))
    total = sys.getsizeof(thing)
    if isinstance(thing, dict):
        total += sum(size(k, seen) + size(v, seen) for k, v in thing.items())
    elif isinstance(thing, (list, tuple, set, frozenset)):
        total += sum(size(item, seen) for item in thing)
    elif hasattr(thing, "__dict__"):
        total += size(vars(thing), seen)
    return total


def test_memory_does_not_grow_with_finished_tasks(tally, clock):
    sizes = []
    for i in range(100_000):
        clock.now += 0.001
        tally.add([f"key-{i}"], clock.now)
        tally.sent(f"key-{i}")
        clock.now += 0.001
        tally.count(
            f"key-{i}", f"p{i % 300}", False, 8, ran(clock.now - 0.0005, clock.now), clock.now, 0.0
        )
        tally.drop(f"key-{i}")
        if i in (19_999, 99_999):
            sizes.append(size(tally, set()))
    assert sizes[1] < sizes[0] * 1.5 < 3_000_000
    assert tally.snapshot()["tasks"] == 100_000
    assert len(tally.groups) <= module.MAX_GROUPS + 1


def test_worker_history_keeps_what_lasted(tally, clock):
    tally.workers({}, 0)
    for i in range(3000):
        clock.now += 100 if i == 1500 else 0.001
        tally.workers({f"w{n}": (1, "host") for n in range(i % 7 + 1)}, i)
    history = tally.snapshot()["history"]
    assert len(history) <= module.MAX_HISTORY
    assert history[0][1] == 0
    assert any(b[0] - a[0] > 99 for a, b in itertools.pairwise(history))
    assert tally.memory_peak == 2999


def test_failed_task_is_counted_in_its_stretch(tally, clock):
    tally.add(["a"], 100.0)
    clock.now = 101.0
    tally.count("a", "work", True, 0, ran(100.2, 100.9), clock.now, 0.0)
    tally.drop("a")
    assert tally.busy == [[100.0, 101.0, 1, 1, None, None]]
    assert tally.groups["work"][:2] == [1, 1]


def test_executions_are_summed_when_there_are_many_when_the_loop_ends_and_when_asked(tally, clock):
    keys = [f"key-{i}" for i in range(module.BATCH + 2)]
    tally.add(keys, 100.0)
    tally.workers({"tcp://w:1": (4, "w")}, 0)
    tally.workers({}, 0)  # it goes, and what it told last is heard
    clock.now = 200.0
    for i, key in enumerate(keys[:-1]):
        assert (tally.finished == 0) == (i < module.BATCH)
        tally.count(key, "work", False, 1, ran(150.0, 151.0), clock.now, 0.0, "tcp://w:1")
        tally.drop(key)
    assert tally.finished == module.BATCH
    report = tally.snapshot()
    assert report["finished"] == module.BATCH + 1
    assert report["hosts"] == ["w"]
    assert report["groups"]["work"][5] == 4
    tally.count(keys[-1], "work", True, 1, ran(150.0, 151.0), clock.now, 0.0)
    tally.drop(keys[-1])
    assert tally.finished == len(keys)
    assert tally.busy == [[100.0, 200.0, len(keys), 1, None, None]]


def executed(tally, clock, key, worker, start, stop, name="work"):
    """A task that was executed from `start` to `stop`."""
    tally.add([key], start)
    clock.now = stop
    tally.count(key, name, False, 8, ran(start, stop), clock.now, 0.0, worker)
    tally.drop(key)


def later_longest(tally, name="work"):
    return tally.snapshot()["groups"][name][7]


def test_longest_execution_is_told_without_each_workers_first(tally, clock):
    tally.workers({"v": (1, "h"), "w": (1, "h")}, 0)
    for key, worker, start, stop in [
        ("a", "v", 100.0, 124.0),
        ("b", "w", 124.0, 147.0),
        ("c", "v", 147.0, 152.0),
        ("d", "w", 152.0, 154.0),
    ]:
        executed(tally, clock, key, worker, start, stop)
    assert later_longest(tally) == pytest.approx(5.0)
    assert tally.groups["work"][3] == pytest.approx(24.0)


def test_each_thread_of_a_worker_has_a_first_execution(tally, clock):
    tally.workers({"v": (2, "h")}, 0)
    tally.add(["a", "b", "c"], 100.0)
    for key, start, stop in [("a", 100.0, 120.0), ("b", 100.5, 124.0), ("c", 120.1, 125.0)]:
        clock.now = stop
        tally.count(key, "work", False, 8, ran(start, stop), clock.now, 0.0, "v")
        tally.drop(key)
    assert later_longest(tally) == pytest.approx(4.9)


def test_worker_that_comes_again_has_a_first_execution_again(tally, clock):
    tally.workers({"v": (1, "h")}, 0)
    executed(tally, clock, "a", "v", 100.0, 120.0)
    tally.workers({}, 0)
    tally.workers({"v": (1, "h")}, 0)
    executed(tally, clock, "b", "v", 121.0, 141.0)
    executed(tally, clock, "c", "v", 141.0, 142.0)
    assert later_longest(tally) == pytest.approx(1.0)


def test_first_executions_are_remembered_in_bounded_memory(tally, clock, monkeypatch):
    monkeypatch.setattr(module, "MAX_FIRST", 2)
    for i in range(4):
        executed(tally, clock, f"a{i}", f"w{i}", 100.0, 120.0)
        executed(tally, clock, f"b{i}", f"w{i}", 120.0, 121.0 + i)
    assert len(tally.first) == 2
    assert later_longest(tally) == pytest.approx(2.0)
