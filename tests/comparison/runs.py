"""Runs to compare: synthetic ones, and the table that was published."""

from __future__ import annotations

from dataclasses import replace

from hrlab.model.run import Cluster, Phases, Run, Source, Workers

NUMBER = iter(range(10**6))


def run(wall, approach="distributed", threads=None, phases=True, **changes):
    number = next(NUMBER)
    clusters = ()
    if threads is not None:
        workers = Workers(peak=threads, time_average=threads, threads_peak=threads)
        clusters = (Cluster("c", None, None, 0, None, workers),)
    made = Run(
        id=f"{number:032x}",
        name=f"run {number}",
        status="ok",
        started_at=float(number),
        wall_seconds=float(wall),
        phases=Phases(wall * 0.1, wall * 0.8, 0.0, wall * 0.1) if phases else None,
        clusters=clusters,
        approach=approach,
        source=Source(kind="cell", code_sha256="sha"),
    )
    return replace(made, **changes)


def published():
    """The facility's table of the FCC-ee case."""
    table = {50: (590, 320, 75), 100: (1135, 618, 138)}
    found = []
    for variations, (serial, local, distributed) in table.items():
        for wall, approach, threads in (
            (serial, "serial", None),
            (local, "local", 16),
            (distributed, "distributed", 100),
        ):
            found.append(
                run(wall, approach, threads, phases=False, workload={"variations": variations})
            )
    return found
