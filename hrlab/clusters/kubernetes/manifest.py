"""Writes the DaskCluster resource of a cluster, from the template of its profile.

The template says only what a site wants to be different::

    namespace: jhub                        # default: that of the Jupyter server
    image: "{image}"
    environment: {NAME: value}             # for scheduler and workers, beside the profile's `deliver.environment`
    pod: {...}                             # goes into both pod specs: nodeSelector, tolerations, volumes, ...
    container: {...}                       # goes into both containers: volumeMounts, imagePullPolicy, ...
    published_ports: [31000, 31099]        # a port of every node leads to the scheduler; see scheduler_address
    away: {...}                            # scheduler and workers at a site: see `hrlab.clusters.kubernetes.offload`
    scheduler: {image, command, arguments, environment, cores, memory, pod, container, service}
    worker: {image, command, arguments, environment, cores, memory, threads, workers, scheduler_address, pod, container}

``scheduler_address`` is where workers find the scheduler who can't use the Service: ``tcp://access.example.org:$(PORT)``.
``command`` is how the program is called: ``[dask, worker]`` is the default, images from before 2022 want ``[dask-worker]``.
Two mappings are joined key by key, two lists one after the other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from hrlab.clusters.backend import Plan
from hrlab.clusters.kubernetes.api import GROUP, Object
from hrlab.clusters.kubernetes.delivery import FOLDER, sources_of, values_of, with_deliveries
from hrlab.clusters.kubernetes.offload import SCHEDULER, TUNNEL_KEY, away_of, sent_away
from hrlab.clusters.kubernetes.offload import problem_of as problem_of_away
from hrlab.clusters.kubernetes.scheduler_health import COMM, DASHBOARD
from hrlab.model.errors import InvalidRequestError
from hrlab.model.profile import MAXIMUM, MINIMUM, WORKERS, Profile
from hrlab.model.template import fill

#: Labels and annotations by which hrlab's clusters are found again.
OWNER, PROFILE = "hrlab/owner", "hrlab/profile"
NAME, OPTIONS, CREATED_AT = "hrlab/name", "hrlab/options", "hrlab/created-at"
READY_AT, IDLE_SINCE, BOUNDS = "hrlab/ready-at", "hrlab/idle-since", "hrlab/bounds"
#: Workers that hrlab let it have, and the common limits for which it counts.
GRANTED, MARKS = "hrlab/granted", "hrlab/limits"
#: When hrlab last made it larger and what it had before, and why that was taken back.
GROWN, SHRUNK = "hrlab/grown", "hrlab/shrunk"
#: How many starts with other ports came before, see :mod:`hrlab.clusters.kubernetes.port_conflicts`.
TRIES = "hrlab/tries"

#: Stands for the published port in ``worker.scheduler_address``.
PORT = "$(PORT)"

_PARTS = ("scheduler", "worker")
_COMMON = ("image", "environment", "pod", "container")
_PART = (*_COMMON, "command", "arguments", "cores", "memory")
_KEYS = {
    "": {*_COMMON, *_PARTS, "namespace", "published_ports", "away"},
    "scheduler": {*_PART, "service"},
    "worker": {*_PART, "threads", "workers", "scheduler_address"},
}


def owner_label(owner: str) -> str:
    """Return a hash of the user's name for a label: names may contain invalid or private characters."""
    return hashlib.sha256(owner.encode()).hexdigest()[:32]


def problem_of(profile: Profile) -> str:
    """Return what is unsupported in a profile of this kind; empty if it is valid."""
    setup = profile.deliver.setup
    if setup and not all(setup.partition(":")):
        return f"deliver.setup of {profile.name} must be package.module:function, not {setup!r}"
    template = profile.template
    for part in ("", *_PARTS):
        given = template.get(part, {}) if part else template
        if not isinstance(given, Mapping):
            return f"The template of {profile.name} has no mapping under {part}"
        if unknown := sorted(set(given) - _KEYS[part]):
            where = f"{part}." if part else ""
            return f"The template of {profile.name} has an unknown key {where}{unknown[0]}"
    if "published_ports" in template and published_ports(profile) is None:
        return f"published_ports of {profile.name} must be two numbers, such as [31000, 31099]"
    if problem := problem_of_away(template):
        return f"In the template of {profile.name}, {problem}"
    return ""


def published_ports(profile: Profile) -> range | None:
    """Return the node ports on which a profile publishes schedulers; None if it publishes none."""
    match profile.template.get("published_ports"):
        case [int(first), int(last)] if 0 < first <= last < 65536:
            return range(first, last + 1)
    return None


