"""Announces changes of runs as Jupyter events, while there are listeners."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from logging import Logger
from pathlib import Path
from typing import Any, Protocol, TypeVar

from hrlab.model.errors import StoreError
from hrlab.server.store_threads import Backend, OwnStore
from hrlab.store.reading import Changes
from hrlab.store.sqlite import RunStore

T = TypeVar("T")

SCHEMA_ID = "https://schema.hrlab.org/changed"
SCHEMA_PATH = Path(__file__).parent / "changed.yaml"

#: Maximum number of ids in one event.
MAX_IDS = 500
#: Number of polls between checks for runs whose process has died.
LOOKS_BETWEEN_MARKS = 10


class Emit(Protocol):
    """Sends an event to the listeners; see ``jupyter_events.EventLogger.emit``."""

    def __call__(self, *, schema_id: str, data: dict[str, Any]) -> object:
        """Send `data`, which must conform to the schema."""


class Announcer:
    """Watches the store for changes by other processes and announces each change once.

    Parameters
    ----------
    backend
        Provides threads and the store.
    emit
        Sends an event; called on the event loop.
    interval_seconds
        Polling interval.
    log
        Logs once when the store becomes unreadable.
    clock
        Returns seconds since 1970 (UTC).
    """

    def __init__(
        self,
        backend: Backend,
        emit: Emit,
        *,
        interval_seconds: float,
        log: Logger,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._own_store = OwnStore(backend)
        self._emit = emit
        self._interval_seconds = interval_seconds
        self._log = log
        self._clock = clock
        self._announced: int | None = None
        self._seen: int | None = None
        self._looks = 0
        self._failing = False
        self._one_at_a_time = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    @property
    def watching(self) -> bool:
        """Whether the store is being watched."""
        return self._task is not None

    def start(self) -> None:
        """Start watching; needs a running event loop."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._watch())

    def stop(self) -> None:
        """Stop watching."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def served(self, seq: int) -> None:
        """Note that a client has seen the changes up to `seq`; only later ones will be announced."""
        if self._announced is None:
            self._announced = seq

    async def announce(self) -> None:
        """Announce the changes since the last announcement, if there are listeners."""
        if not self.watching:
            return
        async with self._one_at_a_time:
            after = self._announced
            changes = await self._request(lambda store: _changes(store, after))
            if changes is not None:
                self._announced = changes.seq
                if changes.seq != after and after is not None:
                    self._send(changes)

    async def poll(self) -> None:
        """Poll the store once."""
        if self._announced is None:
            await self.announce()  # later changes will be announced
        if self._looks % LOOKS_BETWEEN_MARKS == 0:
            marked = await self._request(RunStore.mark_interrupted)
            self._seen = None if marked else self._seen
        self._looks += 1
        seen = await self._request(RunStore.data_version)
        if seen != self._seen or seen is None:
            self._seen = seen
            await self.announce()

    async def _watch(self) -> None:
        while True:
            await self.poll()
            await asyncio.sleep(self._interval_seconds)

    async def _request(self, question: Callable[[RunStore], T]) -> T | None:
        """Query the store in a thread; returns None if it is unavailable."""
        try:
            answer = await self._own_store(question)
        except StoreError as error:
            if not self._failing:
                self._log.warning(
                    "hrlab cannot read its store; run lists will not update: %s", error
                )
            self._failing = True
            return None
        self._failing = False
        return answer

    def _send(self, changes: Changes) -> None:
        for first in range(0, len(changes.ids) or 1, MAX_IDS):
            data = {
                "seq": changes.seq,
                "at": self._clock(),
                "topic": "runs",
                "ids": list(changes.ids[first : first + MAX_IDS]),
            }
            self._emit(schema_id=SCHEMA_ID, data=data)


def _changes(store: RunStore, after: int | None) -> Changes:
    seq = store.seq()
    if after is None:
        return Changes(seq, ())
    # Numbering restarts if the file was replaced.
    return store.changes(after if seq >= after else 0)
