"""Registry of cluster backends: started on first use, and queried together."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from logging import Logger
from pathlib import Path
from typing import TypeAlias, TypeVar

from hrlab.clusters.backend import ClusterBackend, Counts, MayBeBlind
from hrlab.model.cluster import Cluster
from hrlab.model.errors import BackendError, HrlabError, NotFoundError
from hrlab.model.quota import ClusterUsage
from hrlab.model.suggest import did_you_mean


def kinds_left(runtime_dir: Path, data_dir: Path) -> list[str]:
    """Return the kinds with leftover clusters, from a directory and a small file, without importing backends."""
    found = []
    hosts = runtime_dir / "hrlab-clusters"
    if hosts.is_dir() and any(hosts.iterdir()):
        found.append("process")
    kept = data_dir / "hrlab" / "kubernetes.json"
    if kept.exists():
        from hrlab.clusters.kubernetes.state_file import has_clusters

        if has_clusters(kept):
            found.append("kubernetes")
    return found


#: Creates a backend; does heavy imports in a thread.
Maker: TypeAlias = Callable[[], Awaitable[ClusterBackend]]

T = TypeVar("T")

#: How long a list waits for a backend to start, how long a request for it waits, and the delay before a retry.
LIST_SECONDS = 3.0
NEEDED_SECONDS = 30.0
AGAIN_SECONDS = 10.0


class Registry:
    """All cluster backends of one server.

    Parameters
    ----------
    makers
        Factories by kind; their order is the order of lists.
    changed
        Called with ids of changed clusters; an empty list means any may have changed.
    log
        Receives backend failures.
    """

    def __init__(
        self,
        makers: Mapping[str, Maker],
        changed: Callable[[Sequence[str]], None],
        log: Logger,
    ) -> None:
        self._makers = makers
        self._changed = changed
        self._log = log
        self._tasks: dict[str, asyncio.Task[ClusterBackend]] = {}
        self._failed_at: dict[str, float] = {}
        #: Last error of a backend that failed to list its clusters or their usage.
        self._broken: dict[tuple[str, str], str] = {}
        #: Backends missing from the last list; `changed` is called for all clusters once they have started.
        self._missed: set[str] = set()

    async def start_all(self) -> None:
        """Start all backends; wait at most `LIST_SECONDS` for slow ones."""
        tasks = [self._begin(name) for name in self._makers]
        if any(not task.done() for task in tasks):
            await asyncio.wait(tasks, timeout=LIST_SECONDS)
        self._missed.update(name for name, task in self._tasks.items() if not task.done())

    def start(self, names: Iterable[str]) -> None:
        """Start the backends of these kinds, for their background work."""
        for name in names:
            if name in self._makers:
                self._begin(name)

    async def needed(self, name: str) -> ClusterBackend:
        """Return the backend of a kind, started.

        Raises
        ------
        BackendError
            If it cannot be started.
        """
        if name not in self._makers:
            raise BackendError(
                f"Clusters of kind {name} are not available on this server.", kind=name
            )
        await asyncio.wait([self._begin(name)], timeout=NEEDED_SECONDS)
        task = self._tasks[name]
        problem = _reason(name, task)
        if problem is not None:
            raise BackendError(problem, kind=name)
        return task.result()

    def problems(self) -> dict[str, str]:
        """Return why clusters of a kind cannot be listed now, by kind."""
        found = {name: _reason(name, task) or _blind(task) for name, task in self._tasks.items()}
        for name, problem in self._broken:
            found[name] = found[name] or f"{problem}. See the server's log for details."
        return {name: reason for name, reason in found.items() if reason}

    def clusters(self) -> Iterator[tuple[Cluster, ClusterBackend]]:
        """Yield each known cluster with its backend; of several with one id, the user's own."""
        found: dict[str, tuple[Cluster, ClusterBackend]] = {}
        for name, kind in self._there():
            for cluster in self._of(name, kind):
                before = found.get(cluster.id)
                if before is None or (cluster.mine and not before[0].mine):
                    found[cluster.id] = cluster, kind
        yield from found.values()

    def claims(self) -> Iterator[tuple[ClusterBackend, ClusterUsage]]:
        """Yield resource usage from the backends that track it, each with its backend."""
        for name, kind in self._there():
            if isinstance(kind, Counts):
                problem = f"Cannot read the usage of clusters of kind {name}"
                for claim in self._guarded(name, problem, kind.claims):
                    yield kind, claim

    def _of(self, name: str, kind: ClusterBackend) -> Sequence[Cluster]:
        return self._guarded(name, f"Cannot list clusters of kind {name}", kind.clusters)

    def _guarded(self, name: str, problem: str, query: Callable[[], Sequence[T]]) -> Sequence[T]:
        """Return the result of `query`, or nothing if it fails, so that one backend does not hide the others."""
        try:
            found = query()
        except Exception as error:
            if self._broken.get((name, problem)) != repr(error):
                self._log.exception("hrlab: %s", problem)
            self._broken[name, problem] = repr(error)
            return ()
        self._broken.pop((name, problem), None)
        return found

    def find(self, cluster_id: str) -> tuple[Cluster, ClusterBackend]:
        """Return a cluster with its backend.

        Raises
        ------
        NotFoundError
            With the nearest ids.
        """
        ids = []
        for cluster, kind in self.clusters():
            if cluster.id == cluster_id:
                return cluster, kind
            ids.append(cluster.id)
        shown = cluster_id[:60]
        hint = (
            did_you_mean(shown, ids) if ids else "There are no clusters; it may have been closed."
        )
        raise NotFoundError(f"Cluster {shown} does not exist. {hint}", id=shown)

    async def stop(self) -> None:
        """Stop watching; clusters keep running."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in tasks:
            if not task.cancelled() and task.exception() is None:
                await task.result().stop()
        self._tasks.clear()

    def there(self) -> list[ClusterBackend]:
        """Return the started backends."""
        return [kind for _, kind in self._there()]

    def _there(self) -> list[tuple[str, ClusterBackend]]:
        done = [(name, self._tasks[name]) for name in self._makers if name in self._tasks]
        return [
            (name, task.result())
            for name, task in done
            if task.done() and not task.cancelled() and task.exception() is None
        ]

    def begun_kind(self, name: str) -> ClusterBackend | None:
        """Return the backend of a kind if it has started, else None."""
        task = self._tasks.get(name)
        running = task is not None and task.done() and not task.cancelled()
        return task.result() if task and running and task.exception() is None else None

    def _begin(self, name: str) -> asyncio.Task[ClusterBackend]:
        task = self._tasks.get(name)
        failed = task is not None and task.done() and (task.cancelled() or task.exception())
        if task is None or (
            failed and time.monotonic() - self._failed_at.get(name, 0) > AGAIN_SECONDS
        ):
            task = self._tasks[name] = asyncio.ensure_future(self._start(name))
            task.add_done_callback(lambda task: self._poll(name, task))
        return task

    async def _start(self, name: str) -> ClusterBackend:
        kind = await self._makers[name]()
        await kind.start(self._changed)
        return kind

    def _poll(self, name: str, task: asyncio.Task[ClusterBackend]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._failed_at[name] = time.monotonic()
            trace = None if isinstance(error, HrlabError) else error
            self._log.warning("hrlab: cannot start the %s backend: %s", name, error, exc_info=trace)
        elif not task.cancelled() and (found := self._of(name, task.result())):
            self._changed([cluster.id for cluster in found])
        if name in self._missed and not task.cancelled():
            self._missed.discard(name)
            self._changed([])


def _reason(name: str, task: asyncio.Task[ClusterBackend]) -> str | None:
    if not task.done():
        return f"Still looking for clusters of kind {name}."
    if task.cancelled():
        return f"Clusters of kind {name} are no longer monitored."
    error = task.exception()
    if error is None:
        return None
    if isinstance(error, HrlabError):
        return error.message
    if isinstance(error, ImportError):
        return f"Clusters of kind {name} need a missing package: {error.name or error}."
    return f"Cannot monitor clusters of kind {name}. See the server's log for details."


def _blind(task: asyncio.Task[ClusterBackend]) -> str:
    kind = task.result()
    return kind.problem() if isinstance(kind, MayBeBlind) else ""
