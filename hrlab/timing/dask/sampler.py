"""What the workers of one scheduler use, looked at in regular intervals: one row of sums for all of them.

From what Dask's own monitor on each worker told with its last heartbeat, so nothing new runs on workers. It travels to
the scheduler as source text together with `plugin.py`, so it imports nothing but the standard library and distributed,
keeps to Python 3.9, and works from distributed 2023.11.0 on.

A row: time of the heartbeats on the scheduler's monotonic clock, number of workers, threads and hosts, then for each of
`QUANTITIES` the sum, the least and the most of one; None where nobody told.
"""

from __future__ import annotations

import os
from collections import deque
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterable, Mapping

EVERY_SECONDS = 1.0
#: Rows that wait to be fetched. They are, each second; a kernel that is silent for so long is gone (see the plugin).
MAX_ROWS = 660

OF_PROCESSES = ("cpu_cores", "memory_bytes", "spilled_bytes")
#: Of a host: where Dask's monitor has them in a worker's metrics, and what a unit there is here.
OF_HOSTS = (
    ("network_read_bytes_per_second", "host_net_io", "read_bps"),
    ("network_write_bytes_per_second", "host_net_io", "write_bps"),
    ("disk_read_bytes_per_second", "host_disk_io", "read_bps"),
    ("disk_write_bytes_per_second", "host_disk_io", "write_bps"),
    ("io_wait_cores", "host_cpu", "iowait"),
)
QUANTITIES = (*OF_PROCESSES, *(name for name, _, _ in OF_HOSTS))

#: How Dask names why a worker went that nobody sent away: its connection broke, or its heartbeats stopped.
UNASKED = ("handle-worker-cleanup", "check-worker-ttl")

#: What a scheduler of another version than those known may make of this.
BROKEN = (
    AttributeError,
    ArithmeticError,
    KeyError,
    IndexError,
    RuntimeError,
    TypeError,
    ValueError,
)


class Sampler:
    """Takes a row of the workers of a scheduler every so often, until it is stopped or breaks.

    Parameters
    ----------
    every_seconds
        How often; 0 never.
    clock
        Monotonic seconds, the same as the tally's.
    """

    def __init__(
        self, every_seconds: float = EVERY_SECONDS, clock: Callable[[], float] = perf_counter
    ) -> None:
        self.every_seconds = every_seconds
        self.clock = clock
        self.rows: deque[list[Any]] = deque(maxlen=MAX_ROWS)
        self.taken = 0
        self.problem: str | None = None
        # Largest memory of one worker, and of the one that came closest to its limit: share, memory, limit.
        self.memory_peak = 0
        self.closest: list[float] | None = None
        self.lost = 0
        self._next: asyncio.TimerHandle | None = None

    def start(self, scheduler: Any, loop: asyncio.AbstractEventLoop) -> None:
        """Take the first row now, and one after the other."""
        self._scheduler, self._loop = scheduler, loop
        if self.every_seconds > 0:
            self._tick()

    def stop(self) -> None:
        """Take no more."""
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _tick(self) -> None:
        self._next = self._loop.call_later(self._pause(), self._tick)
        self.take()

    def _pause(self) -> float:
        """Until the next row: many workers have rarer heartbeats, and between two of them is nothing new."""
        from distributed.scheduler import heartbeat_interval

        return float(max(self.every_seconds, heartbeat_interval(len(self._scheduler.workers))))

    def take(self) -> None:
        """Take a row. Whatever this scheduler has of another shape ends the sampling, and nothing else."""
        try:
            workers = self._scheduler.workers.values()
            self.rows.append(row_of(self._told_at(workers), workers))
            self.taken += 1
            self._note_memory(workers)
        except BROKEN as error:
            self.problem = f"{type(error).__name__}: {error}"
            self.stop()

    def _told_at(self, workers: Iterable[Any]) -> float:
        """When the workers' heartbeats were heard, on average: what a row says is of then."""
        heard = [ws.last_seen for ws in workers]
        age = _wall_time() - sum(heard) / len(heard) if heard else 0.0
        at = self.clock() - min(max(age, 0.0), 2 * self.every_seconds)
        return max(at, self.rows[-1][0]) if self.rows else at

    def _note_memory(self, workers: Iterable[Any]) -> None:
        peak, share = self.memory_peak, self.closest[0] if self.closest else -1.0
        for ws in workers:
            memory, limit = ws.metrics.get("memory") or 0, ws.memory_limit
            peak = max(peak, memory)
            if limit and memory / limit > share:
                share = memory / limit
                self.closest = [share, memory, limit]
        self.memory_peak = peak

    def worker_went(self, address: str, why: str) -> None:
        """A worker is gone: lost, if its connection broke while it had tasks (one that closes in order has none)."""
        if why.startswith(UNASKED) and self._scheduler.status.name == "running":
            try:
                events = [event for _, event in self._scheduler.get_events(address)]
                self.lost += bool(events[-1]["processing-tasks"])
            except BROKEN as error:
                self.problem = f"{type(error).__name__}: {error}"

    def executing_since(self, sent: Mapping[Any, float | None]) -> list[float]:
        """Since when tasks, which were `sent` then, execute, as the workers' last heartbeats told."""
        now, wall = self.clock(), _wall_time()
        return [
            max(now - (wall - ws.last_seen) - seconds, at)
            for ws in self._scheduler.workers.values()
            for ts, seconds in ws.executing.items()
            if (at := sent.get(ts.key)) is not None
        ]

    def last_word(self) -> None:
        """The run ends: take a row for what came since the last one."""
        if self._next is not None:
            self.take()

    def since(self, number: int) -> dict[str, Any]:
        """Rows from `number` on, as many as are still kept, and what holds for all."""
        first = max(number, self.taken - len(self.rows))
        missing = self.taken - first
        return {
            "first": first,
            "rows": list(self.rows)[len(self.rows) - missing :] if missing > 0 else [],
            "memory_peak": self.memory_peak,
            "closest": self.closest,
            "pods": "KUBERNETES_SERVICE_HOST" in os.environ,
            "problem": self.problem,
            "lost": self.lost,
        }


def row_of(now: float, workers: Iterable[Any]) -> list[Any]:
    """The row of these workers (`WorkerState`) at the instant `now`."""
    number, threads = 0, 0
    processes: dict[Any, Any] = {}  # workers that share a process tell of it each
    hosts: dict[str, Any] = {}  # whoever was heard last tells of its host
    spilled: list[float] = []
    for ws in workers:
        metrics, host, pid = ws.metrics, ws.host, ws.pid
        number += 1
        threads += ws.nthreads
        processes[(host, pid) if pid else ws.address] = metrics
        if host not in hosts or ws.last_seen > hosts[host].last_seen:
            hosts[host] = ws
        if "spilled_bytes" in metrics:
            spilled.append(metrics["spilled_bytes"]["disk"])
    told = processes.values()
    row: list[Any] = [now, number, threads, len(hosts)]
    row += three([m["cpu"] / 100 for m in told if "cpu" in m])
    row += three([m["memory"] for m in told if "memory" in m])
    row += three(spilled)
    for _, kind, name in OF_HOSTS:
        of_each = [ws.metrics[kind] for ws in hosts.values() if kind in ws.metrics]
        row += three([one[name] for one in of_each if name in one])
    return row


def three(values: list[float]) -> list[float | None]:
    """Sum, least and most."""
    return [sum(values), min(values), max(values)] if values else [None, None, None]


def _wall_time() -> float:
    """The clock of Dask's own `last_seen`; imported here, since the kernel reads this file before it needs distributed."""
    from distributed.metrics import time

    return float(time())
