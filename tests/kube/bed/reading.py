"""Listing and watching objects, and discovery."""

from __future__ import annotations

import asyncio
import json
import random
import time
from typing import Any

from aiohttp import web

from tests.kube.bed.access import Asked
from tests.kube.bed.failure import ApiError, missing_page
from tests.kube.bed.resources import Resource
from tests.kube.bed.selectors import Match, field_matcher, label_matcher
from tests.kube.bed.store import Change, Object, Store


def matcher(request: web.Request, resource: Resource, asked: Asked) -> Match:
    """Whether an object is one that the request asks for."""
    labels = label_matcher(request.query.get("labelSelector"))
    fields = field_matcher(resource, request.query.get("fieldSelector"))

    def match(item: Any) -> bool:
        metadata = item["metadata"]
        here = asked.namespace in (None, metadata.get("namespace"))
        return here and asked.name in (None, metadata["name"]) and labels(item) and fields(item)

    return match


def listed(store: Store, request: web.Request, resource: Resource, asked: Asked) -> web.Response:
    """A list, paged if ``limit`` is given."""
    match = matcher(request, resource, asked)
    found = store.objects[resource.key]
    items = [found[key] for key in sorted(found, key=lambda k: (k[0] or "", k[1]))]
    items = [item for item in items if match(item)]
    limit, start = int(request.query.get("limit") or 0), int(request.query.get("continue") or 0)
    metadata: dict[str, Any] = {"resourceVersion": str(store.version)}
    if limit and len(items) > start + limit:
        metadata["continue"] = str(start + limit)
        metadata["remainingItemCount"] = len(items) - start - limit
    if limit:
        items = items[start : start + limit]
    return web.json_response(
        {
            "kind": f"{resource.kind}List",
            "apiVersion": resource.api_version,
            "metadata": metadata,
            "items": items,
        }
    )


class Watch:
    """One client's watch: changes as JSON lines, from a version on, until its time is over."""

    def __init__(
        self, store: Store, request: web.Request, resource: Resource, asked: Asked
    ) -> None:
        self._store = store
        self._request = request
        self._resource = resource
        self._match = matcher(request, resource, asked)
        self._queue: asyncio.Queue[Change | None] = asyncio.Queue()
        self._response = web.StreamResponse(headers={"Content-Type": "application/json"})
        self._response.enable_chunked_encoding()

    async def serve(self) -> web.StreamResponse:
        """Send until the client leaves."""
        watchers = self._store.watchers[self._resource.key]
        watchers.add(self._queue)  # before looking back, so that nothing is lost
        try:
            await self._response.prepare(self._request)
            since = self._request.query.get("resourceVersion")
            last = await self._catch_up(since)
            if last is not None:
                await self._follow(last)
            return self._response
        finally:
            watchers.discard(self._queue)

    async def _catch_up(self, since: str | None) -> int | None:
        if since in (None, "", "0"):
            last = self._store.version
            for item in list(self._store.objects[self._resource.key].values()):
                if self._match(item):
                    await self._send("ADDED", item)
            return last
        last = int(since)
        history = self._store.history
        if history and last + 1 < history[0].version and len(history) == history.maxlen:
            error = ApiError(410, "Expired", f"too old resource version: {last}")
            await self._send("ERROR", error.status())
            return None
        for change in list(history):
            if change.key == self._resource.key and change.version > last:
                await self._translate(change)
                last = change.version
        return last

    async def _follow(self, last: int) -> None:
        limit = float(self._request.query.get("timeoutSeconds") or random.uniform(1800, 3600))
        deadline = time.monotonic() + limit
        while (left := deadline - time.monotonic()) > 0:
            try:
                change = await asyncio.wait_for(self._queue.get(), min(left, 20))
            except asyncio.TimeoutError:
                await self._bookmark()
                continue
            if change is None:  # a test dropped all watches
                return
            if change.version > last:
                await self._translate(change)

    async def _translate(self, change: Change) -> None:
        """An object that begins or ceases to match is new or gone for this client."""
        before = change.old is not None and self._match(change.old)
        after = change.type != "DELETED" and self._match(change.new)
        if after:
            await self._send("MODIFIED" if before else "ADDED", change.new)
        elif before:
            await self._send("DELETED", change.new)

    async def _bookmark(self) -> None:
        if self._request.query.get("allowWatchBookmarks") == "true":
            metadata = {"resourceVersion": str(self._store.version)}
            kind = {"kind": self._resource.kind, "apiVersion": self._resource.api_version}
            await self._send("BOOKMARK", {**kind, "metadata": metadata})

    async def _send(self, what: str, item: Object) -> None:
        await self._response.write(json.dumps({"type": what, "object": item}).encode() + b"\n")


def group_document(store: Store, group: str) -> dict[str, Any]:
    """Versions of an API group."""
    versions = sorted({r.version for r in store.resources.values() if r.group == group})
    if not versions:
        raise missing_page()
    known = [{"groupVersion": f"{group}/{version}", "version": version} for version in versions]
    return {"name": group, "versions": known, "preferredVersion": known[0]}


def groups_document(store: Store) -> dict[str, Any]:
    """All API groups."""
    groups = sorted({resource.group for resource in store.resources.values()} - {""})
    found = [group_document(store, group) for group in groups]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": found}


def version_document(store: Store, group: str, version: str) -> dict[str, Any]:
    """Kinds of one version of a group."""
    found = []
    for resource in store.resources.values():
        if (resource.group, resource.version) != (group, version):
            continue
        base = {
            "singularName": resource.singular,
            "namespaced": resource.namespaced,
            "kind": resource.kind,
        }
        plural = resource.plural
        verbs, short = list(resource.verbs), list(resource.short)
        found.append({**base, "name": plural, "verbs": verbs, "shortNames": short})
        for sub in sorted(resource.subs):
            verbs = ["get"] if sub == "log" else ["get", "patch", "update"]
            found.append({**base, "name": f"{plural}/{sub}", "singularName": "", "verbs": verbs})
    if not found:
        raise missing_page()
    full = f"{group}/{version}" if group else version
    kind = {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": full}
    return {**kind, "resources": found}
