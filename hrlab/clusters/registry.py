"""The kinds of clusters of one server: begun when somebody first asks, watched, and asked together."""

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
    """Names of those kinds, from a directory and a small file; nothing else is loaded where there are none."""
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


#: Makes a kind; may load what is heavy, in a thread.
Maker: TypeAlias = Callable[[], Awaitable[ClusterBackend]]

T = TypeVar("T")

#: How long a list waits for a kind that is being begun, how long whoever needs it, and when a failed one is tried again.
LIST_SECONDS = 3.0
NEEDED_SECONDS = 30.0
AGAIN_SECONDS = 10.0


class Registry:
    """All kinds.

    Parameters
    ----------
    makers
        How each is made, by name; the order is that of lists.
    changed
        Called with ids of clusters that are new in some way; without any, all may be.
    log
        Is told of a kind that fails.
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
        #: What went wrong when a kind was last asked for its clusters, or for what they hold.
        self._broken: dict[tuple[str, str], str] = {}
        #: Those that a list was given without: when they are there, all may be new.
        self._missed: set[str] = set()

    async def start_all(self) -> None:
        """Begin all of them; waits a moment for those that are slow."""
        tasks = [self._begin(name) for name in self._makers]
        if any(not task.done() for task in tasks):
            await asyncio.wait(tasks, timeout=LIST_SECONDS)
        self._missed.update(name for name, task in self._tasks.items() if not task.done())

    def start(self, names: Iterable[str]) -> None:
        """Begin some of them, for what they have to do unasked."""
        for name in names:
            if name in self._makers:
                self._begin(name)

    async def needed(self, name: str) -> ClusterBackend:
        """One of them, begun.

        Raises
        ------
        BackendError
            If it cannot be.
        """
        if name not in self._makers:
            raise BackendError(f"Clusters of kind {name} can't be made here.", kind=name)
        await asyncio.wait([self._begin(name)], timeout=NEEDED_SECONDS)
        task = self._tasks[name]
        problem = _reason(name, task)
        if problem is not None:
            raise BackendError(problem, kind=name)
        return task.result()

    def problems(self) -> dict[str, str]:
        """Why clusters of a kind can't be seen now, by name."""
        found = {name: _reason(name, task) or _blind(task) for name, task in self._tasks.items()}
        for name, problem in self._broken:
            found[name] = found[name] or f"{problem} now. The server's log has the details."
        return {name: reason for name, reason in found.items() if reason}

    def clusters(self) -> Iterator[tuple[Cluster, ClusterBackend]]:
        """Every cluster that is known, with its kind; of several with one id, the user's own."""
        found: dict[str, tuple[Cluster, ClusterBackend]] = {}
        for name, kind in self._there():
            for cluster in self._of(name, kind):
                before = found.get(cluster.id)
                if before is None or (cluster.mine and not before[0].mine):
                    found[cluster.id] = cluster, kind
        yield from found.values()

    def claims(self) -> Iterator[tuple[ClusterBackend, ClusterUsage]]:
        """What clusters hold, of the kinds that know it, each with its kind."""
        for name, kind in self._there():
            if isinstance(kind, Counts):
                problem = f"What clusters of kind {name} hold cannot be told"
                for claim in self._told(name, problem, kind.claims):
                    yield kind, claim

    def _of(self, name: str, kind: ClusterBackend) -> Sequence[Cluster]:
        return self._told(name, f"Clusters of kind {name} cannot be listed", kind.clusters)

    def _told(self, name: str, problem: str, ask: Callable[[], Sequence[T]]) -> Sequence[T]:
        """What one kind tells; nothing while it cannot, so that what others tell can be seen."""
        try:
            found = ask()
        except Exception as error:
            if self._broken.get((name, problem)) != repr(error):
                self._log.exception("hrlab: %s", problem)
            self._broken[name, problem] = repr(error)
            return ()
        self._broken.pop((name, problem), None)
        return found

    def find(self, cluster_id: str) -> tuple[Cluster, ClusterBackend]:
        """One cluster.

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
        hint = did_you_mean(shown, ids) if ids else "There are none; it may have been closed."
        raise NotFoundError(f"There is no cluster {shown}. {hint}", id=shown)

    async def stop(self) -> None:
        """Watch no more."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in tasks:
            if not task.cancelled() and task.exception() is None:
                await task.result().stop()
        self._tasks.clear()

    def there(self) -> list[ClusterBackend]:
        """Those that have begun."""
        return [kind for _, kind in self._there()]

    def _there(self) -> list[tuple[str, ClusterBackend]]:
        done = [(name, self._tasks[name]) for name in self._makers if name in self._tasks]
        return [
            (name, task.result())
            for name, task in done
            if task.done() and not task.cancelled() and task.exception() is None
        ]

    def begun_kind(self, name: str) -> ClusterBackend | None:
        """One of them, if it has begun."""
        task = self._tasks.get(name)
        there = task is not None and task.done() and not task.cancelled()
        return task.result() if task and there and task.exception() is None else None

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
            self._log.warning("hrlab: no %s clusters: %s", name, error, exc_info=trace)
        elif not task.cancelled() and (found := self._of(name, task.result())):
            self._changed([cluster.id for cluster in found])
        if name in self._missed and not task.cancelled():
            self._missed.discard(name)
            self._changed([])


def _reason(name: str, task: asyncio.Task[ClusterBackend]) -> str | None:
    if not task.done():
        return f"Clusters of kind {name} are still being looked for."
    if task.cancelled():
        return f"Clusters of kind {name} are no longer watched."
    error = task.exception()
    if error is None:
        return None
    if isinstance(error, HrlabError):
        return error.message
    if isinstance(error, ImportError):
        return f"Clusters of kind {name} need a package that is missing: {error.name or error}."
    return f"Clusters of kind {name} can't be watched. The server's log has the details."


def _blind(task: asyncio.Task[ClusterBackend]) -> str:
    kind = task.result()
    return kind.problem() if isinstance(kind, MayBeBlind) else ""
