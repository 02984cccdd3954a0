"""Informers: up-to-date local copies of Dask resources, pods and services of the relevant namespaces."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable

from hrlab.clusters.kubernetes.api import ApiFailure, KubernetesApi, Object, Plural
from hrlab.clusters.kubernetes.conditions import created_at
from hrlab.clusters.kubernetes.status import ClusterObjects

#: Between attempts after a failure; doubled at each, at most `MAX_PAUSE_SECONDS`.
PAUSE_SECONDS = 0.5
MAX_PAUSE_SECONDS = 10.0


class Informer:
    """List-then-watch informer for one resource kind.

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
        """Whether `items` is up to date."""
        return self.synced and not self.problem

    async def run(self) -> None:
        """List and watch until cancelled."""
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
            self._log.warning("hrlab: watch on %s failed; retrying: %s", where, failure.message)
        self.problem = failure.message
        self._changed()


#: A worker group without a cluster is an orphan after so long: the two are heard of by different watches.
ORPHAN_SECONDS = 4.0

_CLUSTER = "dask.org/cluster-name"
_KINDS: dict[Plural, str] = {
    "daskclusters": "",
    "daskworkergroups": "",
    "daskautoscalers": "",
    "pods": _CLUSTER,
    "services": _CLUSTER,
}


class Informers:
    """Informers for every kind in every namespace.

    Parameters
    ----------
    namespaces
        Where to look; the first is the one whose clusters have their names as ids.
    is_mine
        Whether a DaskCluster is the user's.
    """

    def __init__(
        self,
        api: KubernetesApi,
        namespaces: Collection[str],
        changed: Callable[[], None],
        log: logging.Logger,
        is_mine: Callable[[Object], bool],
    ) -> None:
        self._home = next(iter(namespaces))
        self._is_mine = is_mine
        self._followers: dict[tuple[str, Plural], Informer] = {
            (namespace, plural): Informer(
                api, plural, namespace, changed, selector=selector, log=log
            )
            for namespace in namespaces
            for plural, selector in _KINDS.items()
        }
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start the informers."""
        self._tasks = [asyncio.create_task(one.run()) for one in self._followers.values()]

    async def stop(self) -> None:
        """Stop the informers."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    @property
    def problem(self) -> str:
        """Why the API is unavailable; empty if it is available."""
        followers = [f for (_, plural), f in self._followers.items() if plural == "daskclusters"]
        return next((follower.problem for follower in followers if follower.problem), "")

    def synced(self, namespace: str) -> bool:
        """Return whether a namespace has been listed completely."""
        return all(f.synced for (where, _), f in self._followers.items() if where == namespace)

    @property
    def is_complete(self) -> bool:
        """Return whether all namespaces have been listed completely."""
        return all(follower.synced for follower in self._followers.values())

    def facts(self) -> dict[str, ClusterObjects]:
        """Return the objects of every cluster by id; the user's own keep their names if others collide."""
        found = []
        problem = self.problem
        for namespace in dict.fromkeys(where for where, _ in self._followers):
            pods = self._by_cluster(namespace, "pods")
            for name, resource in self._items(namespace, "daskclusters").items():
                facts = ClusterObjects(
                    resource=resource,
                    group=self._items(namespace, "daskworkergroups").get(f"{name}-default"),
                    autoscaler=self._items(namespace, "daskautoscalers").get(name),
                    service=self._items(namespace, "services").get(f"{name}-scheduler"),
                    pods=tuple(pods.get(name, ())),
                    api_problem=problem,
                )
                found.append(facts)
        return with_ids(found, self._home, self._is_mine)

    def services(self, namespace: str) -> list[Object]:
        """Return all scheduler services of a namespace."""
        return list(self._items(namespace, "services").values())

    def remains(self, namespace: str, name: str) -> bool:
        """Return whether objects of a cluster exist or may exist."""
        if not self.synced(namespace):
            return True
        found: tuple[tuple[Plural, str], ...] = (
            ("daskclusters", name),
            ("daskworkergroups", f"{name}-default"),
            ("services", f"{name}-scheduler"),
        )
        there = any(one in self._items(namespace, plural) for plural, one in found)
        return there or bool(self._by_cluster(namespace, "pods").get(name))

    def orphans(self, is_mine: Callable[[Object], bool]) -> list[tuple[str, str]]:
        """Namespaces and names of the user's worker groups whose cluster is gone.

        The operator makes a group first and its cluster the owner later: one whose cluster is deleted in between belongs to
        nobody, and would stay for ever.
        """
        old = time.time() - ORPHAN_SECONDS
        return [
            (namespace, name)
            for namespace in dict.fromkeys(where for where, _ in self._followers)
            for name, group in self._items(namespace, "daskworkergroups").items()
            if created_at(group) < old
            and self._followers[namespace, "daskclusters"].is_heard
            and group["spec"].get("cluster") not in self._items(namespace, "daskclusters")
            and is_mine(group)
        ]

    def _items(self, namespace: str, plural: Plural) -> dict[str, Object]:
        return self._followers[namespace, plural].items

    def _by_cluster(self, namespace: str, plural: Plural) -> dict[str, list[Object]]:
        found: dict[str, list[Object]] = {}
        for item in self._items(namespace, plural).values():
            found.setdefault(item["metadata"]["labels"][_CLUSTER], []).append(item)
        return found


def with_ids(
    found: Iterable[ClusterObjects], home: str, is_mine: Callable[[Object], bool]
) -> dict[str, ClusterObjects]:
    """Return clusters by id.

    Names are unique where hrlab makes them; another's outside the namespace `home` gets its namespace behind a dot. So does
    one that has taken the name of one of the user's in another namespace.
    """
    ids: dict[str, ClusterObjects] = {}
    for facts in sorted(found, key=lambda facts: not is_mine(facts.resource)):
        metadata = facts.resource["metadata"]
        name, namespace = metadata["name"], metadata["namespace"]
        is_plain = facts.by_hrlab or namespace == home or is_mine(facts.resource)
        ids[name if is_plain and name not in ids else f"{name}.{namespace}"] = facts
    return ids
