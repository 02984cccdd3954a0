"""What clusters hold, of every kind: what the kind itself says, else what can be seen of the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hrlab.clusters.backend import Plan, Weighs
from hrlab.clusters.profiles.validate import most_workers
from hrlab.clusters.registry import Registry
from hrlab.model.cluster import Cluster
from hrlab.model.options import Value
from hrlab.model.profile import CORES, MEMORY
from hrlab.model.quota import ClusterUsage, ResourceRequest

#: Those in these states hold nothing, or soon nothing.
GONE = ("failed", "closing")


def usage_of(kinds: Registry) -> Iterator[ClusterUsage]:
    """Of every cluster that can be seen."""
    told = {(id(kind), claim.id): claim for kind, claim in kinds.claims()}
    for cluster, kind in kinds.clusters():
        if cluster.state not in GONE and cluster.kind != "address":
            yield told.get((id(kind), cluster.id)) or _seen(cluster)


def claim_of(kinds: Registry, cluster: Cluster) -> ClusterUsage:
    """Of one cluster."""
    found = (claim for claim in usage_of(kinds) if claim.id == cluster.id)
    return next(found, None) or _seen(cluster)


def requested(plan: Plan, kind: object) -> ResourceRequest:
    """What a cluster of this plan would take, with all workers that it may come to have."""
    return kind.asks(plan) if isinstance(kind, Weighs) else plain_asks(plan.options)


def plain_asks(options: Mapping[str, Value]) -> ResourceRequest:
    """The same by the options that hrlab itself understands."""
    return ResourceRequest(
        workers=int(most_workers(options)),
        cores_each=_number(options.get(CORES)),
        memory_each=int(_number(options.get(MEMORY))),
    )


def _seen(cluster: Cluster) -> ClusterUsage:
    workers = cluster.workers.most
    ready = cluster.workers.ready
    share = workers / ready if ready else 1
    return ClusterUsage(
        id=cluster.id,
        name=cluster.name,
        mine=cluster.mine,
        profile=cluster.profile,
        workers=workers,
        cores=cluster.cores * share,
        memory_bytes=round(cluster.memory_bytes * share),
        created_at=cluster.created_at,
    )


def _number(value: Value | None) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and value is not None else 0.0
