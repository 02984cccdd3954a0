"""What the kernel itself sees of a run's Dask work, and the links to the schedulers it uses.

Times are the kernel's monotonic nanoseconds.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from hrlab.timing.clock import monotonic
from hrlab.timing.dask.intervals import IntervalRecorder
from hrlab.timing.dask.scheduler_client import SchedulerClient
from hrlab.timing.loop_thread import Background

#: How long a graph may wait for the plugin to be in place; it usually is before the first graph is built.
PLUGIN_SECONDS = 1.0
SAMPLE_SECONDS = 0.01


class Submission:
    """A graph that leaves: how to tag it, and what is said when the call that hands it over ends."""

    __slots__ = ("_ended", "_link", "_number", "_watch", "tag")

    def __init__(self, watch: DaskWatch, link: SchedulerClient, at: int) -> None:
        self._watch = watch
        self._link = link
        self._number, self._ended = link.outgoing.leave(at)
        self.tag = f"{watch.run_id}:{self._number}"

    def left(self, client: Any, futures: Iterable[Any] | None) -> None:
        """The call ended; `futures` (by key) is what it returned, None if it raised."""
        self._ended()
        if isinstance(futures, dict):
            self._link.outgoing.remember(self._number, futures.values())
            if self._link.refusal is not None:
                self._watch.follow(client, futures)


class DaskWatch:
    """Told by the doors what passes them while one run is on.

    Parameters
    ----------
    run_id
        Whose work it is.
    background
        Called when there is first need of hrlab's own thread; returns it.

    Attributes
    ----------
    links
        One for each scheduler, in the order in which they were met.
    calling
        Time during which methods of actors were executed, as far as the kernel knows.
    following
        Time during which futures were pending on schedulers that took no plugin.
    waited
        Longest time for which a graph was held back until the plugin was in place, in nanoseconds.
    """

    def __init__(self, run_id: str, background: Callable[[], Background]) -> None:
        self.run_id = run_id
        self.links: list[SchedulerClient] = []
        self.calling = IntervalRecorder()
        self.following = IntervalRecorder()
        self.waited = 0
        self._background = background
        self._lock = threading.Lock()
        self._by_client: dict[str, SchedulerClient] = {}
        self._pending: deque[tuple[Any, Any]] = deque()

    # -- told by the doors -----------------------------------------------------------------------------------------

    def graph_leaves(self, client: Any) -> Submission:
        """A graph is about to leave: make sure the plugin is there, note the time, number the graph."""
        at = monotonic()
        link = self._link(client)
        # Else this thread may be the one that the scheduler runs on.
        if not client.asynchronous and not link.ready.is_set():
            link.wait_until_ready(PLUGIN_SECONDS)
            self.waited = max(self.waited, monotonic() - at)
        return Submission(self, link, at)

    def fetch_begins(self, client: Any) -> Callable[[], None]:
        """Results are asked for."""
        return self._link(client).fetching.start()

    def call_begins(self) -> Callable[[], None]:
        """An actor's method was called."""
        return self.calling.start()

    def client_started(self, client: Any) -> None:
        """A client has connected: have the plugin in place before its first graph."""
        if client.status == "running":
            self._link(client)

    # -- told by the run -------------------------------------------------------------------------------------------

    def start(self, clients: Iterable[Any]) -> None:
        """Clients that are connected when the run begins."""
        by_address: dict[str, list[Any]] = {}
        for client in clients:
            by_address.setdefault(client.scheduler.address, []).append(client)
        for several in by_address.values():
            link = self._link(several[0], [client.id for client in several])
            link.here_before = True

    def finish(self) -> None:
        """Fetch the last reports, of all schedulers at once. Work that is still unfinished stays so in them."""
        begun = [(link, link.finish()) for link in list(self.links)]
        for link, last in begun:
            link.finished(last)

    def pending(self) -> int:
        """Followed futures that are not done."""
        return sum(_is_pending(*item) for item in tuple(self._pending))

    def follow(self, client: Any, keys: Iterable[Any]) -> None:
        """Without a plugin: futures that the user holds tell when work is done, though not when it was executed."""
        with self._lock:
            first = not self._pending
            self._pending.extend((client, key) for key in keys)
        if first:
            self._background().spawn(self._follow(self.following.start()))

    # -- inside ----------------------------------------------------------------------------------------------------

    def _link(self, client: Any, owners: list[str] | None = None) -> SchedulerClient:
        link = self._by_client.get(client.id)
        if link is None:
            with self._lock:
                link = self._by_client[client.id] = self._link_to(client, owners or [client.id])
        link.learn_from(client)
        return link

    def _link_to(self, client: Any, owners: list[str]) -> SchedulerClient:
        address = client.scheduler.address
        link = next((one for one in self.links if one.address == address and not one.is_lost), None)
        if link is None:
            link = SchedulerClient(self._background(), self.run_id, address, client.connection_args)
            self.links.append(link)
            link.start(owners)
        return link

    async def _follow(self, ended: Callable[[], None]) -> None:
        """Wait until none is pending; whoever is done at the head of the queue is not looked at again."""
        try:
            while self._pending:
                await asyncio.sleep(SAMPLE_SECONDS)
                with self._lock:
                    while self._pending and not _is_pending(*self._pending[0]):
                        self._pending.popleft()
        finally:
            ended()


def _is_pending(client: Any, key: Any) -> bool:
    state = client.futures.get(key)
    return state is not None and state.status == "pending"
