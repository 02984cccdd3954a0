"""A small client for the controllers and the kubelet: calls, and a cache that follows a watch."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
from typing_extensions import Self

Object = dict[str, Any]


class KubeError(Exception):
    """The API server refused."""

    def __init__(self, code: int, body: Object) -> None:
        super().__init__(f"{code}: {body.get('message')}")
        self.code = code
        self.message = str(body.get("message"))


class Kube:
    """Calls to an API server."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self.session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self.session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=aiohttp.ClientTimeout(total=None),
            connector=aiohttp.TCPConnector(limit=0),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()

    async def call(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        content_type: str = "application/json",
        accepted: tuple[int, ...] = (200, 201, 202, 404, 409),
    ) -> tuple[int, Object]:
        data = None if body is None else json.dumps(body)
        headers = {"Content-Type": content_type}
        while True:  # a test may have the API server break connections off
            try:
                async with self.session.request(
                    method, self.url + path, data=data, headers=headers
                ) as answer:
                    found = await answer.json()
                    if answer.status not in accepted:
                        raise KubeError(answer.status, found)
                    return answer.status, found
            except aiohttp.ClientConnectionError:  # noqa: PERF203
                await asyncio.sleep(0.2)

    async def merge(self, path: str, patch: Object) -> None:
        await self.call("PATCH", path, patch, "application/merge-patch+json")

    async def status(self, path: str, status: Object) -> None:
        await self.merge(f"{path}/status", {"status": status})


class Informer:
    """Objects of one kind by namespace and name, kept up to date; `poke` is set at every change."""

    def __init__(
        self, kube: Kube, path: str, poke: asyncio.Event, field_selector: str | None = None
    ) -> None:
        self.path = path
        self._kube = kube
        self._poke = poke
        self._query = {"fieldSelector": field_selector} if field_selector else {}
        self.cache: dict[tuple[str | None, str], Object] = {}
        self.synced = asyncio.Event()

    async def run(self) -> None:
        while True:
            try:
                version = await self._list()
                while True:
                    version = await self._follow(version)
            except (aiohttp.ClientError, OSError, KeyError, asyncio.TimeoutError):  # noqa: PERF203
                await asyncio.sleep(0.3)

    async def _list(self) -> str:
        url = self._kube.url + self.path
        async with self._kube.session.get(url, params=self._query) as answer:
            found = await answer.json()
        version = found["metadata"]["resourceVersion"]
        self.cache = {_key(item): item for item in found["items"]}
        self.synced.set()
        self._poke.set()
        return str(version)

    async def _follow(self, version: str) -> str:
        query = {**self._query, "watch": "true", "resourceVersion": version}
        query["allowWatchBookmarks"] = "true"
        async with self._kube.session.get(self._kube.url + self.path, params=query) as answer:
            async for line in answer.content:
                event = json.loads(line)
                item = event["object"]
                if event["type"] == "ERROR":
                    raise ConnectionError(item)
                version = item["metadata"]["resourceVersion"]
                if event["type"] == "DELETED":
                    self.cache.pop(_key(item), None)
                elif event["type"] != "BOOKMARK":
                    self.cache[_key(item)] = item
                self._poke.set()
        return version


def _key(item: Object) -> tuple[str | None, str]:
    return item["metadata"].get("namespace"), item["metadata"]["name"]
