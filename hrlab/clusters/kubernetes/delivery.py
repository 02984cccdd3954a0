"""What a profile delivers to workers in Kubernetes: files, in a Secret of the cluster, and a set-up in each worker.

Variables are in the resource itself. A Secret goes when its cluster goes. The Jupyter server never reads one: it makes them,
and makes them anew when a source changes.
"""

from __future__ import annotations

import ast
import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hrlab.clusters.backend import Plan
from hrlab.clusters.kubernetes.api import GROUP, Object
from hrlab.clusters.kubernetes.in_container import packed
from hrlab.clusters.kubernetes.offload import TUNNEL_KEY, Away
from hrlab.model.errors import BackendError
from hrlab.model.profile import Profile
from hrlab.model.template import fill

#: Where it is mounted, and what tells workers what to do with it.
FOLDER = "/var/run/hrlab/delivered"
VARIABLE, PRELOAD = "HRLAB_DELIVERED", "DASK_DISTRIBUTED__WORKER__PRELOAD"
#: Versions that each worker tells, beside those that the profile names.
ALWAYS = ("dask", "distributed")


def values_of(plan: Plan) -> dict[str, Any]:
    """Return the values of the template's placeholders."""
    return {
        **plan.options,
        "cluster_id": plan.id,
        "cluster_name": plan.name,
        "owner": plan.owner,
    }


def sources_of(profile: Profile, away: Away | None) -> dict[str, Mapping[str, str]]:
    """Return sources of the cluster's Secret by key: a ``{file}`` or ``{variable}`` of the Jupyter server."""
    files = sorted(profile.deliver.files)
    found: dict[str, Mapping[str, str]] = {
        f"file-{i}": {"file": name} for i, name in enumerate(files)
    }
    if away is not None and away.is_sent:
        found[TUNNEL_KEY] = away.source
    return found


def read(source: Mapping[str, str]) -> bytes:
    """Read a source; may block.

    Raises
    ------
    BackendError
        If there is nothing.
    """
    if "variable" in source:
        if value := os.environ.get(source["variable"]):
            return value.encode()
        raise BackendError(
            f"Cannot deliver the variable {source['variable']}: it is not set on the Jupyter server."
        )
    path = Path(os.path.expandvars(source["file"])).expanduser()
    try:
        return path.read_bytes()
    except OSError as error:
        raise BackendError(f"Cannot deliver {path}: {error.strerror}.") from error


def secret_name(cluster_id: str) -> str:
    """Return the name of a cluster's Secret."""
    return f"{cluster_id}-hrlab"


def secret_of(resource: Object, contents: Mapping[str, bytes]) -> Object:
    """Return the Secret of an existing cluster; it is deleted with the cluster."""
    metadata = resource["metadata"]
    owner = {"apiVersion": GROUP, "kind": "DaskCluster", "name": metadata["name"]}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {
            "name": secret_name(metadata["name"]),
            "namespace": metadata["namespace"],
            "labels": {"dask.org/cluster-name": metadata["name"]},
            "ownerReferences": [{**owner, "uid": metadata.get("uid", "")}],
        },
        "data": {key: base64.b64encode(value).decode() for key, value in contents.items()},
    }


def with_deliveries(resource: Object, plan: Plan, sources: Mapping[str, object]) -> Object:
    """The same with a preload in the workers, and the Secret mounted where there is one."""
    deliver = plan.profile.deliver
    targets = fill(deliver.files, values_of(plan))
    about = {
        "folder": FOLDER,
        "files": {f"file-{i}": targets[name] for i, name in enumerate(sorted(targets))},
        "setup": deliver.setup,
        "packages": [*ALWAYS, *plan.profile.packages],
    }
    spec = resource["spec"]
    parts = {
        part: _mounted(spec[part]["spec"], plan.id) if sources else spec[part]["spec"]
        for part in ("scheduler", "worker")
    }
    return {
        **resource,
        "spec": {
            **spec,
            "scheduler": {**spec["scheduler"], "spec": parts["scheduler"]},
            "worker": {**spec["worker"], "spec": _told(parts["worker"], about)},
        },
    }


def _mounted(pod: Object, cluster_id: str) -> Object:
    """With the Secret: readable for whatever account the image has, in a container where nobody else is."""
    container, *others = pod["containers"]
    mount = {"name": "hrlab", "mountPath": FOLDER, "readOnly": True}
    mounted = {**container, "volumeMounts": [*container.get("volumeMounts", ()), mount]}
    secret = {"secretName": secret_name(cluster_id), "defaultMode": 0o444}
    volumes = [*pod.get("volumes", ()), {"name": "hrlab", "secret": secret}]
    return {**pod, "containers": [mounted, *others], "volumes": volumes}


def _told(pod: Object, about: Mapping[str, Any]) -> Object:
    container, *others = pod["containers"]
    kept = [item for item in container.get("env", ()) if item["name"] != PRELOAD]
    given = [
        item["value"]
        for item in container.get("env", ())
        if item["name"] == PRELOAD and "value" in item
    ]
    preloads = [*(_listed(given[0]) if given else ()), packed("worker")]
    ours = [
        {"name": VARIABLE, "value": json.dumps(about)},
        {"name": PRELOAD, "value": repr(preloads)},
    ]
    return {**pod, "containers": [{**container, "env": [*kept, *ours]}, *others]}


def _listed(text: str) -> list[str]:
    """A value of Dask's configuration, as a list."""
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        value = text
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else [str(value)]
