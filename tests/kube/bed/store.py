"""The objects of the API server: kept, versioned, and their changes told to whoever watches."""

from __future__ import annotations

import asyncio
import collections
import copy
import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any

from tests.kube.bed.failure import not_found
from tests.kube.bed.resources import BUILTIN, CRDS, Resource

Key = tuple[str, str]
Object = dict[str, Any]

_KEPT = (
    "uid",
    "creationTimestamp",
    "name",
    "namespace",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)


def now() -> str:
    """The time as Kubernetes writes it."""
    return dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Change:
    """One change of one object; `old` is None for a new one."""

    version: int
    key: Key
    type: str
    new: Object
    old: Object | None


class Store:
    """All objects, by kind, namespace and name."""

    def __init__(self, history: int = 2000) -> None:
        self.resources: dict[Key, Resource] = {resource.key: resource for resource in BUILTIN}
        self.objects: dict[Key, dict[tuple[str | None, str], Object]] = collections.defaultdict(
            dict
        )
        self.version = 1
        self.history: collections.deque[Change] = collections.deque(maxlen=history)
        self.watchers: dict[Key, set[asyncio.Queue[Change | None]]] = collections.defaultdict(set)
        for name in ("default", "kube-system"):
            self.add(self.resources["", "namespaces"], None, name, {"metadata": {}})

    def get(self, resource: Resource, namespace: str | None, name: str) -> Object:
        try:
            return self.objects[resource.key][namespace, name]
        except KeyError:
            raise not_found(resource, name) from None

    def all(self, group: str, plural: str, namespace: str | None = None) -> list[Object]:
        """Every object of a kind, of one namespace if it is given."""
        found = self.objects[group, plural].items()
        return [item for (where, _), item in found if namespace in (None, where)]

    def add(self, resource: Resource, namespace: str | None, name: str, item: Object) -> Object:
        new = {**item, "apiVersion": resource.api_version, "kind": resource.kind}
        metadata = dict(item.get("metadata") or {})
        for key in ("deletionTimestamp", "deletionGracePeriodSeconds"):
            metadata.pop(key, None)
        metadata.update(name=name, uid=str(uuid.uuid4()), creationTimestamp=now(), generation=1)
        if resource.namespaced:
            metadata["namespace"] = namespace
        new["metadata"] = metadata
        self._stamp(new)
        self.objects[resource.key][namespace, name] = new
        self._tell(resource, "ADDED", new, None)
        return new

    def replace(self, resource: Resource, namespace: str | None, name: str, new: Object) -> Object:
        """Store what a write made of an object; nothing happens if it is the same."""
        old = self.objects[resource.key][namespace, name]
        for key in _KEPT:
            if key in old["metadata"]:
                new["metadata"][key] = old["metadata"][key]
            else:
                new["metadata"].pop(key, None)
        new["apiVersion"], new["kind"] = resource.api_version, resource.kind
        if _without_version(old) == _without_version(new):
            return old
        if _specification(old) != _specification(new):
            new["metadata"]["generation"] = old["metadata"].get("generation", 1) + 1
        self._put(resource, namespace, name, new, old)
        metadata = new["metadata"]
        is_gone = metadata.get("deletionTimestamp") and not metadata.get("finalizers")
        if is_gone and resource.plural != "pods":
            self.remove(resource, namespace, name)
        return new

    def mark_deleted(self, resource: Resource, item: Object, grace_seconds: int) -> Object:
        """Note that an object is to go; it stays while finalizers or a kubelet hold it."""
        metadata = item["metadata"]
        if metadata.get("deletionTimestamp"):
            return item
        new = copy.deepcopy(item)
        new["metadata"].update(deletionTimestamp=now(), deletionGracePeriodSeconds=grace_seconds)
        self._put(resource, metadata.get("namespace"), metadata["name"], new, item)
        return new

    def remove(self, resource: Resource, namespace: str | None, name: str) -> Object:
        old = self.objects[resource.key].pop((namespace, name))
        gone = copy.deepcopy(old)
        self._stamp(gone)
        self._tell(resource, "DELETED", gone, old)
        if resource.key == CRDS:
            self.resources.pop((gone["spec"]["group"], gone["spec"]["names"]["plural"]), None)
        return gone

    def _put(
        self, resource: Resource, namespace: str | None, name: str, new: Object, old: Object
    ) -> None:
        self._stamp(new)
        self.objects[resource.key][namespace, name] = new
        self._tell(resource, "MODIFIED", new, old)

    def _stamp(self, item: Object) -> None:
        self.version += 1
        item["metadata"]["resourceVersion"] = str(self.version)

    def _tell(self, resource: Resource, what: str, new: Object, old: Object | None) -> None:
        change = Change(int(new["metadata"]["resourceVersion"]), resource.key, what, new, old)
        self.history.append(change)
        for queue in self.watchers[resource.key]:
            queue.put_nowait(change)


def _without_version(item: Object) -> Object:
    metadata = {k: v for k, v in item["metadata"].items() if k != "resourceVersion"}
    return {**item, "metadata": metadata}


def _specification(item: Object) -> Object:
    return {key: value for key, value in item.items() if key not in ("metadata", "status")}
