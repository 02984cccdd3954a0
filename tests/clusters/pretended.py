"""A kind of clusters in memory, which tests move from state to state."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hrlab.clusters.backend import Plan
from hrlab.model.cluster import Cluster, Step, Target, WorkerCount
from hrlab.model.errors import BackendError, NotFoundError
from hrlab.model.quota import ClusterUsage


class PretendedClusters:
    """See :class:`hrlab.clusters.backend.ClusterBackend`."""

    def __init__(self, clock: Callable[[], float] = lambda: 1000.0) -> None:
        self.known: dict[str, Cluster] = {}
        self.plans: list[Plan] = []
        self.dashboards: dict[str, str] = {}
        self.extended: list[str] = []
        self.running = False
        self.fails_to_start: Exception | None = None
        self.fails_to_create: Exception | None = None
        self.blind = ""
        self.slow = asyncio.Event()
        self.slow.set()
        self._clock = clock

    async def maker(self) -> PretendedClusters:
        return self

    async def start(self, changed: Callable[[Sequence[str]], None]) -> None:
        if self.fails_to_start is not None:
            raise self.fails_to_start
        self.changed = changed
        self.running = True

    async def stop(self) -> None:
        self.running = False

    def clusters(self) -> Sequence[Cluster]:
        return list(self.known.values())

    def claims(self) -> Sequence[ClusterUsage]:
        plans = {plan.id: plan for plan in self.plans}
        return [
            self._claim(one, plans[one.id].options)
            for one in self.known.values()
            if one.id in plans
        ]

    def _claim(self, cluster: Cluster, options: Mapping[str, Any]) -> ClusterUsage:
        workers = max(cluster.workers.most, int(options.get("maximum", 0)))
        return ClusterUsage(
            id=cluster.id,
            name=cluster.name,
            mine=cluster.mine,
            profile=cluster.profile,
            workers=workers,
            cores=workers * options.get("cores", 1),
            memory_bytes=workers * options.get("memory", 0),
            created_at=cluster.created_at,
        )

    async def create(self, plan: Plan) -> Cluster:
        await self.slow.wait()
        if self.fails_to_create is not None:
            raise self.fails_to_create
        self.plans.append(plan)
        asked = plan.options.get("workers", plan.options.get("minimum", 0))
        self.known[plan.id] = Cluster(
            id=plan.id,
            name=plan.name,
            kind=plan.profile.kind,
            profile=plan.profile.name,
            owner=plan.owner,
            created_by="hrlab",
            state="starting",
            since_at=self._clock(),
            steps=(Step(name="scheduler", state="running"),),
            workers=WorkerCount(asked=int(asked)),
            created_at=plan.created_at,
        )
        return self.known[plan.id]

    async def scale(self, cluster_id: str, target: Target) -> None:
        count = WorkerCount(
            asked=target.workers if target.workers is not None else target.minimum or 0,
            ready=self._get(cluster_id).workers.ready,
            minimum=target.minimum,
            maximum=target.maximum,
        )
        self.set(cluster_id, workers=count)

    async def extend(self, cluster_id: str) -> None:
        self._get(cluster_id)
        self.extended.append(cluster_id)

    async def close(self, cluster_id: str) -> None:
        self._get(cluster_id)
        del self.known[cluster_id]
        self.changed([cluster_id])

    async def logs(self, cluster_id: str) -> Mapping[str, str]:
        if self._get(cluster_id).state == "unreachable":
            raise BackendError("The scheduler does not answer.")
        return {"scheduler": "it began\n"}

    def problem(self) -> str:
        return self.blind

    def dashboard_url(self, cluster_id: str) -> str | None:
        return self.dashboards.get(cluster_id)

    def set(self, cluster_id: str, **changes: Any) -> None:
        """Move a cluster on, and say so."""
        self.known[cluster_id] = dataclasses.replace(self._get(cluster_id), **changes)
        self.changed([cluster_id])

    def add(self, cluster_id: str, **changes: Any) -> None:
        """A cluster that was made elsewhere."""
        made = Cluster(
            id=cluster_id,
            name=cluster_id,
            kind="process",
            profile=None,
            owner=None,
            created_by="other",
            state="ready",
            since_at=1.0,
            workers=WorkerCount(asked=1, ready=1),
            created_at=1.0,
        )
        self.known[cluster_id] = dataclasses.replace(made, **changes)

    def _get(self, cluster_id: str) -> Cluster:
        try:
            return self.known[cluster_id]
        except KeyError:
            raise NotFoundError(f"There is no cluster {cluster_id}.") from None
