"""What a timed cell costs: against the bare cell, with Dask's own tools beside it, interleaved in one process.

The budget is CPU time inside hrlab's hooks (kernel, hrlab's thread, scheduler) over the bare cell's wall time. The hooks are
clocked from outside. What the clocking costs is measured with an empty hook at each call of a scheduler's hook, and
subtracted there; the note says how much that is.
"""

from __future__ import annotations

import contextlib
import gc
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from benchmarks.row import Row, interval

CPU: dict[str, float] = defaultdict(float)
INSIDE = threading.local()
SIZES = {1: 40, 2_000: 9, 20_000: 5}  # tasks: rounds
FIXED_BUDGET_MS = 30.0
SHARE_BUDGET = 1.0  # per cent
CLOCKING = "less clocking"


def noop(x: int) -> int:
    return x


def measure(quick: bool = False) -> list[Row]:
    from distributed import Client, LocalCluster

    rows = []
    with (
        _clocked_hooks(),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        _cell(client, 2_000)
        for tasks, rounds in SIZES.items():
            rows += _compare(client, tasks, 2 if quick else rounds)
    return rows


def _cell(client: Any, tasks: int) -> None:
    client.gather(client.map(noop, range(tasks), pure=False))


def _ways() -> dict[str, Callable[[], AbstractContextManager[Any]]]:
    from distributed import get_task_stream

    import hrlab

    return {
        "bare": contextlib.nullcontext,
        "hrtime": lambda: hrlab.timed("benchmark", quiet=True),
        "performance_report": _report,
        "get_task_stream": get_task_stream,
    }


@contextlib.contextmanager
def _report() -> Iterator[None]:
    from distributed import performance_report

    with (
        tempfile.TemporaryDirectory() as directory,
        performance_report(str(Path(directory) / "report.html")),
    ):
        yield


def _compare(client: Any, tasks: int, rounds: int) -> list[Row]:
    took: dict[str, list[float]] = defaultdict(list)
    grown: dict[str, list[float]] = defaultdict(list)
    cpu: list[dict[str, float]] = []
    ways = list(_ways().items())
    for turn in range(rounds):
        for name, way in (
            ways[turn % len(ways) :] + ways[: turn % len(ways)]
        ):  # no way always comes first
            gc.collect()
            CPU.clear()
            before = _resident_mib()
            begin = time.perf_counter()
            with way():
                _cell(client, tasks)
            took[name].append(time.perf_counter() - begin)
            grown[name].append(_resident_mib() - before)
            if name == "hrtime":
                cpu.append(dict(CPU))
    return _rows(tasks, took, grown, cpu)


def _rows(
    tasks: int,
    took: dict[str, list[float]],
    grown: dict[str, list[float]],
    cpu: list[dict[str, float]],
) -> list[Row]:
    bare = statistics.median(took["bare"])
    spent = statistics.median(sum(one.values()) - 2 * one.get(CLOCKING, 0.0) for one in cpu)
    parts = {where: statistics.median(one.get(where, 0.0) for one in cpu) for where in cpu[0]}
    shown = ", ".join(f"{where} {seconds * 1e3:.1f} ms" for where, seconds in sorted(parts.items()))
    rows = [Row(f"{tasks:,} tasks: bare cell", bare, "s")]
    if tasks == 1:
        fixed = statistics.median(a - b for a, b in zip(took["hrtime"], took["bare"], strict=True))
        rows.append(
            Row("1 task: fixed cost of a run, wall", fixed * 1e3, "ms", FIXED_BUDGET_MS, shown)
        )
    else:
        budget = SHARE_BUDGET if tasks == 20_000 else None
        rows.append(
            Row(
                f"{tasks:,} tasks: CPU in hrlab's hooks / bare wall",
                100 * spent / bare,
                "%",
                budget,
                shown,
            )
        )
    for name in [name for name in took if name != "bare"]:
        ratios = [a / b for a, b in zip(took[name], took["bare"], strict=True)]
        note = f"{interval(ratios)}; memory {statistics.median(grown[name]):+.1f} MiB"
        rows.append(
            Row(f"{tasks:,} tasks: {name} / bare", statistics.median(ratios), "", None, note)
        )
    return rows


def _resident_mib() -> float:
    import psutil

    return float(psutil.Process().memory_info().rss) / 2**20


@contextlib.contextmanager
def _clocked_hooks() -> Iterator[None]:
    """Clock the CPU time of everything that hrlab does in this process, which is the scheduler's as well."""
    from distributed import Scheduler

    from hrlab.timing.dask.tracker import DaskWatch, Submission
    from hrlab.timing.loop_thread import Background
    from hrlab.timing.session import Timing

    with contextlib.ExitStack() as undo:
        for owner, names in (
            (DaskWatch, ("graph_leaves", "fetch_begins")),
            (Submission, ("left",)),
            (Timing, ("start", "stop")),
        ):
            for name in names:
                _replace(undo, owner, name, _clocked(getattr(owner, name), "kernel"))
        _replace(undo, Background, "_run", _whole_thread(Background._run))
        _replace(undo, Scheduler, "add_plugin", _clocking_plugins(Scheduler.add_plugin))
        yield


def _replace(undo: contextlib.ExitStack, owner: Any, name: str, new: Any) -> None:
    undo.callback(setattr, owner, name, getattr(owner, name))
    setattr(owner, name, new)


def _clocked(function: Callable[..., Any], where: str) -> Callable[..., Any]:
    def inner(*args: Any, **kwargs: Any) -> Any:
        if getattr(INSIDE, "hook", False):  # one hook calls another: its time is counted
            return function(*args, **kwargs)
        INSIDE.hook = True
        begin = time.thread_time()
        try:
            return function(*args, **kwargs)
        finally:
            CPU[where] += time.thread_time() - begin
            INSIDE.hook = False

    return inner


def _clocked_with_empty(function: Callable[..., Any], where: str) -> Callable[..., Any]:
    """A hook, and beside it one that does nothing: what clocking it costs."""
    clocked, empty = _clocked(function, where), _clocked(lambda *_, **__: None, CLOCKING)

    def inner(*args: Any, **kwargs: Any) -> Any:
        empty(*args, **kwargs)
        return clocked(*args, **kwargs)

    return inner


def _whole_thread(run: Callable[..., Any]) -> Callable[..., Any]:
    def inner(self: Any) -> None:
        run(self)
        CPU["hrlab's thread"] += time.thread_time()

    return inner


def _clocking_plugins(add: Callable[..., Any]) -> Callable[..., Any]:
    def inner(self: Any, plugin: Any, **kwargs: Any) -> None:
        if str(kwargs.get("name", "")).startswith("hrlab-"):
            for name in ("update_graph", "transition", "resolve", "count_workers", "snapshot"):
                setattr(plugin, name, _clocked_with_empty(getattr(plugin, name), "scheduler"))
            plugin.sampler.take = _clocked_with_empty(plugin.sampler.take, "scheduler")
        add(self, plugin, **kwargs)

    return inner
