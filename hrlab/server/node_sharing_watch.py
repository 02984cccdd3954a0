"""Looks from time to time for runs that have ended, and has noted who was on their nodes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from hrlab.clusters.backend import SeesNeighbours
from hrlab.hosts.node_sharing import news, record, seen
from hrlab.model.errors import StoreError
from hrlab.server.store_threads import Backend, OwnStore

LOOK_SECONDS = 5.0


class NeighbourWatch:
    """Runs while the server does, and asks nobody as long as no kind of cluster sees neighbours.

    Parameters
    ----------
    backend
        Gives threads, the store, and announces changes.
    kinds
        Kinds of clusters that see neighbours and have begun.
    """

    def __init__(self, backend: Backend, kinds: Callable[[], Sequence[SeesNeighbours]]) -> None:
        self._backend = backend
        self._kinds = kinds
        self._seq: int | None = None
        self._ask = OwnStore(backend)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin; needs a running event loop."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._watch())

    def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def poll(self) -> None:
        """Look once; from the first time on that somebody sees neighbours."""
        kinds = self._kinds()
        if not kinds:
            return
        found = await self._ask(lambda store: news(store, self._seq))
        counts = [(run.run_id, count) for run in found.runs if (count := seen(run, kinds))]
        if counts:
            await self._ask(record(counts))
            if self._backend.announcer is not None:
                await self._backend.announcer.announce()
        self._seq = found.seq

    async def _watch(self) -> None:
        while True:
            # Whoever else asks the store says so, and the next look may succeed.
            with contextlib.suppress(StoreError):
                await self.poll()
            await asyncio.sleep(LOOK_SECONDS)
