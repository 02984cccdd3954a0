"""A Jupyter server that is killed while it makes a cluster again: ``python -m tests.kube.again STEP NAMESPACE IMAGE KEPT``.

It says the cluster's name on its output, and kills itself at the step: when the deletion is *noted*, when the cluster is
*deleted*, when it is *gone* and not made yet, or when it is *made*.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import signal
import sys
from pathlib import Path

from hrlab.clusters.kubernetes.api import Object
from hrlab.clusters.kubernetes.manifest import TRIES
from hrlab.clusters.kubernetes.operations import Operations
from tests.kube.profiles import shipped
from tests.kube.site import Elsewhere, Site
from tests.kube.user import User

STEPS = ("noted", "deleted", "gone", "made")
PORTS = [31700, 31701]


def prepare(user: User, site: Site) -> None:
    """Let the user have the shipped profile that publishes a port, of two."""
    profile = shipped("offload", site.namespace)
    template = {**profile.template, "published_ports": PORTS}
    user.profiles["offload"] = dataclasses.replace(profile, template=template)


def kill_at(step: str) -> None:
    """Let this process be killed there."""
    make, delete = Operations.make, Operations.delete

    def here(reached: str) -> None:
        if reached == step:
            os.kill(os.getpid(), signal.SIGKILL)

    async def deleting(self: Operations, namespace: str, name: str) -> None:
        here("noted")
        await delete(self, namespace, name)
        here("deleted")

    async def making(self: Operations, resource: Object) -> Object:
        is_again = TRIES in resource["metadata"]["annotations"]
        here("gone" if is_again else "")
        made = await make(self, resource)
        here("made" if is_again else "")
        return made

    Operations.make, Operations.delete = making, deleting  # type: ignore[method-assign]


async def main() -> None:
    step, namespace, image, kept = sys.argv[1:]
    site = Elsewhere(os.environ["KUBECONFIG"], namespace, image)
    user = User(site, logging.getLogger("hrlab.tests"))
    user.kept = Path(kept)
    prepare(user, site)
    kill_at(step)
    made = await user.create("offload", workers=1, access="127.0.0.1")
    print(made.id, made.name, sep="\t", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
