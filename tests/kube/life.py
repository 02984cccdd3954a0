"""The life of a cluster, step by step: what is killed at any instant of it must not change how it ends.

As a program (``python -m tests.kube.life``) it is a Jupyter server that can be killed for real; it says the steps on its
output.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from hrlab.model.cluster import Target
from hrlab.model.errors import BackendError, ConflictError
from tests.kube.site import Elsewhere
from tests.kube.user import User, is_ready

STEPS = ("start", "ready", "scale", "close")
LONG_SECONDS = 150


async def live(user: User, reached: Callable[[str, str], None]) -> None:
    """Start, be ready, scale, close; `reached` is told each step, with the cluster's id, when it has begun."""
    await user.arrive()
    made = await user.create(workers=1)
    reached("start", made.id)
    await user.sees(made.id, is_ready, LONG_SECONDS)
    reached("ready", made.id)
    await asyncio.sleep(1)
    await insist(lambda: user.clusters.scale(made.id, Target(workers=2)))
    reached("scale", made.id)
    await user.sees(made.id, lambda one: one.workers.ready == 2, LONG_SECONDS)
    await user.clusters.close(made.id)
    reached("close", made.id)
    await user.sees_gone(made.id, LONG_SECONDS)


async def insist(do: Callable[[], Awaitable[object]]) -> None:
    """Again, as a user would, while the API is away or the cluster is not seen."""
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(BackendError, ConflictError):
            await do()
            return
        assert time.monotonic() < deadline
        await asyncio.sleep(0.3)


async def main() -> None:
    site = Elsewhere(os.environ["KUBECONFIG"], *sys.argv[1:3])
    user = User(site, logging.getLogger("hrlab.tests"))
    user.kept = Path(sys.argv[3])
    await live(user, lambda step, cluster_id: print(step, cluster_id, flush=True))
    await user.vanish()


if __name__ == "__main__":
    asyncio.run(main())
