"""Lists clusters created by dask-labextension in this server process."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from hrlab.clusters.backend import Plan
from hrlab.model.cluster import Cluster, Target, WorkerCount
from hrlab.model.errors import BackendError, NotFoundError

_MODULE = "dask_labextension.manager"
#: dask-labextension emits no events, so its manager is polled: an in-process dict look-up.
LOOK_SECONDS = 2.0


class LabextensionClusters:
    """Backend of dask-labextension's clusters; see :class:`hrlab.clusters.backend.ClusterBackend`.

    Never imports dask-labextension: where its server side is not loaded, there are no such clusters.
    """

    def __init__(
        self, owner: str, clock: Callable[[], float] = time.time, look_seconds: float = LOOK_SECONDS
    ) -> None:
        self._owner = owner
        self._clock = clock
        self._look_seconds = look_seconds
        self._since: dict[str, float] = {}
        self._last_seen: dict[str, Cluster] = {}
        self._watch: asyncio.Task[None] | None = None

    async def start(self, changed: Callable[[Sequence[str]], None]) -> None:
        """Start polling."""
        self._watch = asyncio.ensure_future(self._looking(changed))

    async def stop(self) -> None:
        """Stop polling."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)

    def clusters(self) -> Sequence[Cluster]:
        """Return the clusters that dask-labextension has now."""
        manager = _manager()
        return [self._cluster(manager, key) for key in list(getattr(manager, "_clusters", ()))]

    async def create(self, plan: Plan) -> Cluster:
        """Never called: no profile is of this kind."""
        raise BackendError(f"dask-labextension cannot create {plan.name} for hrlab.")

    async def scale(self, cluster_id: str, target: Target) -> None:
        """Scale to a number of workers, or adapt between bounds."""
        manager, _ = self._found(cluster_id)
        if target.workers is not None:
            await manager.scale_cluster(cluster_id, target.workers)
        else:
            manager.adapt_cluster(cluster_id, target.minimum or 0, target.maximum)

    async def extend(self, cluster_id: str) -> None:
        """Do nothing: there is no idle timeout."""
        self._found(cluster_id)

    async def close(self, cluster_id: str) -> None:
        """Close the cluster through dask-labextension's manager."""
        manager, _ = self._found(cluster_id)
        await manager.close_cluster(cluster_id)

    async def logs(self, cluster_id: str) -> Mapping[str, str]:
        """Return the logs from the cluster object."""
        _, cluster = self._found(cluster_id)
        pending: Awaitable[Mapping[str, Any]] = cluster.get_logs()
        return {str(name): str(text) for name, text in (await pending).items()}

    def dashboard_url(self, cluster_id: str) -> str | None:
        """Return the URL from the scheduler's own port: the link for browsers may be a site template."""
        cluster = getattr(_manager(), "_clusters", {}).get(cluster_id)
        if cluster is None:
            return None
        port = (cluster.scheduler_info.get("services") or {}).get("dashboard")
        host = _bound_to(cluster) or urlsplit(str(cluster.scheduler_address)).hostname
        shown = f"[{host}]" if host and ":" in host else host
        return f"http://{shown}:{port}" if port and host else None

    def _found(self, cluster_id: str) -> tuple[Any, Any]:
        manager = _manager()
        cluster = getattr(manager, "_clusters", {}).get(cluster_id)
        if cluster is None:
            raise NotFoundError(f"dask-labextension has no cluster {cluster_id}.", id=cluster_id)
        return manager, cluster

    def _cluster(self, manager: Any, key: str) -> Cluster:
        made, adaptive = manager._clusters[key], manager._adaptives.get(key)  # noqa: SLF001 - no public API
        workers = (made.scheduler_info.get("workers") or {}).values()
        since = self._since.setdefault(key, self._clock())
        return Cluster(
            id=key,
            name=manager._cluster_names.get(key, key),  # noqa: SLF001
            kind="process",
            profile=None,
            owner=self._owner,
            created_by="other",
            state="ready",
            since_at=since,
            created_at=since,
            workers=WorkerCount(
                asked=len(getattr(made, "plan", workers)),
                ready=len(workers),
                minimum=adaptive.minimum if adaptive else None,
                maximum=_finite(adaptive.maximum) if adaptive else None,
            ),
            cores=sum(worker.get("nthreads", 0) for worker in workers),
            memory_bytes=sum(int(worker.get("memory_limit") or 0) for worker in workers),
            scheduler_address=str(made.scheduler_address),
        )

    async def _looking(self, changed: Callable[[Sequence[str]], None]) -> None:
        while True:
            now = {cluster.id: cluster for cluster in self.clusters()}
            new = [key for key in now | self._last_seen if now.get(key) != self._last_seen.get(key)]
            self._last_seen = now
            self._since = {key: at for key, at in self._since.items() if key in now}
            if new:
                changed(new)
            await asyncio.sleep(self._look_seconds)


def _manager() -> Any:
    return getattr(sys.modules.get(_MODULE), "manager", None)


def _bound_to(cluster: Any) -> str | None:
    """Return the host on which an in-process scheduler's dashboard listens; its link may name another one."""
    server = getattr(getattr(cluster, "scheduler", None), "http_server", None)
    for bound in getattr(server, "_sockets", {}).values():
        host = str(bound.getsockname()[0])
        return "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    return None


def _finite(maximum: float) -> int | None:
    return int(maximum) if maximum < 10**6 else None
