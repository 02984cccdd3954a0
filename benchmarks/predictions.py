"""(g) How far advice is from truth: sweeps over numbers of workers are run, and each size is predicted from the others.

``HRLAB_SWEEPS=<directory>`` keeps the records as JSON lines; `tests/data/sweeps` has some that were made so.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed import Client, LocalCluster

import hrlab
from benchmarks.row import Row
from hrlab.model.run import Environment, Run
from hrlab.model.shape import Shape
from hrlab.sizing.fit import advice_for
from hrlab.sizing.goal import Goal

REPEATS = 3
TASKS = 128
_LOCK = threading.Lock()


def sleeping(_: int) -> None:
    """Waits, as for a disk or a network: any number of threads may do so at once."""
    time.sleep(0.05)


def locked(_: int) -> None:
    """Waits, for a tenth of the time alone: what a shared resource allows one at a time."""
    time.sleep(0.045)
    with _LOCK:
        time.sleep(0.005)


def computing(_: int) -> float:
    """Works on a core without Python's lock."""
    import numpy as np

    values = np.linspace(0.0, 1.0, 100_000)
    for _turn in range(16):
        values = np.sin(values) + 1.0
    return float(values.sum())


def counting(_: int) -> int:
    """Works on a core and holds Python's lock: only processes help."""
    return sum(i * i for i in range(150_000))


@dataclass(frozen=True)
class Sweep:
    """One kind of work, and the numbers of workers and threads of each on which it is tried."""

    work: Callable[[int], Any]
    sizes: tuple[tuple[int, int], ...]
    processes: bool = False
    serial_seconds: float = 0.0


SWEEPS = {
    "sleeping": Sweep(sleeping, ((1, 1), (2, 1), (2, 2), (4, 2), (8, 2), (16, 2))),
    "serial share": Sweep(sleeping, ((1, 1), (2, 1), (4, 1), (8, 1), (16, 1)), serial_seconds=1.0),
    "shared lock": Sweep(locked, ((1, 1), (2, 1), (4, 1), (8, 1), (16, 1))),
    "numpy threads": Sweep(computing, ((1, 1), (1, 2), (1, 3), (1, 4))),
    "python processes": Sweep(counting, ((1, 1), (2, 1), (3, 1), (4, 1)), processes=True),
}


def measure(*, quick: bool = False) -> list[Row]:
    rows, keep = [], os.environ.get("HRLAB_SWEEPS")
    with tempfile.TemporaryDirectory() as directory:
        os.environ["HRLAB_STORE"] = str(Path(directory) / "runs.sqlite")
        for name, sweep in SWEEPS.items():
            runs = list(_runs(name, sweep, 1 if quick else REPEATS))
            if keep:
                _keep(Path(keep) / f"{name.replace(' ', '-')}.jsonl", runs)
            rows += rows_of(name, runs)
    return rows


def _runs(name: str, sweep: Sweep, repeats: int) -> Iterator[Run]:
    for _ in range(
        repeats
    ):  # sizes take turns, so that what else the machine does meets all of them
        for workers, threads in sweep.sizes:
            with (
                LocalCluster(
                    n_workers=workers,
                    threads_per_worker=threads,
                    processes=sweep.processes,
                    dashboard_address=None,
                    memory_limit=0,
                    silence_logs=logging.CRITICAL,  # of heartbeats that meet the end of a cluster
                ) as cluster,
                Client(cluster) as client,
            ):
                warm = client.map(sweep.work, range(2 * workers * threads), pure=False)
                client.gather(warm)
                yield _timed(name, sweep, client)


def _timed(name: str, sweep: Sweep, client: Client) -> Run:
    with hrlab.timed(name, quiet=True) as run:
        time.sleep(sweep.serial_seconds / 2)
        client.gather(client.map(sweep.work, range(TASKS), pure=False))
        time.sleep(sweep.serial_seconds / 2)
    assert run.record is not None
    return run.record


def _keep(path: Path, runs: list[Run]) -> None:
    """What prediction needs of the records, and nothing of this machine's names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for run in runs:
        plain = dataclasses.replace(
            run,
            resources=None,
            environment=Environment(dask=run.environment.dask),
            source=dataclasses.replace(run.source, code=None, notebook=None),
            loops=tuple(dataclasses.replace(loop, stage_intervals=()) for loop in run.loops),
            clusters=tuple(
                dataclasses.replace(one, scheduler_address=None, name="local")
                for one in run.clusters
            ),
        )
        lines.append(json.dumps(plain.to_dict()))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class Predicted:
    """A size that was left out: threads, median of what was measured, what was expected, how far repeats lie apart."""

    threads: int
    truth: float
    expected: float
    noise: float
    is_within: bool
    is_between: bool

    @property
    def error(self) -> float:
        """Expected over measured, minus 1."""
        return self.expected / self.truth - 1


def left_out(runs: list[Run]) -> list[Predicted]:
    """Each size predicted from the runs of all others; `is_between` if smaller and larger ones were known."""
    sizes = sorted({run.threads_peak for run in runs})
    found = []
    for size in sizes:
        known = [run for run in runs if run.threads_peak != size]
        times = [run.wall_seconds for run in runs if run.threads_peak == size]
        shape = Shape(workers_minimum=size, workers_maximum=size)
        wall = advice_for(known, Goal(name="fastest"), shape).wall_seconds
        truth = statistics.median(times)
        is_within = wall.low <= truth <= wall.high
        noise = (max(times) - min(times)) / truth
        is_between = sizes[0] < size < sizes[-1]
        found.append(Predicted(size, truth, wall.expected, noise, is_within, is_between))
    return found


def rows_of(name: str, runs: list[Run]) -> list[Row]:
    rows = []
    for one in left_out(runs):
        where = "between" if one.is_between else "beyond"
        within = "within its range" if one.is_within else "out of its range"
        note = (
            f"{one.truth:.2f} s measured (repeats differ by {one.noise:.0%}), {one.expected:.2f} s expected; "
            f"{where} what was known; {within}"
        )
        rows.append(
            Row(f"{name}, {one.threads} threads left out", 100 * one.error, "%", None, note)
        )
    return rows
