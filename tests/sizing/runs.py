"""Runs to size from: timed ones, and ones with workers' memory measured."""

from __future__ import annotations

from dataclasses import replace

from hrlab.model.resources import ClusterUse, Resources, Series
from hrlab.model.run import Cluster, Group, Loop, Phases, Run, Source, Stages, Workers
from hrlab.sizing.goal import Goal

FASTEST = Goal(name="fastest")


def cluster(threads, history=()):
    workers = Workers(peak=threads, time_average=threads, threads_peak=threads, history=history)
    return Cluster("c", "tcp://127.0.0.1:1", "2026.8.0", 0, None, workers)


def timed(threads, scaling, fixed=10.0, tasks=1000, variations=None, code="sha", **changes):
    stages = Stages(
        submit_seconds=1.0, wait_seconds=0.0, compute_seconds=scaling, gather_seconds=1.0
    )
    loop = Loop(fixed / 2, fixed / 2 + scaling + 2.0, 0, "Client-1", tasks, 0, 0, stages)
    run = Run(
        id=f"{threads:032x}",
        name=f"on {threads}",
        status="ok",
        started_at=1000.0,
        wall_seconds=fixed + scaling + 2.0,
        phases=Phases(fixed / 2, scaling + 2.0, 0.0, fixed / 2),
        loops=(loop,),
        groups=(Group("work", tasks, 0, scaling * threads, 0.01, 0),),
        clusters=(cluster(threads),),
        approach="distributed",
        workload={"variations": variations} if variations else {},
        source=Source(kind="cell", code_sha256=code),
    )
    return replace(run, **changes)


def using(run, peak, spilled=0.0):
    """`run` with workers' memory measured."""
    nothing = Series((0.0,))
    use = ClusterUse(
        cluster=0,
        workers=(1.0,),
        threads=(1.0,),
        hosts=(1.0,),
        cpu_cores=nothing,
        memory_bytes=nothing,
        spilled_bytes=Series((spilled,)),
        network_read_bytes_per_second=nothing,
        network_write_bytes_per_second=nothing,
        disk_read_bytes_per_second=nothing,
        disk_write_bytes_per_second=nothing,
        worker_memory_peak_bytes=peak,
    )
    return replace(
        run,
        resources=Resources(
            interval_seconds=1.0, points=1, sampled_every_seconds=1.0, clusters=(use,)
        ),
    )
