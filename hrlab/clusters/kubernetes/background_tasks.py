"""Calls to the API that run beside everything else: each at most once at a time, and not again too soon."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from hrlab.clusters.kubernetes.api import ApiFailure

Work: TypeAlias = Coroutine[Any, Any, object]

#: Between two attempts of the same errand.
AGAIN_SECONDS = 3.0


class BackgroundTasks:
    """Runs errands by name; one that fails is logged, and may be asked for again."""

    def __init__(self, changed: Callable[[], None], log: logging.Logger) -> None:
        self._changed = changed
        self._log = log
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._begun_at: dict[str, float] = {}

    def run(self, name: str, work: Callable[[], Work], *, again: float = AGAIN_SECONDS) -> None:
        """Begin, unless it is running or was begun less than `again` seconds ago."""
        now = time.monotonic()
        if name in self._tasks or now - self._begun_at.get(name, float("-inf")) < again:
            return
        self._begun_at[name] = now
        self._tasks[name] = asyncio.create_task(self._go(name, work()))

    async def wait_for(self, prefix: str) -> None:
        """Wait for errands whose names begin so."""
        found = [task for name, task in self._tasks.items() if name.startswith(prefix)]
        await asyncio.gather(*found, return_exceptions=True)

    def discard(self, prefix: str) -> None:
        """Let errands whose names begin so be run at once again."""
        for name in [name for name in self._begun_at if name.startswith(prefix)]:
            del self._begun_at[name]

    async def stop(self) -> None:
        """Run nothing any more."""
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _go(self, name: str, work: Work) -> None:
        try:
            await work
        except ApiFailure as failure:
            self._log.info("hrlab: %s: %s", name, failure.message)
        finally:
            del self._tasks[name]
            self._changed()
