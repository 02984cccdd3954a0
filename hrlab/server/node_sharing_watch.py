"""Periodically records which other workloads shared the nodes of ended runs."""

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
    """Watches ended runs; does nothing while no cluster backend can see neighbours.

    Parameters
    ----------
    backend
        Provides threads and the store, and announces changes.
    kinds
        Returns the started backends that can see neighbours.
    """

    def __init__(self, backend: Backend, kinds: Callable[[], Sequence[SeesNeighbours]]) -> None:
        self._backend = backend
        self._kinds = kinds
        self._seq: int | None = None
        self._ask = OwnStore(backend)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start watching; needs a running event loop."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._watch())

    def stop(self) -> None:
        """Stop watching."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def poll(self) -> None:
        """Check once; starts with the first backend that can see neighbours."""
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
            # Store errors are reported by other users of the store; the next check may succeed.
            with contextlib.suppress(StoreError):
                await self.poll()
            await asyncio.sleep(LOOK_SECONDS)