def node_ports(services: Iterable[Object]) -> set[int]:
    """Return the node ports in use by services."""
    return {
        int(port["nodePort"])
        for service in services
        for port in service["spec"].get("ports") or ()
        if port.get("nodePort")
    }


def bounds_of(plan: Plan) -> tuple[int, int] | None:
    """Return the bounds of adaptive scaling; None if the cluster does not adapt."""
    low, high = plan.options.get(MINIMUM), plan.options.get(MAXIMUM)
    if low is None or high is None or WORKERS in plan.options:
        return None
    return int(low), int(high)


def filled(plan: Plan) -> dict[str, Any]:
    """Fill the template of a plan's profile.

    Raises
    ------
    InvalidRequestError
        If it can't be filled.
    """
    if problem := problem_of(plan.profile):
        raise InvalidRequestError(f"{problem}.")
    try:
        found: dict[str, Any] = fill(plan.profile.template, values_of(plan))
    except KeyError as error:
        raise InvalidRequestError(
            f"The template of {plan.profile.name} uses {error.args[0]}, which no option sets."
        ) from error
    return found


def resource_of(
    plan: Plan,
    namespace: str,
    port: int = 0,
    *,
    tunnel: tuple[int, int] = (0, 0),
    in_clear: str = "",
) -> Object:
    """Return the DaskCluster resource for `plan`.

    Parameters
    ----------
    port
        Of every node, on which it is reached; 0: on none.
    tunnel, in_clear
        See :func:`hrlab.clusters.kubernetes.offload.sent_away`.

    Raises
    ------
    InvalidRequestError
        If the template can't be filled.
    """
    template = filled(plan)
    away = away_of(template, plan.owner)
    environment = {
        **(template.get("environment") or {}),
        **fill(plan.profile.deliver.environment, values_of(plan)),
    }
    common = {key: template[key] for key in _COMMON if key in template}
    common["environment"] = environment
    scheduler = combined(common, template.get("scheduler") or {})
    scheduler = combined(scheduler, {"environment": _identity(plan)})
    worker = combined(common, template.get("worker") or {})
    if away is not None:
        worker = {**worker, "scheduler_address": SCHEDULER}
    elif address := worker.get("scheduler_address"):
        worker = {**worker, "scheduler_address": str(address).replace(PORT, str(port))}
    spec: Object = {
        "scheduler": {
            "spec": _pod("scheduler", scheduler, _scheduler_words(scheduler)),
            "service": {**_service(plan.id, port), **(scheduler.get("service") or {})},
        },
        "worker": {
            "replicas": _workers(plan, worker),
            "spec": _pod("worker", worker, _worker_words(worker)),
        },
    }
    if plan.profile.idle_seconds:
        spec["idleTimeout"] = int(plan.profile.idle_seconds)
    metadata = _metadata(plan, namespace, spec["worker"]["replicas"])
    made = {"apiVersion": GROUP, "kind": "DaskCluster", "metadata": metadata, "spec": spec}
    whole = with_deliveries(made, plan, sources_of(plan.profile, away))
    if away is None:
        return whole
    return sent_away(whole, away, tunnel, f"{FOLDER}/{TUNNEL_KEY}", in_clear)


def combined(base: Any, over: Any) -> Any:
    """Merge `over` into `base`: mappings by key, lists concatenated, otherwise `over` wins."""
    if isinstance(base, Mapping) and isinstance(over, Mapping):
        joined = {**base, **over}
        return {
            k: combined(base[k], over[k]) if k in base and k in over else joined[k] for k in joined
        }
    if isinstance(base, list) and isinstance(over, list):
        return [*base, *over]
    return over


def with_numbered_ports(resource: Object) -> Object:
    """Return the resource with numeric ``targetPort``, for sites whose CRD was patched for offloading."""
    scheduler = resource["spec"]["scheduler"]
    numbers = {
        port["name"]: port["containerPort"]
        for container in scheduler["spec"]["containers"]
        for port in container.get("ports", ())
    }
    ports = [
        {**port, "targetPort": numbers.get(port["targetPort"], port["targetPort"])}
        if "targetPort" in port
        else port
        for port in scheduler["service"]["ports"]
    ]
    service = {**scheduler["service"], "ports": ports}
    spec = {**resource["spec"], "scheduler": {**scheduler, "service": service}}
    return {**resource, "spec": spec}


def autoscaler_of(resource: Object, minimum: int, maximum: int) -> Object:
    """Return the DaskAutoscaler of a cluster; it is deleted with the cluster."""
    metadata = resource["metadata"]
    owner = {"apiVersion": GROUP, "kind": "DaskCluster", "name": metadata["name"]}
    return {
        "apiVersion": GROUP,
        "kind": "DaskAutoscaler",
        "metadata": {
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "labels": {"dask.org/cluster-name": metadata["name"]},
            "ownerReferences": [{**owner, "uid": metadata["uid"]}],
        },
        "spec": {"cluster": metadata["name"], "minimum": minimum, "maximum": maximum},
    }


