"""What happens to an object before it is stored: defaults, schemas, limit ranges and quotas."""

from __future__ import annotations

import collections
import copy
import itertools
import random
import re
from typing import Any

from tests.kube.bed.failure import ApiError
from tests.kube.bed.quantities import pod_usage, quantity, written
from tests.kube.bed.resources import CRDS, RBAC, Resource, custom
from tests.kube.bed.schema import conformed
from tests.kube.bed.store import Object, Store
from tests.kube.bed.tree import dig

_TYPE_KEYS = ("metadata", "apiVersion", "kind")
_METADATA = {
    "name",
    "generateName",
    "namespace",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "generation",
    "managedFields",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
}
_LABEL = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


class Admission:
    """Admits objects to a store, or says why not."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._addresses = (f"127.96.{i // 250 + 1}.{i % 250 + 1}" for i in itertools.count())

    def admit(self, resource: Resource, item: Object, *, creating: bool, dry: bool = False) -> None:
        """Default and check `item` in place."""
        if resource.key == CRDS:
            self._crd(item)
        if resource.schema:
            _conform(resource, resource.schema, item)
        if resource.key == ("", "pods") and creating:
            self._pod(item, dry=dry)
        if resource.key == ("apps", "deployments"):
            _deployment(item)
        if resource.key == ("", "services"):
            self._service(item, creating=creating)

    def _crd(self, item: Object) -> None:
        resource = custom(item)
        self._store.resources[resource.key] = resource
        item["status"] = {
            "conditions": [
                {"type": "Established", "status": "True"},
                {"type": "NamesAccepted", "status": "True"},
            ],
            "acceptedNames": item["spec"]["names"],
            "storedVersions": ["v1"],
        }

    def _pod(self, pod: Object, *, dry: bool) -> None:
        defaults = {
            "restartPolicy": "Always",
            "schedulerName": "default-scheduler",
            "terminationGracePeriodSeconds": 30,
            "serviceAccountName": "default",
        }
        pod["spec"] = {**defaults, **pod["spec"]}
        pod["status"] = {"phase": "Pending", "qosClass": "Burstable"}
        self._limit_ranges(pod)
        self._quotas(pod, dry=dry)

    def _limit_ranges(self, pod: Object) -> None:
        for limits in self._store.all("", "limitranges", pod["metadata"]["namespace"]):
            for item in limits["spec"].get("limits", []):
                if item.get("type") == "Container":
                    for container in pod["spec"]["containers"]:
                        _limit(container, item, pod["metadata"]["name"])

    def _quotas(self, pod: Object, *, dry: bool) -> None:
        namespace = pod["metadata"]["namespace"]
        new = pod_usage(pod)
        used: collections.Counter[str] = collections.Counter()
        for other in self._store.all("", "pods", namespace):
            if other["status"].get("phase") not in ("Succeeded", "Failed"):
                used.update(pod_usage(other))
        for quota in self._store.all("", "resourcequotas", namespace):
            _check_quota(quota, new, used, pod["metadata"]["name"])
            if not dry:
                hard = quota["spec"].get("hard", {})
                after = copy.deepcopy(quota)
                sums = {key: written(key, used[key] + new.get(key, 0)) for key in hard}
                after["status"] = {"hard": hard, "used": sums}
                kind = self._store.resources["", "resourcequotas"]
                self._store.replace(kind, namespace, quota["metadata"]["name"], after)

    def _service(self, item: Object, *, creating: bool) -> None:
        spec = item["spec"]
        spec.setdefault("type", "ClusterIP")
        spec.setdefault("sessionAffinity", "None")
        if creating and spec.get("clusterIP") != "None":
            spec["clusterIP"] = next(self._addresses)
            spec["clusterIPs"] = [spec["clusterIP"]]
            item.setdefault("status", {"loadBalancer": {}})
        taken = self._node_ports(besides=item["metadata"].get("name")) if creating else set()
        for port in spec.get("ports", []):
            port.setdefault("protocol", "TCP")
            port.setdefault("targetPort", port["port"])
            if spec["type"] in ("NodePort", "LoadBalancer"):
                port.setdefault("nodePort", random.randint(30000, 32767))
            if port.get("nodePort") in taken:
                name = item["metadata"].get("name")
                said = f"Invalid value: {port['nodePort']}: provided port is already allocated"
                message = f'Service "{name}" is invalid: spec.ports[0].nodePort: {said}'
                raise ApiError(422, "Invalid", message)

    def _node_ports(self, besides: str | None) -> set[int]:
        services = self._store.all("", "services")
        return {
            port["nodePort"]
            for service in services
            if service["metadata"]["name"] != besides
            for port in service["spec"].get("ports", [])
            if port.get("nodePort")
        }


def check_metadata(resource: Resource, metadata: dict[str, Any]) -> None:
    """ObjectMeta is typed: unknown fields are dropped, names and labels checked."""
    for key in set(metadata) - _METADATA:
        del metadata[key]
    start = f'{resource.kind} "{metadata["name"]}" is invalid: metadata'
    for value in (metadata.get("labels") or {}).values():
        if not isinstance(value, str) or len(value) > 63 or not _LABEL.fullmatch(value):
            raise ApiError(422, "Invalid", f"{start}.labels: Invalid value: {value!r}")
    if resource.group != RBAC and not _NAME.fullmatch(metadata["name"]):
        rule = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters"
        raise ApiError(422, "Invalid", f"{start}.name: Invalid value: {rule}")


def _conform(resource: Resource, schema: dict[str, Any], item: Object) -> None:
    properties = {k: v for k, v in schema.get("properties", {}).items() if k not in _TYPE_KEYS}
    errors: list[str] = []
    body = {key: value for key, value in item.items() if key not in _TYPE_KEYS}
    body = conformed({**schema, "properties": properties}, body, "", errors)
    if errors:
        name = item["metadata"].get("name")
        said = errors[0] if len(errors) == 1 else "[" + ", ".join(errors) + "]"
        message = f'{resource.kind}.{resource.group} "{name}" is invalid: {said}'
        raise ApiError(422, "Invalid", message, {"name": name, "kind": resource.kind})
    for key in [key for key in item if key not in _TYPE_KEYS]:
        del item[key]
    item.update(body)


def _deployment(item: Object) -> None:
    wanted = (item["spec"].get("selector") or {}).get("matchLabels") or {}
    labels = dig(item, "spec.template.metadata.labels", {}) or {}
    if not wanted or any(labels.get(key) != value for key, value in wanted.items()):
        name = item["metadata"]["name"]
        message = (
            f'Deployment.apps "{name}" is invalid: `selector` does not match template `labels`'
        )
        raise ApiError(422, "Invalid", message)
    item["spec"].setdefault("replicas", 1)


def _limit(container: dict[str, Any], item: dict[str, Any], pod: str) -> None:
    resources = container["resources"] = dict(container.get("resources") or {})
    limits = {**(item.get("default") or {}), **(resources.get("limits") or {})}
    requests = {**(item.get("defaultRequest") or {}), **(resources.get("requests") or {})}
    resources.update(limits=limits, requests=requests)
    for key, most in (item.get("max") or {}).items():
        if key in limits and quantity(limits[key]) > quantity(most):
            said = f"maximum {key} usage per Container is {most}, but limit is {limits[key]}"
            raise ApiError(403, "Forbidden", f'pods "{pod}" is forbidden: {said}')


def _check_quota(
    quota: Object,
    new: collections.Counter[str],
    used: collections.Counter[str],
    pod: str,
) -> None:
    hard = quota["spec"].get("hard", {})
    name = quota["metadata"]["name"]
    must = ("limits", "requests", "cpu", "memory")
    if missing := [key for key in hard if key.split(".")[0] in must and key not in new]:
        said = f"failed quota: {name}: must specify {','.join(sorted(missing))}"
        raise ApiError(403, "Forbidden", f'pods "{pod}" is forbidden: {said}')
    over = sorted(k for k in hard if new.get(k) and used[k] + new[k] > quantity(hard[k]))
    if over:
        asked = ",".join(f"{key}={written(key, new[key])}" for key in over)
        have = ",".join(f"{key}={written(key, used[key])}" for key in over)
        most = ",".join(f"{key}={hard[key]}" for key in over)
        said = f"exceeded quota: {name}, requested: {asked}, used: {have}, limited: {most}"
        raise ApiError(403, "Forbidden", f'pods "{pod}" is forbidden: {said}')
