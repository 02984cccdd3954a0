"""The books of one run on one scheduler: unfinished tasks, when there were any, when they executed, sums by group.

Pure: no Dask, and the clock is a parameter. It travels to the scheduler as source text together with `plugin.py`, so it
imports nothing but the standard library and keeps to Python 3.9. Nothing is kept for a finished task.

Times are seconds of the scheduler's monotonic clock, which nobody steps.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from math import log2
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

MAX_BUSY = 500
MAX_EXECUTING = 500
MAX_GROUPS = 200
MAX_HISTORY = 500
MAX_HOSTS = 64
MAX_NUMBERS = 1000
MAX_FIRST = 20_000
# Executions are told one at a time between much other work, when nothing of this is in the processor's caches, and summed
# so many at a time: that takes a fifth of the time of each.
BATCH = 256
# Executions are counted by length, in bins of a quarter of an octave; number 0 begins far below a nanosecond.
BINS_PER_OCTAVE = 4
FIRST_BIN = -200


class Spans:
    """Union of intervals in bounded memory: when there are too many, the smallest gaps are closed, and summed."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.starts: list[float] = []
        self.stops: list[float] = []
        self.closed_seconds = 0.0

    def add(self, start: float, stop: float) -> None:
        """Take in one interval; an empty one is nothing."""
        if stop <= start:
            return
        if not self.stops or start > self.stops[-1]:  # as nearly always
            self.starts.append(start)
            self.stops.append(stop)
        elif start >= self.starts[-1]:
            self.stops[-1] = max(stop, self.stops[-1])
        else:
            self._insert(start, stop)
        if len(self.starts) > 2 * self.limit:
            self._coarsen()

    def _insert(self, start: float, stop: float) -> None:
        starts, stops = self.starts, self.stops
        i = bisect_left(stops, start)
        j = bisect_right(starts, stop)
        if i < j:
            start = min(start, starts[i])
            stop = max(stop, stops[j - 1])
        starts[i:j] = [start]
        stops[i:j] = [stop]

    def _coarsen(self) -> None:
        starts, stops = self.starts, self.stops
        closed = smallest_gaps(starts, stops, self.limit)
        self.closed_seconds += sum(starts[i] - stops[i - 1] for i in closed)
        self.starts = [s for i, s in enumerate(starts) if i not in closed]
        self.stops = [s for i, s in enumerate(stops) if i + 1 not in closed]


def smallest_gaps(starts: list[float], stops: list[float], limit: int) -> set[int]:
    """Which intervals to join to the one before, so that `limit` are left."""
    gaps = sorted((starts[i] - stops[i - 1], i) for i in range(1, len(starts)))
    return {i for _, i in gaps[: len(starts) - limit]}


class Numbers:
    """Which of the graphs 0, 1, 2, ... were seen, in the memory of the few that are missing."""

    def __init__(self) -> None:
        self.next = 0  # all below were seen
        self.ahead: set[int] = set()

    @staticmethod
    def told_by(tag: str) -> int | None:
        """Number of the graph that an annotation tells; None for tasks that a task submitted."""
        number = tag.rpartition(":")[2]
        return int(number) if number.isdigit() else None

    def add(self, number: int) -> None:
        """Graph `number` was seen."""
        if number < self.next:
            return
        self.ahead.add(number)
        if len(self.ahead) > MAX_NUMBERS:  # some that never came: give them up
            self.next = min(self.ahead)
        self._advance()

    def forgive(self, below: int) -> None:
        """Graphs with a number `below` left before anybody counted."""
        self.next = max(self.next, below)
        self._advance()

    def _advance(self) -> None:
        while self.next in self.ahead:
            self.ahead.remove(self.next)
            self.next += 1
        if self.ahead and min(self.ahead) < self.next:
            self.ahead = {number for number in self.ahead if number >= self.next}

    def missing(self, graphs: int, refused: Iterable[int] = ()) -> list[int]:
        """Those of `graphs` in all that were not seen, but for the `refused`."""
        passed = self.ahead.union(refused)
        return [number for number in range(self.next, graphs) if number not in passed]


