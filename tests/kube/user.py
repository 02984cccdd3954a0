"""A user of clusters in Kubernetes: what the Jupyter server does for one, without the server."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hrlab.clusters.backend import Plan
from hrlab.clusters.kubernetes.controller import KubernetesClusters
from hrlab.model.cluster import Cluster
from hrlab.model.options import Option
from hrlab.model.profile import Profile
from tests.kube.site import Site

_NUMBERS = itertools.count(1)

OPTIONS = {
    "workers": Option(type="integer", default=1, minimum=0),
    "image": Option(type="string", default=""),
}
DEADLINE_SECONDS = 60


class User:
    """Makes clusters, waits for what becomes of them, and closes them all when leaving."""

    kind = KubernetesClusters

    def __init__(self, site: Site, log: logging.Logger, owner: str = "alice") -> None:
        self.site = site
        self.owner = owner
        self.profiles: dict[str, Profile] = {}
        self.changed: list[str] = []
        self.kept: Path | None = None
        self._log = log
        self._event = asyncio.Event()
        self.clusters: KubernetesClusters | None = None

    def profile(self, name: str = "plain", **changes: Any) -> Profile:
        """A profile of the site's image; `template` is laid over the plain one."""
        template = {
            "namespace": self.site.namespace,
            "image": "{image}",
            "worker": {"cores": 1, "memory": "512Mi", "workers": "{workers}"},
            **changes.pop("template", {}),
        }
        options = {**OPTIONS, **changes.pop("options", {})}
        profile = Profile(
            name=name, kind="kubernetes", template=template, options=options, **changes
        )
        self.profiles[name] = profile
        return profile

    async def arrive(self) -> None:
        """Start the Jupyter server, as it were; again after `vanish`."""
        if not self.profiles:
            self.profile()
        kubeconfig = self.site.kubeconfig
        self.clusters = self.kind(
            self.owner, self.profiles, self._log, kubeconfig=kubeconfig, kept=self.kept
        )
        await self.clusters.start(self._changed)
        while not self.is_connected:
            await asyncio.sleep(0.02)

    @property
    def is_connected(self) -> bool:
        known = self.clusters and self.clusters._known
        return bool(known and known.synced(self.site.namespace))

    async def vanish(self) -> None:
        """The Jupyter server is gone; clusters live on."""
        assert self.clusters
        await self.clusters.stop()
        self.clusters = None

    async def leave(self) -> None:
        """Close every cluster of the user."""
        self.site.repair()
        if self.clusters is None:
            await self.arrive()
        assert self.clusters
        while mine := [one for one in self.clusters.clusters() if one.mine]:
            for one in mine:
                if one.state != "closing" or "Close it again" in one.reason:
                    await self.clusters.close(one.id)
            await asyncio.sleep(0.1)
        for _ in range(100):  # the server lives on, and lets go what the operator holds
            if not self.site.left():
                break
            await asyncio.sleep(0.1)
        await self.vanish()

    async def create(self, profile: str = "plain", **options: Any) -> Cluster:
        """Ask for a cluster; the answer."""
        if self.clusters is None:
            await self.arrive()
        assert self.clusters
        return await self.clusters.create(self.plan(profile, **options))

    def plan(self, profile: str = "plain", **options: Any) -> Plan:
        number = f"{os.getpid() % 10000}-{next(_NUMBERS)}"
        wanted = self.profiles[profile]
        values: Mapping[str, Any] = {
            **{name: option.default for name, option in wanted.options.items()},
            "image": self.site.image,
            **options,
        }
        return Plan(
            id=f"test-{number}",
            name=f"test {number}",
            profile=wanted,
            options=values,
            owner=self.owner,
            created_at=time.time(),
        )

    def plan_for_a_notebook(self) -> str:
        """A name for a cluster that a notebook makes."""
        return f"test-nb-{os.getpid() % 10000}-{next(_NUMBERS)}"

    def shown(self, cluster_id: str) -> Cluster | None:
        """The cluster as the panel has it; None if it is not there."""
        assert self.clusters
        return next((one for one in self.clusters.clusters() if one.id == cluster_id), None)

    async def sees(
        self,
        cluster_id: str,
        condition: Callable[[Cluster], object],
        seconds: float = DEADLINE_SECONDS,
    ) -> Cluster:
        """Wait until a cluster is as `condition` says."""
        deadline = time.monotonic() + seconds
        while True:
            shown = self.shown(cluster_id)
            if shown is not None and condition(shown):
                return shown
            assert time.monotonic() < deadline, f"After {seconds} s: {shown}"
            await self._next()

    async def sees_gone(self, cluster_id: str, seconds: float = DEADLINE_SECONDS) -> None:
        """Wait until a cluster is not listed any more."""
        deadline = time.monotonic() + seconds
        while shown := self.shown(cluster_id):
            assert time.monotonic() < deadline, f"After {seconds} s: {shown}"
            await self._next()

    async def _next(self) -> None:
        self._event.clear()
        try:
            await asyncio.wait_for(self._event.wait(), 0.5)
        except asyncio.TimeoutError:
            return

    def _changed(self, ids: Any) -> None:
        self.changed.extend(ids)
        self._event.set()


async def run_python(program: str, site: Site) -> None:
    """Run a program as a notebook in a pod would."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W",
        "ignore",
        "-c",
        program,
        env={**os.environ, **site.notebook_environment()},
    )
    assert await asyncio.wait_for(process.wait(), DEADLINE_SECONDS) == 0


def is_ready(cluster: Cluster) -> bool:
    return cluster.state == "ready" and cluster.workers.ready == cluster.workers.asked


def says(*words: str):
    def reason_holds(cluster):
        return all(word in cluster.reason for word in words)

    return reason_holds
