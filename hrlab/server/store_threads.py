"""The services in threads of their own, so that the disk never holds up the server's event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar

from hrlab.history.service import RunService
from hrlab.sizing.constraints import any_shape
from hrlab.sizing.service import ShapeOf
from hrlab.store.sqlite import RunStore

T = TypeVar("T")

#: One may wait for a kernel that writes while the other reads.
THREADS = 2


class ChangeListener(Protocol):
    """Who makes changes known."""

    def served(self, seq: int) -> None:
        """A list has been served that is complete up to change `seq`."""

    async def announce(self) -> None:
        """Something has changed."""


class Backend:
    """What handlers ask.

    Parameters
    ----------
    path
        The store.
    timeout_seconds
        How long a call waits for another process that is writing.
    max_record_bytes
        Largest body taken; 0 takes any.
    """

    def __init__(self, path: Path, *, timeout_seconds: float, max_record_bytes: int) -> None:
        self.max_record_bytes = max_record_bytes
        self.path = path
        self._timeout_seconds = timeout_seconds
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="hrlab-store")
        self._own = threading.local()
        self._stores: list[RunStore] = []
        #: Is told of changes that are made, and of lists that are served, through this backend.
        self.announcer: ChangeListener | None = None
        #: Told with the list of runs: what would not outlive the server; empty: nothing is known that would not.
        self.storage_warning = ""
        #: What may be asked for, for advice on sizes.
        self.shape_of: ShapeOf = any_shape

    async def run(self, work: Callable[[], T]) -> T:
        """What `work` returns, called in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def change(self, command: Callable[[RunService], T]) -> T:
        """Like :meth:`ask`, for what changes runs."""
        result = await self.query(command)
        if self.announcer is not None:
            await self.announcer.announce()
        return result

    def served(self, seq: int) -> None:
        """A list has been served that is complete up to change `seq`."""
        if self.announcer is not None:
            self.announcer.served(seq)

    async def query(self, question: Callable[[RunService], T]) -> T:
        """What `question` returns, called in a thread with that thread's service."""
        return await self.run(lambda: question(self._service()))

    def open_store(self) -> RunStore:
        """A store that is closed with this backend. The file is opened anew if that failed before."""
        store = RunStore.open(self.path, timeout_seconds=self._timeout_seconds)
        self._stores.append(store)
        return store

    async def close(self) -> None:
        """End the threads and close the store."""
        await asyncio.to_thread(self._threads.shutdown)
        for store in self._stores:
            store.close()

    def _service(self) -> RunService:
        service: RunService | None = getattr(self._own, "service", None)
        if service is None:
            service = self._own.service = RunService(self.open_store())
        return service


class OwnStore:
    """Asks a store of the asker's own, in one of the backend's threads; it is opened when first asked.

    For those who look again and again: SQLite counts versions of the data as one connection sees them.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._store: RunStore | None = None

    def __call__(self, question: Callable[[RunStore], T]) -> Awaitable[T]:
        """The answer; raises :class:`hrlab.model.errors.StoreError` if the store can't be used."""
        return self._backend.run(lambda: question(self._opened()))

    def _opened(self) -> RunStore:
        if self._store is None:
            self._store = self._backend.open_store()
        return self._store
