"""Objects of a cluster as Kubernetes returns them."""

from __future__ import annotations

from hrlab.clusters.backend import Plan
from hrlab.clusters.kubernetes.conditions import epoch
from hrlab.clusters.kubernetes.manifest import resource_of
from hrlab.clusters.kubernetes.status import ClusterObjects
from hrlab.model.profile import Profile

MADE = "2026-11-20T10:00:00Z"
AT = epoch(MADE)


def plan(**profile):
    template = {"image": "x", "worker": {"workers": 2, "memory": "2Gi"}}
    made = Profile(name="p", kind="kubernetes", template=template, **profile)
    return Plan(id="z", name="zee", profile=made, options={}, owner="alice", created_at=AT)


def facts(phase="Running", annotations=None, metadata=None, **known):
    resource = resource_of(plan(idle_seconds=100.0), "jhub")
    resource["metadata"].update(creationTimestamp=MADE, **(metadata or {}))
    resource["metadata"]["annotations"].update(annotations or {})
    resource["status"] = {"phase": phase} if phase else {}
    return ClusterObjects(resource=resource, **known)


def service(**spec):
    ports = [{"name": "tcp-comm", "port": 8786}, {"name": "http-dashboard", "port": 80}]
    metadata = {"name": "z-scheduler", "namespace": "jhub"}
    return {"metadata": metadata, "spec": {"ports": ports, **spec}}


def ended_with(code):
    metadata = {
        "name": "s",
        "labels": {"dask.org/component": "scheduler"},
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    state = {"terminated": {"exitCode": code, "reason": "Error"}}
    status = {"phase": "Failed", "containerStatuses": [{"name": "scheduler", "state": state}]}
    spec = {"containers": [{"env": [{"name": "HRLAB_TUNNEL", "value": "{}"}]}]}
    return {"metadata": metadata, "spec": spec, "status": status}
