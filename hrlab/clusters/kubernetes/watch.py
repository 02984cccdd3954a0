"""Follows the objects of one kind in one namespace: a list, then a watch, for ever."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from hrlab.clusters.kubernetes.api import ApiFailure, KubernetesApi, Object, Plural

#: Between attempts after a failure; doubled at each, at most `MAX_PAUSE_SECONDS`.
PAUSE_SECONDS = 0.5
MAX_PAUSE_SECONDS = 10.0


class Follower:
    """What there is of one kind, by name.

    Attributes
    ----------
    items
        The objects, as the API gives them.
    synced
        Whether a list has been read.
    problem
        Why nothing is heard at present; empty while all is well.
    """

    def __init__(
        self,
        api: KubernetesApi,
        plural: Plural,
        namespace: str,
        changed: Callable[[], None],
        *,
        selector: str = "",
        log: logging.Logger,
    ) -> None:
        self.items: dict[str, Object] = {}
        self.synced = False
        self.problem = ""
        self._api = api
        self._plural = plural
        self._namespace = namespace
        self._changed = changed
        self._selector = {"labelSelector": selector} if selector else {}
        self._log = log

    @property
    def is_heard(self) -> bool:
        """Whether `items` is what there is now."""
        return self.synced and not self.problem

    async def run(self) -> None:
        """Follow until cancelled."""
        pause = PAUSE_SECONDS
        while True:
            try:
                version = await self._list()
                pause = PAUSE_SECONDS
                while True:
                    version = await self._watch(version)
            except ApiFailure as failure:
                self._fail(failure)
            await asyncio.sleep(pause)
            pause = min(2 * pause, MAX_PAUSE_SECONDS)

    async def _list(self) -> str:
        found = await self._api.call("GET", self._plural, self._namespace, params=self._selector)
        self.items = {item["metadata"]["name"]: item for item in found["items"]}
        self.synced = True
        self.problem = ""
        self._changed()
        return str(found["metadata"]["resourceVersion"])

    async def _watch(self, version: str) -> str:
        params = {**self._selector, "resourceVersion": version, "allowWatchBookmarks": "true"}
        async for event in self._api.watch(self._plural, self._namespace, params):
            item = event["object"]
            if event["type"] == "ERROR":  # too old: begin with a list
                raise ApiFailure(int(item.get("code", 410)), str(item.get("message", "")))
            version = item["metadata"]["resourceVersion"]
            if event["type"] == "BOOKMARK":
                continue
            if event["type"] == "DELETED":
                self.items.pop(item["metadata"]["name"], None)
            else:
                self.items[item["metadata"]["name"]] = item
            self._changed()
        return version

    def _fail(self, failure: ApiFailure) -> None:
        if failure.code == 410:
            return
        if failure.message != self.problem:
            where = f"{self._plural} in {self._namespace}"
            self._log.warning("hrlab hears nothing of %s: %s", where, failure.message)
        self.problem = failure.message
        self._changed()