class TaskCounter:
    """Counts the tasks of one run on one scheduler.

    Parameters
    ----------
    clock
        Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = perf_counter) -> None:
        self.clock = clock
        self.keys: dict[Hashable, float | None] = {}  # unfinished -> when sent to a worker
        # [start, stop or None, tasks, failed, number of the graph that began it, client]
        self.busy: list[list[Any]] = []
        self.busy_closed_seconds = 0.0
        self.executing = Spans(MAX_EXECUTING)
        # prefix -> [tasks, failed, compute seconds, longest, output bytes, most threads of a worker, {bin: executions},
        # longest that was no first execution]
        self.groups: dict[str, list[Any]] = {}
        self.activities: dict[str, float] = {}
        self.tasks = 0
        self.failed = 0
        self.finished = 0
        self.timed = 0
        self.unseen_attempts = 0
        # Executions that are not summed yet: see `count`.
        self.told: list[tuple[Any, ...]] = []
        # By address: threads and host of every worker that was there.
        self.seats: dict[Any, tuple[int, str]] = {}
        self.hosts: set[str] = set()
        # (prefix, worker) -> when its first execution ended. Those that began before that are first ones as well: each
        # thread loads and compiles what it needs.
        self.first: dict[tuple[str, Hashable], float] = {}
        self.history: list[list[float]] = []
        self.memory_peak = 0

    # -- tasks come and go -----------------------------------------------------------------------------------------

    def add(
        self,
        keys: Iterable[Hashable],
        at: float,
        graph: int | None = None,
        client: str | None = None,
        again: bool = False,  # noqa: FBT001, FBT002 - a flag that travels by name
    ) -> int:
        """Tasks that exist since `at` and are not done; how many of them are new. Counted before, if `again`."""
        fresh = [key for key in keys if key not in self.keys]
        if not fresh:
            return 0
        if not self.keys:
            self._open(at, graph, client)
        self.keys.update(dict.fromkeys(fresh))
        if not again:
            self.busy[-1][2] += len(fresh)
            self.tasks += len(fresh)
        return len(fresh)

    def _open(self, at: float, graph: int | None, client: str | None) -> None:
        start = max(at, self.busy[-1][1]) if self.busy else at
        self.busy.append([start, None, 0, 0, graph, client])
        if len(self.busy) > 2 * MAX_BUSY:
            self._merge_busy()

    def _merge_busy(self) -> None:
        busy, last = self.busy[:-1], self.busy[-1]
        closed = smallest_gaps([b[0] for b in busy], [b[1] for b in busy], MAX_BUSY)
        merged: list[list[Any]] = []
        for i, item in enumerate(busy):
            if i in closed:
                into = merged[-1]
                self.busy_closed_seconds += item[0] - into[1]
                into[1:4] = [item[1], into[2] + item[2], into[3] + item[3]]
            else:
                merged.append(item)
        self.busy = [*merged, last]

    def sent(self, key: Hashable) -> None:
        """The task was sent to a worker."""
        self.keys[key] = self.clock()

    def drop(self, key: Hashable) -> None:
        """The task is unfinished no more: done, failed, or needed by nobody."""
        self.keys.pop(key, None)
        if not self.keys and self.busy and self.busy[-1][1] is None:
            self.busy[-1][1] = self.clock()
            self.sum_up()  # what was told belongs to this loop

    def attempt_lost(self) -> None:
        """A task was sent to a worker, and nobody will tell when it executed there."""
        self.unseen_attempts += 1

    def count(
        self,
        key: Hashable,
        name: str,
        failed: bool,  # noqa: FBT001 - called once per task, by position
        output_bytes: int,
        startstops: Iterable[Mapping[str, Any]],
        heard: float,
        ahead_seconds: float,
        worker: Hashable = None,
    ) -> None:
        """A task of group `name` was executed on `worker`, as was `heard` now, and is unfinished still.

        `startstops` are Dask's, on wall clocks that are `ahead_seconds` before `clock`.
        """
        sent = self.keys.get(key)
        told = (sent, name, failed, output_bytes, startstops, heard, ahead_seconds, worker)
        self.told.append(told)
        if len(self.told) >= BATCH:
            self.sum_up()

    def sum_up(self) -> None:
        """Sum the executions that were told since the last time."""
        told, self.told = self.told, []
        for sent, name, failed, output_bytes, startstops, heard, ahead_seconds, worker in told:
            self.finished += 1
            group = self.groups.get(name) or self._new_group(name)
            group[0] += 1
            group[4] += output_bytes
            if failed:
                self.failed += 1
                self.busy[-1][3] += 1
                group[1] += 1
            seat = self.seats.get(worker)
            if seat is not None:
                threads, host = seat
                group[5] = max(group[5], threads)
                if host not in self.hosts and len(self.hosts) < MAX_HOSTS:
                    self.hosts.add(host)
            self._add_times(group, sent, startstops, heard, ahead_seconds, (name, worker))

    def _add_times(
        self,
        group: list[Any],
        sent: float | None,
        startstops: Iterable[Mapping[str, Any]],
        heard: float,
        ahead_seconds: float,
        place: tuple[str, Hashable],
    ) -> None:
        for item in startstops:
            start, stop = item["start"] - ahead_seconds, item["stop"] - ahead_seconds
            since = start if sent is None else sent
            if start < since or stop > heard:
                start, stop = fitted(start, stop, since, heard)
            seconds, action = stop - start if stop > start else 0.0, item["action"]
            self.activities[action] = self.activities.get(action, 0.0) + seconds
            if action == "compute":
                self.timed += 1
                group[2] += seconds
                if seconds > group[3]:  # noqa: PLR1730 - `max` costs more than all the rest
                    group[3] = seconds
                if seconds > group[7] and not self._is_first(place, start, stop):
                    group[7] = seconds
                length = int(log2(seconds or 1e-9) * BINS_PER_OCTAVE - FIRST_BIN)
                group[6][length] = group[6].get(length, 0) + 1
                self.executing.add(start, stop)

    def _is_first(self, place: tuple[str, Hashable], start: float, stop: float) -> bool:
        """Whether a worker had not executed the group before; where that is not remembered, it may be so."""
        ended = self.first.get(place)
        if ended is None and len(self.first) < MAX_FIRST:
            self.first[place] = stop
        return ended is None or start < ended

    def _new_group(self, name: str) -> list[Any]:
        if len(self.groups) >= MAX_GROUPS:
            name = "(other)"
        return self.groups.setdefault(name, [0, 0, 0.0, 0.0, 0, 0, {}, 0.0])

    # -- workers ---------------------------------------------------------------------------------------------------

    def workers(self, seats: Mapping[Any, tuple[int, str]], memory_bytes: int) -> None:
        """These workers are there now: threads and host of each, by address."""
        number, threads = len(seats), sum(threads for threads, _ in seats.values())
        if self.first:
            self._forget_first(seats)
        self.seats.update(seats)
        self.memory_peak = max(self.memory_peak, memory_bytes)
        self.history.append([self.clock(), number, threads])
        if len(self.history) > 2 * MAX_HISTORY:
            self.history = longest(self.history)

    def _forget_first(self, seats: Mapping[Any, tuple[int, str]]) -> None:
        """Workers that went are new ones when they come again."""
        self.sum_up()
        self.first = {place: stop for place, stop in self.first.items() if place[1] in seats}

    # -- answers ---------------------------------------------------------------------------------------------------

    def snapshot(self, executing_since: Iterable[float] = ()) -> dict[str, Any]:
        """All that is known now; executions that began at `executing_since` have not ended."""
        self.sum_up()
        now = self.clock()
        executing = Spans(MAX_EXECUTING)
        executing.starts, executing.stops = list(self.executing.starts), list(self.executing.stops)
        for start in executing_since:
            executing.add(start, now)
        return {
            "now": now,
            "tasks": self.tasks,
            "failed": self.failed,
            "finished": self.finished,
            "timed": self.timed,
            "unseen_attempts": self.unseen_attempts,
            "unfinished": len(self.keys),
            "busy": [list(item) for item in self.busy],
            "busy_closed_seconds": self.busy_closed_seconds,
            # Two lists travel faster than many pairs.
            "executing": [executing.starts, executing.stops],
            "executing_closed_seconds": self.executing.closed_seconds,
            "groups": {
                name: [*sums[:6], dict(sums[6]), sums[7]] for name, sums in self.groups.items()
            },
            "activities": dict(self.activities),
            "history": [list(item) for item in longest(self.history)],
            "memory_bytes": self.memory_peak,
            "hosts": sorted(self.hosts),
        }


def median_of(bins: Mapping[int, int], longest: float) -> float | None:
    """Median length in seconds of executions counted in `bins`, to within 10 %; None without any."""
    left = sum(bins.values()) / 2
    for length, count in sorted(bins.items()):
        left -= count
        if left <= 0:
            return min(longest, float(2 ** ((length + FIRST_BIN + 0.5) / BINS_PER_OCTAVE)))
    return None


def longest(history: list[list[float]]) -> list[list[float]]:
    """At most `MAX_HISTORY` changes: those that were in force longest, the first and the last."""
    surplus = len(history) - MAX_HISTORY
    if surplus <= 0:
        return history
    inner = range(1, len(history) - 1)
    dropped = set(sorted(inner, key=lambda i: history[i + 1][0] - history[i][0])[:surplus])
    return [item for i, item in enumerate(history) if i not in dropped]


def fitted(start: float, stop: float, sent: float, heard: float) -> tuple[float, float]:
    """An execution as a worker's clock gave it, moved between when the worker was told and when it was heard of.

    Workers' clocks may be off or stepped, and Dask's own correction of them is off by tens of milliseconds for a
    worker's first tasks; how long an execution took is right, as long as it fits.
    """
    shift = min(0.0, heard - stop) or max(0.0, sent - start)
    return max(start + shift, sent), min(stop + shift, heard)
