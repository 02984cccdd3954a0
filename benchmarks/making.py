"""A store with many runs of a usual size."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random

from hrlab.model.resources import (
    MAX_POINTS,
    ClusterUse,
    KernelUse,
    Resources,
    Series,
    Values,
)
from hrlab.model.run import Clock, Cluster, Group, Loop, Phases, Run, Source, Stages, Workers
from hrlab.store.sqlite import RunStore
from hrlab.timing.resource_series import rounded


def run(number: int) -> Run:
    """A run with three loops, twelve groups and a cluster; one hundred codes take turns."""
    wall = 100.0 + number % 7
    loops = tuple(
        Loop(start, start + 20.0, 0, "Client-1", 300, 0, 0, Stages(0.5, 2.0, 17.0, 0.5))
        for start in (5.0, 30.0, 60.0)
    )
    source = f"histograms = dask.compute(*tasks)  # {number % 100}"
    history = tuple((float(second), second % 9, second % 9) for second in range(50))
    workers = Workers(8, 7.5, 8, history)
    return Run(
        id=hashlib.md5(str(number).encode()).hexdigest(),
        name=f"Zee {number % 100} variations",
        status="ok",
        started_at=1_790_000_000.0 + 60 * number,
        wall_seconds=wall,
        phases=Phases(5.0, 60.0, wall - 75.0, 10.0),
        loops=loops,
        groups=tuple(Group(f"group-{n}", 75, 0, 50.0, 2.0, 4096) for n in range(12)),
        clusters=(
            Cluster("zee-1", "tcp://10.0.0.7:8786", "2026.8.0", 2**34, Clock(0, 0), workers),
        ),
        approach="distributed",
        labels={"detector": "IDEA", "slot": str(number % 10)},
        note="of the booked slot" if number % 3 else "",
        source=Source("cell", source, hashlib.sha256(source.encode()).hexdigest(), "zee.ipynb"),
    )


def sampled(number: int) -> Run:
    """The run with its hardware use; one hundred take turns, each record is packed by itself."""
    return replace(run(number), resources=_resources(number % 100))


@functools.cache
def _resources(seed: int) -> Resources:
    """As many points as a run may have, each other than the one before."""
    random = Random(seed)
    cluster = ClusterUse(
        cluster=0,
        workers=(8.0,) * MAX_POINTS,
        threads=(8.0,) * MAX_POINTS,
        hosts=(2.0,) * MAX_POINTS,
        cpu_cores=_series(random, 0.9, 3),
        memory_bytes=_series(random, 1.5e9, None),
        spilled_bytes=_series(random, 0.0, None),
        network_read_bytes_per_second=_series(random, 4e7, None),
        network_write_bytes_per_second=_series(random, 1e6, None),
        disk_read_bytes_per_second=_series(random, 3e7, None),
        disk_write_bytes_per_second=_series(random, 1e5, None),
        worker_memory_peak_bytes=2**31,
        worker_memory_limit_bytes=2**32,
        worker_memory_peak_share=0.5,
    )
    kernel = KernelUse(
        cpu_cores=_walk(random, 0.5, 3),
        memory_bytes=_walk(random, 4e8, None),
        processes=(1.0,) * MAX_POINTS,
        cpu_seconds=50.0,
        memory_peak_bytes=2**29,
    )
    return Resources(0.5, MAX_POINTS, 0.5, (cluster,), kernel)


def _series(random: Random, of_one: float, digits: int | None) -> Series:
    """Of eight workers: all together, the least and the most of one."""
    return Series(*(_walk(random, of_one * share, digits) for share in (8.0, 0.8, 1.2)))


def _walk(random: Random, start: float, digits: int | None) -> Values:
    """A quantity that goes up and down by at most a tenth of its start, rounded as samples are."""
    value, found = start, list[float | None]()
    for _ in range(MAX_POINTS):
        value = max(0.0, value + random.uniform(-0.1, 0.1) * start)
        found.append(rounded(value, digits))
    return tuple(found)


def fill(path: Path, count: int, make: Callable[[int], Run] = run) -> None:
    """Keep `count` runs in the store at `path`."""
    store = RunStore.open(path)
    for number in range(count):
        store.finish(make(number))
    store.close()
