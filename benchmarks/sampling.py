"""What sampling hardware use costs the scheduler of 100 workers.

The workers are real and in one process beside; each is told apart as if it had a process of its own, else they would
be sampled as one. Clocked is the CPU time of the scheduler's thread, and in it that of taking rows and telling them.
"""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

from benchmarks.row import Row

WORKERS = 100
#: Of one core, and of what the scheduler's thread uses while it hands out 100 tasks a second.
BUDGET = 0.5
SECONDS = 30.0

_WORKERS = """
import asyncio, sys
import dask
from distributed import Worker
async def main():
    dask.config.set({"distributed.worker.memory.pause": False, "distributed.worker.memory.terminate": False})
    many = [Worker(sys.argv[1], nthreads=1, name=i, dashboard=False, memory_limit=0) for i in range(int(sys.argv[2]))]
    await asyncio.gather(*many)
    await asyncio.gather(*(one.finished() for one in many))
asyncio.run(main())
"""


def nap(seconds: float, _: int) -> None:
    time.sleep(seconds)


def measure(quick: bool = False) -> list[Row]:
    from distributed import Client, LocalCluster

    with LocalCluster(n_workers=0, dashboard_address="127.0.0.1:0", host="127.0.0.1") as cluster:
        address = cluster.scheduler_address
        others = subprocess.Popen([sys.executable, "-c", _WORKERS, address, str(WORKERS)])
        try:
            with Client(address) as client:  # of its address: with a thread of its own
                client.wait_for_workers(WORKERS, timeout=120)
                for number, ws in enumerate(cluster.scheduler.workers.values(), start=1):
                    ws.pid = number
                return _rows(client, cluster.scheduler, 5.0 if quick else SECONDS)
        finally:
            others.terminate()
            others.wait(30)


def _rows(client: Any, scheduler: Any, seconds: float) -> list[Row]:
    import hrlab

    with hrlab.timed("sampling", quiet=True) as run:
        client.gather(client.map(nap, [0.01] * WORKERS, range(WORKERS), pure=False))
        (plugin,) = (p for name, p in scheduler.plugins.items() if str(name).startswith("hrlab-"))
        spent = _clocked(plugin.sampler)
        begin, before = time.monotonic(), _thread_seconds(client)
        while time.monotonic() - begin < seconds:
            client.gather(client.map(nap, [1.0] * WORKERS, range(WORKERS), pure=False))
        thread, wall = _thread_seconds(client) - before, time.monotonic() - begin
        sampling, rows = sum(spent), len(spent)
    resources = run.record.resources
    assert resources is not None
    assert max(value or 0 for value in resources.clusters[0].workers) == WORKERS
    note = f"{rows} calls, {1e6 * sampling / rows:.0f} µs each; the scheduler used {100 * thread / wall:.0f} % of a core"
    return [
        Row(f"{WORKERS} workers: sampling / one core", 100 * sampling / wall, "%", BUDGET, note),
        Row(
            f"{WORKERS} workers: sampling / CPU of the scheduler",
            100 * sampling / thread,
            "%",
            BUDGET,
        ),
    ]


def _thread_seconds(client: Any) -> float:
    """CPU time of the thread on which the scheduler runs."""
    spent: float = client.run_on_scheduler(time.thread_time)
    return spent


def _clocked(sampler: Any) -> list[float]:
    """Clock what the sampler does from now on: a list that fills with the CPU time of each call."""
    spent: list[float] = []

    def clocked(function: Any) -> Any:
        def inner(*args: Any) -> Any:
            begin = time.thread_time()
            try:
                return function(*args)
            finally:
                spent.append(time.thread_time() - begin)

        return inner

    sampler.take, sampler.since = clocked(sampler.take), clocked(sampler.since)
    return spent
