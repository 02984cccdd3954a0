"""A store with many runs of a usual size."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hrlab.model.run import Clock, Cluster, Group, Loop, Phases, Run, Source, Stages, Workers
from hrlab.store.sqlite import RunStore


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


def fill(path: Path, count: int) -> None:
    """Keep `count` runs in the store at `path`."""
    store = RunStore.open(path)
    for number in range(count):
        store.finish(run(number))
    store.close()
