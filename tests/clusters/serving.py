"""A server's side of clusters as a process, to be killed: makes a cluster and watches it until then."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from hrlab.clusters.process.backend import ProcessClusters
from tests.clusters.side import plan


async def serve(runtime, cluster_id):
    kind = ProcessClusters(Path(runtime), "alice")
    await kind.start(lambda _: None)
    sys.stdout.write("creates\n")
    sys.stdout.flush()
    await kind.create(plan(cluster_id))
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:]))
