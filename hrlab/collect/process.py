"""What this process and its children use: processor time and memory, from ``/proc``, without psutil.

Workers that this process started (a `LocalCluster`) are left out, they are their cluster's. Elsewhere than on Linux only
the processor time of this process and of the children that have ended is known.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hrlab.collect.samples import MAX_ROWS, Row, halved

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds since the processes began, resident bytes (None if unknown), and how many processes."""

    cpu_seconds: float
    memory_bytes: int | None
    processes: int


@dataclass
class ProcessTree:
    """The process that asks, and its descendants.

    Processor time of a child that has ended and was waited for is its parent's, as the system counts it. Where the child
    was a worker, it is taken out again.
    """

    proc: Path = PROC
    _workers: dict[int, float] = field(
        default_factory=dict
    )  # pid -> processor seconds when last seen
    _ended_seconds: float = 0.0

    def read(self) -> Usage:
        """What they use now."""
        own = _stat(self.proc, os.getpid())
        if own is None:
            times = os.times()
            return Usage(sum(times[:4]), None, 1)
        workers = worker_pids()
        cpu, pages, processes = own[0], own[1], 1
        seen: dict[int, float] = {}
        for pid in self._descendants(os.getpid(), workers, seen):
            stat = _stat(self.proc, pid)
            if stat is not None:
                cpu, pages, processes = cpu + stat[0], pages + stat[1], processes + 1
        for pid, seconds in self._workers.items():
            if pid not in seen:
                self._ended_seconds += seconds
        self._workers = seen
        return Usage(max(0.0, cpu - self._ended_seconds), pages, processes)

    def _descendants(self, pid: int, workers: set[int], seen: dict[int, float]) -> Iterator[int]:
        """Of `pid`, but not workers and what they started; those are noted in `seen`."""
        for child in _children(self.proc, pid):
            if child in workers:
                stat = _stat(self.proc, child)
                if stat is not None:
                    seen[child] = stat[0]
                continue
            yield child
            yield from self._descendants(child, workers, seen)


def worker_pids() -> set[int]:
    """Processes of the Dask workers that this process started."""
    module = sys.modules.get("distributed.nanny")
    nannies = tuple(getattr(getattr(module, "Nanny", None), "_instances", ()))
    return {pid for nanny in nannies if (pid := getattr(nanny, "pid", None))}


def _children(proc: Path, pid: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in (proc / str(pid) / "task").iterdir():
            found += map(int, (thread / "children").read_bytes().split())
    except OSError:  # it has ended meanwhile, or the kernel was built without this file
        pass
    return found


def _stat(proc: Path, pid: int) -> tuple[float, int] | None:
    """Processor seconds, those of waited-for children included, and resident bytes of one process."""
    try:
        text = (proc / str(pid) / "stat").read_bytes()
    except OSError:
        return None
    fields = text[text.rindex(b")") + 2 :].split()  # the name before may hold blanks
    ticks = sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK"), int(fields[21]) * os.sysconf("SC_PAGE_SIZE")


class ProcessSamples:
    """Rows of what the kernel's process tree used: ``(start, stop, (cpu_cores, memory_bytes, processes))``.

    Times are of the kernel's monotonic clock, in seconds. Any thread may look.
    """

    def __init__(self, tree: ProcessTree | None = None) -> None:
        self.rows: list[Row] = []
        self.memory_peak: int | None = None
        self.took_seconds = 0.0
        self._tree = tree or ProcessTree()
        self._last: tuple[float, Usage] | None = None
        self._lock = threading.Lock()

    def take(self, now_nanoseconds: int) -> None:
        """Note what was used since the last time."""
        begin = time.thread_time()
        with self._lock:
            self._take(now_nanoseconds / 1e9, self._tree.read())
        self.took_seconds = time.thread_time() - begin

    def _take(self, now: float, usage: Usage) -> None:
        if self._last is not None and now > self._last[0]:
            since, before = self._last
            # A child that nobody waits for takes its time with it.
            spent = max(0.0, usage.cpu_seconds - before.cpu_seconds)
            values = (spent / (now - since), usage.memory_bytes, usage.processes)
            self.rows.append((since, now, values))
        self._last = now, usage
        if usage.memory_bytes is not None:
            self.memory_peak = max(self.memory_peak or 0, usage.memory_bytes)
        if len(self.rows) > MAX_ROWS:
            self.rows = halved(self.rows)
