"""Resource usage of clusters: as tracked by the backend, else derived from the cluster's state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hrlab.clusters.backend import Plan, Weighs
from hrlab.clusters.profiles.validate import most_workers
from hrlab.clusters.registry import Registry
from hrlab.model.cluster import Cluster
from hrlab.model.options import Value
from hrlab.model.profile import CORES, MEMORY
from hrlab.model.quota import ClusterUsage, ResourceRequest

#: Clusters in these states hold no resources, or soon none.
GONE = ("failed", "closing")


def usage_of(kinds: Registry) -> Iterator[ClusterUsage]:
    """Yield the usage of every visible cluster."""
    tracked = {(id(kind), claim.id): claim for kind, claim in kinds.claims()}
    for cluster, kind in kinds.clusters():
        if cluster.state not in GONE and cluster.kind != "address":
            yield tracked.get((id(kind), cluster.id)) or _seen(cluster)


def claim_of(kinds: Registry, cluster: Cluster) -> ClusterUsage:
    """Return the usage of one cluster."""
    found = (claim for claim in usage_of(kinds) if claim.id == cluster.id)
    return next(found, None) or _seen(cluster)


def requested(plan: Plan, kind: object) -> ResourceRequest:
    """Return what a cluster of this plan would use at its largest size."""
    return kind.asks(plan) if isinstance(kind, Weighs) else plain_asks(plan.options)


def plain_asks(options: Mapping[str, Value]) -> ResourceRequest:
    """Return the same, derived from the options that hrlab itself understands."""
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
