"""How far the edges of phases are from the truth.

The truth is a cell whose own clock brackets each block, alone and beside a busy core.
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from benchmarks.row import Row

BUDGET_MS = 10.0
PAUSE_SECONDS = 0.15
ROUNDS = 40


def work(x: int) -> int:
    time.sleep(0.02)
    return x


def measure(quick: bool = False) -> list[Row]:
    from distributed import Client, LocalCluster

    rows = []
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        for title, beside in (("alone", contextlib.nullcontext), ("other core busy", _busy_core)):
            with beside():
                for name, block in _blocks(client).items():
                    block()
                    rows += _errors(f"{title}, {name}", block, 3 if quick else ROUNDS)
    return rows


def _blocks(client: Any) -> dict[str, Callable[[], object]]:
    """The usual ways of handing work over and getting it back."""
    import dask
    from distributed import as_completed, wait

    return {
        "dask.compute": lambda: dask.compute(*[dask.delayed(work)(i) for i in range(8)]),
        "map and gather": lambda: client.gather(client.map(work, range(8), pure=False)),
        "submit and result": lambda: client.submit(work, 1, pure=False).result(),
        "as_completed": lambda: [
            f.result() for f in as_completed(client.map(work, range(8), pure=False))
        ],
        "persist and wait": lambda: wait(client.map(work, range(8), pure=False)),
    }


def _errors(title: str, block: Callable[[], object], rounds: int) -> list[Row]:
    import hrlab

    starts, stops = [], []
    for _ in range(rounds):
        edges = []
        with hrlab.timed("edges", quiet=True) as run:
            begin = time.perf_counter()
            for _ in range(2):
                time.sleep(PAUSE_SECONDS)
                edges.append(time.perf_counter() - begin)
                block()
                edges.append(time.perf_counter() - begin)
            time.sleep(PAUSE_SECONDS)
        found = _found(run.record)
        starts += [abs(found[i] - edges[i]) for i in (0, 2)]
        stops += [abs(found[i] - edges[i]) for i in (1, 3)]
    return [_row(f"{title}: begin of dask", starts), _row(f"{title}: end of dask", stops)]


def _found(record: Any) -> list[float]:
    """The edges as the record has them: loops closer than half a pause are one block (as_completed fetches one by one)."""
    edges: list[float] = []
    for loop in record.loops:
        if edges and loop.start_seconds - edges[-1] < PAUSE_SECONDS / 2:
            edges[-1] = loop.stop_seconds
        else:
            edges += [loop.start_seconds, loop.stop_seconds]
    assert len(edges) == 4, edges
    return edges


def _row(what: str, errors: list[float]) -> Row:
    ordered = sorted(error * 1e3 for error in errors)
    p95 = ordered[int(0.95 * (len(ordered) - 1))]
    note = f"median {statistics.median(ordered):.2f} ms, largest {ordered[-1]:.2f} ms, n={len(ordered)}"
    return Row(f"{what}, 95th percentile", p95, "ms", BUDGET_MS, note)


@contextlib.contextmanager
def _busy_core() -> Iterator[None]:
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        process.kill()
        process.wait()
