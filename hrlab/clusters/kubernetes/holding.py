"""What clusters in Kubernetes hold of quotas: by their resources, and by the pods that are there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hrlab.clusters.kubernetes.api import Object
from hrlab.clusters.kubernetes.conditions import created_at, pods_of
from hrlab.clusters.kubernetes.manifest import GRANTED, GROWN, MARKS, NAME
from hrlab.clusters.kubernetes.operations import bounds_noted
from hrlab.clusters.kubernetes.quantity import quantity
from hrlab.clusters.kubernetes.status import Facts, workers_of
from hrlab.model.quota import Asks, Claim

_ENDS = ("Failed", "Succeeded")


def asks_of(resource: Object, workers: int) -> Asks:
    """What a DaskCluster takes with so many workers, and its scheduler beside them."""
    spec = resource["spec"]
    cores, memory = requests(_pod(spec, "worker"))
    cores_beside, memory_beside = requests(_pod(spec, "scheduler"))
    return Asks(
        workers=workers,
        cores_each=cores,
        memory_each=memory,
        cores_beside=cores_beside,
        memory_beside=memory_beside,
        pods_beside=1,
    )


def claim_of(cluster_id: str, facts: Facts, profile: str | None, *, mine: bool) -> Claim:
    """What a cluster that is there holds: what it was asked to have, or what its pods have if that is more."""
    pods = pods_of(facts.pods, "worker")
    alive = [pod for pod in pods if (pod.get("status") or {}).get("phase") not in _ENDS]
    count, bounds = workers_of(facts), bounds_noted(facts)
    workers = max(count.most, len(alive), bounds[1] if bounds and _adapts(facts) else 0)
    resource = {"spec": {**facts.resource["spec"], **_worker(facts)}}
    asks = asks_of(resource, workers)
    there = [requests(pod["spec"]) for pod in (*alive, *pods_of(facts.pods, "scheduler"))]
    granted = facts.annotations.get(GRANTED, "")
    grown = grown_of(facts)
    metadata = facts.resource["metadata"]
    return Claim(
        id=cluster_id,
        name=facts.annotations.get(NAME, metadata["name"]),
        mine=mine,
        profile=profile,
        workers=workers,
        cores=max(asks.of("cores"), sum(cores for cores, _ in there)),
        memory_bytes=round(max(asks.of("memory"), sum(memory for _, memory in there))),
        groups=tuple(facts.annotations.get(MARKS, "").split()),
        created_at=created_at(facts.resource),
        uid=str(metadata.get("uid", "")),
        granted=int(granted) if granted.isdecimal() and len(granted) < 10 else None,
        grown_at=grown[0] if grown else 0.0,
        grown_from=grown[1] if grown else None,
    )


def grown_of(facts: Facts) -> tuple[float, int] | None:
    """When hrlab last made a cluster larger, and how many workers it had before."""
    at, _, workers = facts.annotations.get(GROWN, "").partition(" ")
    try:
        return float(at), int(workers)
    except ValueError:
        return None


def requests(pod: Mapping[str, Any]) -> tuple[float, int]:
    """Cores and bytes of memory that a pod asks for; its limits where it asks for nothing else."""
    cores = memory = 0.0
    for container in pod.get("containers") or ():
        resources = container.get("resources") or {}
        asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
        cores += quantity(asked.get("cpu", 0)) or 0.0
        memory += quantity(asked.get("memory", 0)) or 0.0
    return cores, round(memory)


def sums(pods: Iterable[Object]) -> tuple[float, int]:
    """Cores and memory of pods together."""
    found = [requests(pod["spec"]) for pod in pods]
    return sum(cores for cores, _ in found), sum(memory for _, memory in found)


def _pod(spec: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    return (spec.get(part) or {}).get("spec") or {}


def _worker(facts: Facts) -> dict[str, Any]:
    """The worker group's own part, once there is one."""
    return {"worker": facts.group["spec"]["worker"]} if facts.group is not None else {}


def _adapts(facts: Facts) -> bool:
    """Whether bounds that were noted are not yet, or still, those of an autoscaler."""
    return facts.autoscaler is not None or facts.group is None
