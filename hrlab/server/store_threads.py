"""Runs the services in threads, so that disk access never blocks the server's event loop."""

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

#: One may wait for a writing kernel while the other reads.
THREADS = 2


class ChangeListener(Protocol):
    """Announces changes."""

    def served(self, seq: int) -> None:
        """Note that a list complete up to change `seq` has been served."""

    async def announce(self) -> None:
        """Announce that something has changed."""


class Backend:
    """Access to the services for handlers.

    Parameters
    ----------
    path
        Path of the store.
    timeout_seconds
        How long a call waits for another process to finish writing.
    max_record_bytes
        Maximum size of a request body; 0 for no limit.
    """

    def __init__(self, path: Path, *, timeout_seconds: float, max_record_bytes: int) -> None:
        self.max_record_bytes = max_record_bytes
        self.path = path
        self._timeout_seconds = timeout_seconds
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="hrlab-store")
        self._own = threading.local()
        self._stores: list[RunStore] = []
        #: Notified of changes made, and of lists served, through this backend.
        self.announcer: ChangeListener | None = None
        #: Sent with the list of runs: data that would not survive the server; empty if none is known.
        self.storage_warning = ""
        #: Returns the available shapes for size recommendations.
        self.shape_of: ShapeOf = any_shape

    async def run(self, work: Callable[[], T]) -> T:
        """Call `work` in a thread and return its result."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def change(self, command: Callable[[RunService], T]) -> T:
        """Like :meth:`query`, for operations that change runs."""
        result = await self.query(command)
        if self.announcer is not None:
            await self.announcer.announce()
        return result

    def served(self, seq: int) -> None:
        """Note that a list complete up to change `seq` has been served."""
        if self.announcer is not None:
            self.announcer.served(seq)

    async def query(self, question: Callable[[RunService], T]) -> T:
        """Call `question` in a thread with that thread's service and return its result."""
        return await self.run(lambda: question(self._service()))

    def open_store(self) -> RunStore:
        """Return a store that is closed with this backend, retrying an open that failed before."""
        store = RunStore.open(self.path, timeout_seconds=self._timeout_seconds)
        self._stores.append(store)
        return store

    async def close(self) -> None:
        """Stop the threads and close the store."""
        await asyncio.to_thread(self._threads.shutdown)
        for store in self._stores:
            store.close()

    def _service(self) -> RunService:
        service: RunService | None = getattr(self._own, "service", None)
        if service is None:
            service = self._own.service = RunService(self.open_store())
        return service


class OwnStore:
    """A separate store, opened on first use in one of the backend's threads.

    For periodic pollers: SQLite counts data versions as seen by one connection.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._store: RunStore | None = None

    def __call__(self, question: Callable[[RunStore], T]) -> Awaitable[T]:
        """Return the result of `question`; raises :class:`hrlab.model.errors.StoreError` if the store is unavailable."""
        return self._backend.run(lambda: question(self._opened()))

    def _opened(self) -> RunStore:
        if self._store is None:
            self._store = self._backend.open_store()
        return self._store