def _identity(plan: Plan) -> dict[str, str]:
    """Variables by which Dask's configuration in the scheduler tells records of runs which cluster it is."""
    told = {"ID": plan.id, "NAME": plan.name, "PROFILE": plan.profile.name}
    return {f"DASK_HRLAB__CLUSTER__{key}": _quoted(text) for key, text in told.items()}


def _quoted(text: str) -> str:
    """`text` for a variable that Dask reads as Python, in which Kubernetes finds no place to fill."""
    return ascii(text).replace("$", r"\x24")


def _metadata(plan: Plan, namespace: str, workers: int) -> Object:
    annotations = {
        NAME: plan.name,
        OPTIONS: json.dumps(dict(plan.options), sort_keys=True),
        CREATED_AT: repr(plan.created_at),
    }
    if bounds := bounds_of(plan):
        annotations[BOUNDS] = "{}-{}".format(*bounds)
    annotations[GRANTED] = str(bounds[1] if bounds else workers)
    if plan.marks:
        annotations[MARKS] = " ".join(plan.marks)
    labels = {OWNER: owner_label(plan.owner), PROFILE: _as_label(plan.profile.name)}
    return {"name": plan.id, "namespace": namespace, "labels": labels, "annotations": annotations}


def _as_label(text: str) -> str:
    """Return `text` if valid as a label, else a hash of it."""
    plain = text.replace("-", "").replace("_", "").replace(".", "")
    fits = len(text) <= 63 and plain.isascii() and plain.isalnum() and text[0].isalnum()
    return text if fits and text[-1].isalnum() else owner_label(text)


def profile_label(profile: Profile) -> str:
    """Return the value of label `PROFILE`."""
    return _as_label(profile.name)


def _workers(plan: Plan, worker: Mapping[str, Any]) -> int:
    if bounds := bounds_of(plan):
        return bounds[0]
    return int(worker.get("workers", plan.options.get(WORKERS, 0)))


def _service(name: str, node_port: int) -> Object:
    selector = {"dask.org/cluster-name": name, "dask.org/component": "scheduler"}
    ports: list[Object] = [
        {"name": label, "protocol": "TCP", "port": port, "targetPort": label}
        for label, port in (COMM, DASHBOARD)
    ]
    if not node_port:
        return {"type": "ClusterIP", "selector": selector, "ports": ports}
    ports[0]["nodePort"] = node_port
    return {"type": "NodePort", "selector": selector, "ports": ports}


def _scheduler_words(scheduler: Mapping[str, Any]) -> list[str]:
    command = scheduler.get("command") or ["dask", "scheduler"]
    return [*command, "--host", "0.0.0.0", *(scheduler.get("arguments") or [])]  # noqa: S104 - in its pod


def _worker_words(worker: Mapping[str, Any]) -> list[str]:
    words = [*(worker.get("command") or ["dask", "worker"])]
    if address := worker.get("scheduler_address"):
        words.append(str(address))
    words += ["--name", "$(DASK_WORKER_NAME)"]
    threads = worker.get("threads", worker.get("cores"))
    if threads is not None:
        words += ["--nthreads", str(max(1, int(threads)))]
    if worker.get("memory") is not None:
        words += ["--memory-limit", str(worker["memory"])]
    return [*words, *map(str, worker.get("arguments") or [])]


def _pod(part: str, given: Mapping[str, Any], words: list[str]) -> Object:
    container: Object = {"name": part, "image": given.get("image"), "args": words}
    ports = (COMM, DASHBOARD) if part == "scheduler" else (("http-dashboard", 8788),)
    container["ports"] = [{"name": name, "containerPort": port} for name, port in ports]
    if part == "scheduler":
        probe = {"httpGet": {"port": DASHBOARD[0], "path": "/health"}}
        container["readinessProbe"] = {**probe, "periodSeconds": 2, "timeoutSeconds": 5}
    environment = given.get("environment") or {}
    container["env"] = [{"name": name, "value": str(text)} for name, text in environment.items()]
    amounts = {"cpu": given.get("cores"), "memory": given.get("memory")}
    asked = {key: str(amount) for key, amount in amounts.items() if amount is not None}
    if asked:
        container["resources"] = {"requests": asked, "limits": dict(asked)}
    pod = {"containers": [combined(container, given.get("container") or {})]}
    whole: Object = combined(pod, given.get("pod") or {})
    return whole
