"""Deployments become replica sets, replica sets pods, pods get nodes, services proxies, and what lost its owner goes.

``python -m tests.kube.bed.controllers --server URL --token TOKEN --hosts FILE``. Talks to the API server only.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import hashlib
import json
from pathlib import Path
from typing import Any

from tests.kube.bed.client import Informer, Kube, KubeError, Object
from tests.kube.bed.network import Network, is_alive, is_ready
from tests.kube.bed.placement import placed, used_by_node

CORE, APPS, DASK = "/api/v1", "/apis/apps/v1", "/apis/kubernetes.dask.org/v1"
BASES = {
    "pods": CORE,
    "services": CORE,
    "secrets": CORE,
    "nodes": CORE,
    "deployments": APPS,
    "replicasets": APPS,
    "daskclusters": DASK,
    "daskworkergroups": DASK,
    "daskautoscalers": DASK,
    "daskjobs": DASK,
}
RETRY_SECONDS = 2


class Controllers:
    """One loop that brings the world to what the objects say, whenever one of them changes."""

    def __init__(self, kube: Kube, hosts: Path) -> None:
        self._kube = kube
        self._poke = asyncio.Event()
        self._known = {p: Informer(kube, f"{base}/{p}", self._poke) for p, base in BASES.items()}
        self._network = Network(hosts)
        self._retry_at: dict[str, float] = {}

    async def run(self) -> None:
        informers = self._known.values()
        tasks = [asyncio.ensure_future(informer.run()) for informer in informers]
        for informer in informers:
            await informer.synced.wait()
        print("ready", len(tasks), flush=True)
        while True:
            await self._poke.wait()
            self._poke.clear()
            for step in (self._deployments, self._replica_sets, self._garbage, self._schedule):
                try:
                    await step()
                except KubeError as error:  # noqa: PERF203
                    print(step.__name__, error, flush=True)
            await self._network.follow(self._all("services"), self._all("pods"))
            await asyncio.sleep(0.03)
            if self._retry_at:
                asyncio.get_running_loop().call_later(1, self._poke.set)

    def _all(self, plural: str) -> list[Object]:
        return list(self._known[plural].cache.values())

    async def _deployments(self) -> None:
        for deployment in self._all("deployments"):
            if not deployment["metadata"].get("deletionTimestamp"):
                await self._deployment(deployment)

    async def _deployment(self, deployment: Object) -> None:
        """One replica set per template; no rolling update."""
        metadata, spec = deployment["metadata"], deployment["spec"]
        text = json.dumps(spec["template"], sort_keys=True).encode()
        digest = hashlib.sha256(text).hexdigest()[:9]
        name, namespace = f"{metadata['name']}-{digest}", metadata["namespace"]
        current = self._known["replicasets"].cache.get((namespace, name))
        if current is None:
            body = _replica_set(deployment, name, digest)
            code, made = await self._kube.call("POST", _path("replicasets", namespace), body)
            if code == 201:
                self._known["replicasets"].cache[namespace, name] = made
            return
        for other in _owned(self._all("replicasets"), metadata["uid"]):
            is_current = other["metadata"]["name"] == name
            wanted = spec.get("replicas", 1) if is_current else 0
            if other["spec"].get("replicas") != wanted:
                path = _path("replicasets", namespace, other["metadata"]["name"])
                await self._kube.merge(path, {"spec": {"replicas": wanted}})
        status = _deployment_status(deployment, current.get("status") or {})
        if status != deployment.get("status"):
            await self._kube.status(_path("deployments", namespace, metadata["name"]), status)

    async def _replica_sets(self) -> None:
        for replica_set in self._all("replicasets"):
            if not replica_set["metadata"].get("deletionTimestamp"):
                await self._replica_set(replica_set)

    async def _replica_set(self, replica_set: Object) -> None:
        metadata = replica_set["metadata"]
        uid, wanted = metadata["uid"], replica_set["spec"].get("replicas", 1)
        pods = [pod for pod in _owned(self._all("pods"), uid) if is_alive(pod)]
        failure = None
        time = asyncio.get_running_loop().time()
        if len(pods) < wanted and self._retry_at.get(uid, 0) <= time:
            failure = await self._add_pods(replica_set, wanted - len(pods))
        for pod in sorted(pods, key=is_ready)[: max(0, len(pods) - wanted)]:
            await self._kube.call(
                "DELETE", _path("pods", metadata["namespace"], pod["metadata"]["name"])
            )
        pods = [pod for pod in _owned(self._all("pods"), uid) if is_alive(pod)]
        old = replica_set.get("status") or {}
        failed = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate"}
        conditions = old.get("conditions", []) if uid in self._retry_at else []
        status = {
            "replicas": len(pods),
            "readyReplicas": sum(map(is_ready, pods)),
            "observedGeneration": metadata.get("generation", 1),
            "conditions": [{**failed, "message": failure}] if failure else conditions,
        }
        if status != old:
            path = _path("replicasets", metadata["namespace"], metadata["name"])
            await self._kube.status(path, status)

    async def _add_pods(self, replica_set: Object, count: int) -> str | None:
        """Make pods; the refusal, if there is one."""
        metadata, template = replica_set["metadata"], replica_set["spec"]["template"]
        body = {
            "metadata": {
                "generateName": metadata["name"] + "-",
                "namespace": metadata["namespace"],
                "labels": template["metadata"]["labels"],
                "annotations": template["metadata"].get("annotations") or {},
                "ownerReferences": [_owner("ReplicaSet", replica_set)],
            },
            "spec": template["spec"],
        }
        path = _path("pods", metadata["namespace"])
        for _ in range(count):
            try:
                _, pod = await self._kube.call("POST", path, body, accepted=(201,))
            except KubeError as error:
                time = asyncio.get_running_loop().time()
                self._retry_at[metadata["uid"]] = time + RETRY_SECONDS
                return error.message
            self._known["pods"].cache[metadata["namespace"], pod["metadata"]["name"]] = pod
            self._retry_at.pop(metadata["uid"], None)
        return None

    async def _garbage(self) -> None:
        """Delete what has owners of which none lives any more."""
        uids = {item["metadata"]["uid"] for plural in BASES for item in self._all(plural)}
        self._retry_at = {uid: at for uid, at in self._retry_at.items() if uid in uids}
        for plural in BASES:
            for item in self._all(plural):
                metadata = item["metadata"]
                owners = metadata.get("ownerReferences") or []
                known = any(owner["uid"] in uids for owner in owners)
                if not owners or known or metadata.get("deletionTimestamp"):
                    continue
                if not await self._lives(metadata["namespace"], owners):
                    path = _path(plural, metadata["namespace"], metadata["name"])
                    only = {"preconditions": {"uid": metadata["uid"]}}
                    await self._kube.call("DELETE", path, only)

    async def _lives(self, namespace: str, owners: list[Object]) -> bool:
        """Ask the server: an owner may be newer than what is known here."""
        for owner in owners:
            path = _path(f"{owner['kind'].lower()}s", namespace, owner["name"])
            code, found = await self._kube.call("GET", path)
            if code == 200 and found["metadata"]["uid"] == owner["uid"]:
                return True
        return False

    async def _schedule(self) -> None:
        nodes, used = self._all("nodes"), used_by_node(self._all("pods"))
        for pod in self._all("pods"):
            if pod["spec"].get("nodeName") or not is_alive(pod):
                continue
            path = _path("pods", pod["metadata"]["namespace"], pod["metadata"]["name"])
            node, why = placed(pod, nodes, used)
            if node:
                pod["spec"]["nodeName"] = node  # counts for the next pod
                used = used_by_node(self._all("pods"))
                target = {"kind": "Node", "name": node}
                body = {"kind": "Binding", "metadata": pod["metadata"], "target": target}
                await self._kube.call("POST", f"{path}/binding", body)
                continue
            condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
            conditions = [{**condition, "message": why}]
            if pod["status"].get("conditions") != conditions:
                await self._kube.status(path, {"conditions": conditions})


def _path(plural: str, namespace: str | None, name: str = "") -> str:
    middle = f"/namespaces/{namespace}" if namespace else ""
    return f"{BASES[plural]}{middle}/{plural}" + (f"/{name}" if name else "")


def _owner(kind: str, item: Object) -> Object:
    metadata = item["metadata"]
    reference = {"apiVersion": "apps/v1", "kind": kind, "name": metadata["name"]}
    return {**reference, "uid": metadata["uid"], "controller": True}


def _owned(items: list[Object], uid: str) -> list[Object]:
    return [
        item
        for item in items
        if any(owner["uid"] == uid for owner in item["metadata"].get("ownerReferences") or ())
    ]


def _replica_set(deployment: Object, name: str, digest: str) -> Object:
    spec = deployment["spec"]
    template = copy.deepcopy(spec["template"])
    labels = {**(template["metadata"].get("labels") or {}), "pod-template-hash": digest}
    annotations = template["metadata"].get("annotations") or {}
    template["metadata"] = {"labels": labels, "annotations": annotations}
    return {
        "metadata": {
            "name": name,
            "namespace": deployment["metadata"]["namespace"],
            "labels": labels,
            "ownerReferences": [_owner("Deployment", deployment)],
        },
        "spec": {
            "replicas": spec.get("replicas", 1),
            "selector": {"matchLabels": labels},
            "template": template,
        },
    }


def _deployment_status(deployment: Object, inner: Object) -> Object:
    ready = inner.get("readyReplicas", 0)
    enough = ready >= deployment["spec"].get("replicas", 1)
    conditions: list[Any] = [{"type": "Available", "status": str(enough)}]
    conditions += [c for c in inner.get("conditions", []) if c["type"] == "ReplicaFailure"]
    return {
        "replicas": inner.get("replicas", 0),
        "readyReplicas": ready,
        "observedGeneration": deployment["metadata"].get("generation", 1),
        "conditions": conditions,
    }


async def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--server", required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--hosts", type=Path, required=True)
    given = parser.parse_args()
    async with Kube(given.server, given.token) as kube:
        await Controllers(kube, given.hosts).run()


if __name__ == "__main__":
    asyncio.run(_main())
