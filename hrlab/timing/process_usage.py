"""What this process and its children use: processor time and memory, from ``/proc``, without psutil.

Workers that this process started (a `LocalCluster`) are left out, they are their cluster's. Elsewhere than on Linux only
the processor time of this process and of the children that have ended is known.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hrlab.timing.samples import MAX_ROWS, Row, halved

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds since the processes began, resident bytes (None if unknown), and how many processes."""

    cpu_seconds: float
    memory_bytes: int | None
    processes: int
    by_child: Mapping[int, float] = field(default_factory=dict)  # pid -> its processor seconds


#: Children work side by side if each keeps a quarter of a core busy, and they lived through the same time, or keep more than
#: one core busy together: what is run one after the other does neither. Less time than that is too short to tell.
SIDE_BY_SIDE_CORES, LEAST_CORES, LEAST_SECONDS = 1.2, 0.25, 0.2


def side_by_side(before: Usage, now: Usage, seconds: float) -> int:
    """How many child processes worked at the same time between two looks; 0 if none or one did."""
    if seconds < LEAST_SECONDS:
        return 0
    spent = {pid: cpu - before.by_child.get(pid, 0.0) for pid, cpu in now.by_child.items()}
    busy = {pid: one for pid, one in spent.items() if one >= LEAST_CORES * seconds}
    there_before = sum(pid in before.by_child for pid in busy)
    are_together = there_before > 1 or sum(busy.values()) >= SIDE_BY_SIDE_CORES * seconds
    return len(busy) if are_together and len(busy) > 1 else 0


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
        by_child: dict[int, float] = {}
        for pid in self._descendants(os.getpid(), workers, seen):
            stat = _stat(self.proc, pid)
            if stat is not None:
                cpu, pages, processes = cpu + stat[0], pages + stat[1], processes + 1
                by_child[pid] = stat[0]
        for pid, seconds in self._workers.items():
            if pid not in seen:
                self._ended_seconds += seconds
        self._workers = seen
        return Usage(max(0.0, cpu - self._ended_seconds), pages, processes, by_child)

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
        self.side_by_side = 0  # most child processes that worked at the same time
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
            self.side_by_side = max(self.side_by_side, side_by_side(before, usage, now - since))
        self._last = now, usage
        if usage.memory_bytes is not None:
            self.memory_peak = max(self.memory_peak or 0, usage.memory_bytes)
        if len(self.rows) > MAX_ROWS:
            self.rows = halved(self.rows)
