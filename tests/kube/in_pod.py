"""A Jupyter server in a pod, with nothing but what Kubernetes puts there: ``python -m tests.kube.in_pod IMAGE``.

It makes a cluster in its account's namespace, says its name, and waits for a line; then it scales the cluster, closes it
and ends when it is gone.
"""

from __future__ import annotations

import asyncio
import logging
import sys

from hrlab.clusters.kubernetes.api import account_namespace
from hrlab.model.cluster import Target
from tests.kube.site import Elsewhere
from tests.kube.user import User, is_ready


async def main() -> None:
    logging.basicConfig()
    namespace = account_namespace()
    assert namespace
    user = User(Elsewhere(None, namespace, sys.argv[1]), logging.getLogger("hrlab.tests"))
    user.profile(template={"namespace": ""})
    made = await user.create(workers=1)
    await user.sees(made.id, is_ready)
    print(made.id, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    assert user.clusters
    await user.clusters.scale(made.id, Target(workers=2))
    await user.sees(made.id, lambda one: one.workers.ready == 2)
    await user.clusters.close(made.id)
    await user.sees_gone(made.id)
    await user.vanish()


if __name__ == "__main__":
    asyncio.run(main())
