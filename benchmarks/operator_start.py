"""(i) From the click to the first task done in Kubernetes, against KubeCluster by hand, in the test bed, interleaved.

With the longest time for which each holds the event loop meanwhile: a core's time of the loop's thread.

Same resource, same process, everything loaded before. Needs ``hrlab[kubernetes,test]`` and network namespaces.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.row import Row, interval

PAIRS = 10
BUDGET_RATIO = 1.15
BUDGET_HELD_RATIO = 1.15


def measure(*, quick: bool = False) -> list[Row]:
    if importlib.util.find_spec("dask_kubernetes") is None:
        print("  dask-kubernetes is not installed: NOT MEASURED", flush=True)
        return []
    script = 'ip link set lo up && exec "$@"'
    command = ["unshare", "-rn", "sh", "-c", script, "sh", sys.executable, "-W", "ignore"]
    command += ["-m", __name__, str(2 if quick else PAIRS)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    times = json.loads(done.stdout.splitlines()[-1])
    pairs = zip(times["click"], times["hand"], strict=True)
    ratios = [click / hand for (click, _), (hand, _) in pairs]
    seconds, held = ({way: median(one[i] for one in times[way]) for way in times} for i in (0, 1))
    return [
        Row("KubeCluster by hand to the first task", seconds["hand"], "s"),
        Row("hrlab's kubernetes to the first task", seconds["click"], "s"),
        Row("ratio", median(ratios), "", BUDGET_RATIO, interval(ratios)),
        Row("event loop held by KubeCluster", 1e3 * held["hand"], "ms"),
        Row("event loop held by hrlab", 1e3 * held["click"], "ms"),
        Row("ratio", held["click"] / held["hand"], "", BUDGET_HELD_RATIO),
    ]


async def _compare(folder: Path, pairs: int) -> dict[str, list[tuple[float, float]]]:
    from tests.kube.bed.bed import Bed
    from tests.kube.bed.podshim import sitecustomize as shim
    from tests.kube.site import BedSite
    from tests.kube.user import User

    bed = Bed(folder)
    bed.start()
    times: dict[str, list[tuple[float, float]]] = {"hand": [], "click": []}
    try:
        import socket

        shim.HOSTS = str(bed.hosts)
        socket.getaddrinfo = shim.getaddrinfo
        site = BedSite(bed)
        os.environ["KUBECONFIG"] = site.kubeconfig
        user = User(site, logging.getLogger("hrlab.bench"))
        await user.arrive()
        ways = {"hand": _by_hand, "click": _clicked}
        for pair in range(pairs + 1):
            for way in sorted(ways, reverse=bool(pair % 2)):
                async with _watched() as held:
                    seconds = await ways[way](user)
                if pair:
                    times[way].append((seconds, max(held)))
                while site.left():
                    await asyncio.sleep(0.1)
        await user.leave()
    finally:
        bed.stop()
    return times


@contextlib.asynccontextmanager
async def _watched():
    """Seconds of a core that the loop's thread took between two chances for others."""
    held: list[float] = []

    async def watch() -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0.001)
            held.append(time.thread_time() - before)

    watching = asyncio.ensure_future(watch())
    try:
        yield held
    finally:
        watching.cancel()


async def _clicked(user) -> float:
    from distributed import Client

    start = time.perf_counter()
    made = await user.create(workers=1)
    ready = await user.sees(made.id, lambda one: one.state == "ready")
    async with Client(ready.scheduler_address, asynchronous=True) as client:
        await client.submit(sum, [1, 2])
        seconds = time.perf_counter() - start
    await user.clusters.close(made.id)
    await user.sees_gone(made.id)
    return seconds


async def _by_hand(user) -> float:
    from dask_kubernetes.operator import KubeCluster
    from distributed import Client

    from hrlab.clusters.kubernetes.manifest import resource_of

    namespace = user.site.namespace
    start = time.perf_counter()
    spec = resource_of(user.plan(workers=1), namespace)
    cluster = await KubeCluster(
        custom_cluster_spec=spec, namespace=namespace, quiet=True, asynchronous=True
    )
    async with Client(cluster, asynchronous=True) as client:
        await client.submit(sum, [1, 2])
        seconds = time.perf_counter() - start
    await cluster.close()
    return seconds


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as directory:
        print(json.dumps(asyncio.run(_compare(Path(directory), int(sys.argv[1])))))
