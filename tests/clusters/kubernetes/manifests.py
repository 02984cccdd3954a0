"""Plans of clusters, and the DaskCluster resources made from them."""

from __future__ import annotations

from hrlab.clusters.backend import Plan
from hrlab.clusters.kubernetes.manifest import resource_of
from hrlab.model.profile import Profile

TEMPLATE = {
    "image": "{image}",
    "worker": {"workers": "{workers}", "cores": "{cores}", "memory": "{memory}"},
}
VALUES = {"image": "lab:1", "workers": 3, "cores": 2, "memory": 2**31}


def plan(template=TEMPLATE, values=None, **profile):
    made = Profile(name="p", kind="kubernetes", template=template, **profile)
    return Plan(
        id="zee-1-k3x9",
        name="zee-1",
        profile=made,
        options=VALUES if values is None else values,
        owner="alice@example.org",
        created_at=1.5,
    )


def container(resource, part):
    return resource["spec"][part]["spec"]["containers"][0]


LABELS = {"app": "ssh-fwd"}
AWAY = {
    "forwarder": "hub.example.org:31022",
    "host_key": "ssh-ed25519 AAAA",
    "selector": LABELS,
    "ports": [8000, 8003],
    "password": {"variable": "TOKEN"},
}


def resource(away=AWAY, **more):
    return resource_of(plan({"image": "x", "away": away}), "jhub", tunnel=(8001, 8003), **more)
