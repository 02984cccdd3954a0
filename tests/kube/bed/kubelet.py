"""A kubelet whose containers are processes; with ``--virtual`` what interLink's looks like from inside the cluster.

``python -m tests.kube.bed.kubelet --server URL --token TOKEN --name NODE ...``. Talks to the API server only.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import re
import signal
import sys
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.kube.bed.client import Informer, Kube, Object
from tests.kube.bed.container import Pod
from tests.kube.bed.store import now


class Node(argparse.Namespace):
    """What a node is like: the command line."""

    name: str
    server: str
    token: str
    folder: Path
    label: list[str]
    taint: list[str]
    image: list[str]
    cpu: str
    memory: str
    pods: str
    bin: str
    hosts: str
    deny: str
    pod_net: str
    pod_ip: str
    virtual: bool
    backoff: float
    queue_seconds: float

    def has_image(self, image: str) -> bool:
        """Whether it can be pulled."""
        return any(re.fullmatch(pattern, image) for pattern in self.image)


class Kubelet:
    """Runs the pods that are bound to its node."""

    def __init__(self, kube: Kube, node: Node) -> None:
        self.kube = kube
        self.node = node
        self.folder = node.folder
        self._poke = asyncio.Event()
        self._pods: dict[str, Pod] = {}
        self._ending: dict[str, asyncio.Task[None]] = {}
        self._ips = (f"{node.pod_net}.{i // 250}.{i % 250 + 2}" for i in itertools.count())
        selector = f"spec.nodeName={node.name}"
        self._known = Informer(kube, "/api/v1/pods", self._poke, selector)

    def new_ip(self) -> str:
        return next(self._ips)

    def log_path(self, namespace: str, pod: str, container: str) -> Path:
        return self.folder / f"{namespace}_{pod}_{container}.log"

    async def run(self) -> None:
        app = web.Application()
        app.router.add_get("/containerLogs/{namespace}/{pod}/{container}", self._logs)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        await self._register(runner.addresses[0][1])
        following = asyncio.ensure_future(self._known.run())
        await self._known.synced.wait()
        print("ready", following.done(), flush=True)
        while True:
            await self._poke.wait()
            self._poke.clear()
            self._follow()
            await asyncio.sleep(0.02)

    async def shutdown(self) -> None:
        """End all containers."""
        await asyncio.gather(*(pod.stop(1) for pod in self._pods.values()))

    async def _register(self, port: int) -> None:
        labels = {"kubernetes.io/hostname": self.node.name}
        labels.update(label.split("=", 1) for label in self.node.label)
        keys = ("key", "value", "effect")
        taints = [
            dict(zip(keys, re.split("[=:]", taint), strict=True)) for taint in self.node.taint
        ]
        room = {"cpu": self.node.cpu, "memory": self.node.memory, "pods": self.node.pods}
        metadata = {"name": self.node.name, "labels": labels}
        await self.kube.call(
            "POST", "/api/v1/nodes", {"metadata": metadata, "spec": {"taints": taints}}
        )
        ready = {"type": "Ready", "status": "True", "lastHeartbeatTime": now()}
        status = {
            "capacity": room,
            "allocatable": room,
            "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
            "conditions": [ready],
        }
        await self.kube.status(f"/api/v1/nodes/{self.node.name}", status)

    def _follow(self) -> None:
        seen = set()
        for item in list(self._known.cache.values()):
            metadata = item["metadata"]
            uid = metadata["uid"]
            seen.add(uid)
            if metadata.get("deletionTimestamp"):
                grace = min(metadata.get("deletionGracePeriodSeconds", 30), 5)
                self._end(uid, item, grace)
            elif uid not in self._pods and item["status"].get("phase") == "Pending":
                self._pods[uid] = Pod(self, item)
        for uid in self._pods.keys() - seen:  # deleted without grace
            self._end(uid, None, 0)

    def _end(self, uid: str, item: Object | None, grace_seconds: float) -> None:
        if uid not in self._ending:
            ending = self._stop(uid, item, grace_seconds)
            self._ending[uid] = asyncio.ensure_future(ending)

    async def _stop(self, uid: str, item: Object | None, grace_seconds: float) -> None:
        if pod := self._pods.get(uid):
            await pod.stop(grace_seconds)
            self._pods.pop(uid, None)
        if item:
            metadata = item["metadata"]
            path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
            only: dict[str, Any] = {"gracePeriodSeconds": 0, "preconditions": {"uid": uid}}
            await self.kube.call("DELETE", path, only)

    async def _logs(self, request: web.Request) -> web.Response:
        name, container = request.match_info["pod"], request.match_info["container"]
        path = self.log_path(request.match_info["namespace"], name, container)
        if not path.exists():
            said = f'container "{container}" in pod "{name}" is waiting to start: ContainerCreating'
            return web.Response(status=400, text=said)
        lines = path.read_bytes().splitlines(keepends=True)
        tail = int(request.query.get("tailLines", len(lines)))
        return web.Response(body=b"".join(lines[-tail:] if tail else []))


def _arguments() -> Node:
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--folder", type=Path, required=True, help="for logs; home of containers")
    parser.add_argument("--label", action="append", default=[])
    parser.add_argument("--taint", action="append", default=[], help="key=value:Effect")
    parser.add_argument(
        "--image", action="append", default=[], help="pattern of what can be pulled"
    )
    parser.add_argument("--cpu", default="8")
    parser.add_argument("--memory", default="32Gi")
    parser.add_argument("--pods", default="110")
    parser.add_argument("--bin", default=str(Path(sys.executable).parent), help="first on PATH")
    parser.add_argument("--hosts", default="", help="file of the cluster's names")
    parser.add_argument("--deny", default="", help="prefixes of addresses without a route")
    parser.add_argument("--pod-net", default="127.64")
    parser.add_argument("--pod-ip", default="", help="address that is reported instead of the real")
    parser.add_argument("--virtual", action="store_true")
    parser.add_argument("--backoff", type=float, default=1.0)
    parser.add_argument("--queue-seconds", type=float, default=0)
    return parser.parse_args(namespace=Node())


async def _main() -> None:
    node = _arguments()
    node.folder.mkdir(parents=True, exist_ok=True)
    async with Kube(node.server, node.token) as kube:
        kubelet = Kubelet(kube, node)
        task = asyncio.ensure_future(kubelet.run())
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        try:
            await task
        except asyncio.CancelledError:
            await kubelet.shutdown()


if __name__ == "__main__":
    asyncio.run(_main())
