"""Creating, changing and deleting objects."""

from __future__ import annotations

import copy
import json
import random
import uuid
from typing import Any

from aiohttp import web

from tests.kube.bed.access import Asked
from tests.kube.bed.admission import Admission, check_metadata
from tests.kube.bed.failure import ApiError
from tests.kube.bed.resources import Resource
from tests.kube.bed.store import Object, Store, now
from tests.kube.bed.tree import JSON_PATCH, dig, patched, put


class Writer:
    """Answers requests that change something."""

    def __init__(self, store: Store, admission: Admission) -> None:
        self._store = store
        self._admission = admission

    def create(
        self, request: web.Request, resource: Resource, asked: Asked, item: Object
    ) -> web.Response:
        if asked.sub == "binding":
            assert asked.name
            return self._bind(resource, asked, item)
        self._name(resource, asked.namespace, item)
        metadata = item["metadata"]
        check_metadata(resource, metadata)
        namespace = asked.namespace if resource.namespaced else None
        if (namespace, metadata["name"]) in self._store.objects[resource.key]:
            message = f'{resource.label} "{metadata["name"]}" already exists'
            raise ApiError(409, "AlreadyExists", message, {"name": metadata["name"]})
        if "status" in resource.subs:
            item.pop("status", None)
        dry = "All" in request.query.getall("dryRun", [])
        self._admission.admit(resource, item, creating=True, dry=dry)
        if dry:
            shown = {**metadata, "uid": str(uuid.uuid4()), "creationTimestamp": now()}
            return web.json_response({**item, "metadata": shown}, status=201)
        added = self._store.add(resource, namespace, metadata["name"], item)
        return web.json_response(added, status=201)

    def _name(self, resource: Resource, namespace: str | None, item: Object) -> None:
        if item.get("kind", resource.kind) != resource.kind:
            message = f"the object provided is unrecognized: {item.get('kind')!r} is not {resource.kind!r}"
            raise ApiError(400, "BadRequest", message)
        metadata = item.setdefault("metadata", {})
        if resource.namespaced:
            if metadata.setdefault("namespace", namespace) != namespace:
                message = "the namespace of the provided object does not match the namespace sent on the request"
                raise ApiError(400, "BadRequest", message)
            if (None, namespace) not in self._store.objects["", "namespaces"]:
                raise ApiError(404, "NotFound", f'namespaces "{namespace}" not found')
        if not metadata.get("name"):
            if not metadata.get("generateName"):
                message = f'{resource.kind} "" is invalid: metadata.name: Required value'
                raise ApiError(422, "Invalid", message)
            ending = "".join(random.choices("bcdfghjklmnpqrstvwxz2456789", k=5))
            metadata["name"] = metadata["generateName"] + ending

    def _bind(self, resource: Resource, asked: Asked, item: Object) -> web.Response:
        assert asked.name
        pod = copy.deepcopy(self._store.get(resource, asked.namespace, asked.name))
        pod["spec"]["nodeName"] = item["target"]["name"]
        condition = {"type": "PodScheduled", "status": "True", "lastTransitionTime": now()}
        pod["status"].setdefault("conditions", []).append(condition)
        self._store.replace(resource, asked.namespace, asked.name, pod)
        success = {"kind": "Status", "apiVersion": "v1", "status": "Success"}
        return web.json_response(success, status=201)

    def change(
        self, request: web.Request, resource: Resource, asked: Asked, body: bytes
    ) -> web.Response:
        assert asked.name
        old = self._store.get(resource, asked.namespace, asked.name)
        view = scale_view(resource, old) if asked.sub == "scale" else old
        content_type = request.headers.get("Content-Type", "").partition(";")[0]
        data = json.loads(body)
        if asked.verb == "update":
            new = data
        else:
            is_custom = resource.schema is not None
            new = patched(copy.deepcopy(view), data, content_type, is_custom=is_custom)
        wanted = dig(new, "metadata.resourceVersion")
        if wanted != old["metadata"]["resourceVersion"] and wanted and content_type != JSON_PATCH:
            message = f'Operation cannot be fulfilled on {resource.label} "{asked.name}": the object has been modified'
            raise ApiError(409, "Conflict", message)
        if asked.sub == "scale":
            assert resource.scale
            out = copy.deepcopy(old)
            put(out, resource.scale[0], new["spec"].get("replicas", 0))
            stored = self._store.replace(resource, asked.namespace, asked.name, out)
            return web.json_response(scale_view(resource, stored))
        new = self._merged_status(resource, asked, old, new)
        if asked.sub != "status":
            self._admission.admit(resource, new, creating=False)
        stored = self._store.replace(resource, asked.namespace, asked.name, new)
        return web.json_response(stored)

    @staticmethod
    def _merged_status(resource: Resource, asked: Asked, old: Object, new: Object) -> Object:
        """A write to an object or to its status changes only that."""
        if asked.sub == "status":
            return {**copy.deepcopy(old), "status": new.get("status", {})}
        new.setdefault("metadata", {})
        if "status" in resource.subs:
            new.pop("status", None)
            if "status" in old:
                new["status"] = copy.deepcopy(old["status"])
        return new

    def delete(
        self, resource: Resource, namespace: str | None, name: str, options: dict[str, Any]
    ) -> web.Response:
        item = self._store.get(resource, namespace, name)
        wanted = (options.get("preconditions") or {}).get("uid")
        if wanted and wanted != item["metadata"]["uid"]:
            message = f"the UID in the precondition ({wanted}) does not match"
            raise ApiError(409, "Conflict", message)
        grace = _grace_seconds(resource, item, options)
        if item["metadata"].get("finalizers") or grace > 0:
            return web.json_response(self._store.mark_deleted(resource, item, grace))
        gone = self._store.remove(resource, namespace, name)
        details = {"name": name, "kind": resource.plural, "uid": gone["metadata"]["uid"]}
        success = {"kind": "Status", "apiVersion": "v1", "status": "Success", "details": details}
        return web.json_response(success)


def _grace_seconds(resource: Resource, item: Object, options: dict[str, Any]) -> int:
    """How long a kubelet has to stop the pod; 0 for all that no kubelet holds."""
    if resource.key != ("", "pods") or not item["spec"].get("nodeName"):
        return 0
    if item["status"].get("phase") in ("Succeeded", "Failed"):
        return 0
    given = options.get("gracePeriodSeconds")
    return item["spec"].get("terminationGracePeriodSeconds", 30) if given is None else int(given)


def scale_view(resource: Resource, item: Object) -> Object:
    """The ``scale`` sub-resource of an object."""
    assert resource.scale
    keys = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {key: item["metadata"][key] for key in keys},
        "spec": {"replicas": dig(item, resource.scale[0], 0)},
        "status": {"replicas": dig(item, resource.scale[1], 0) or 0},
    }
