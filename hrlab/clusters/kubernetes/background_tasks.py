"""Background tasks for API calls: each runs at most once at a time, with a minimum interval."""

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
    """Runs tasks by name; a failure is logged, and the task may be started again."""

    def __init__(self, changed: Callable[[], None], log: logging.Logger) -> None:
        self._changed = changed
        self._log = log
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._begun_at: dict[str, float] = {}

    def run(self, name: str, work: Callable[[], Work], *, again: float = AGAIN_SECONDS) -> None:
        """Start the task, unless it is running or was started less than `again` seconds ago."""
        now = time.monotonic()
        if name in self._tasks or now - self._begun_at.get(name, float("-inf")) < again:
            return
        self._begun_at[name] = now
        self._tasks[name] = asyncio.create_task(self._go(name, work()))

    async def wait_for(self, prefix: str) -> None:
        """Wait for tasks whose names start with the prefix."""
        found = [task for name, task in self._tasks.items() if name.startswith(prefix)]
        await asyncio.gather(*found, return_exceptions=True)

    def discard(self, prefix: str) -> None:
        """Allow tasks whose names start with the prefix to run immediately."""
        for name in [name for name in self._begun_at if name.startswith(prefix)]:
            del self._begun_at[name]

    async def stop(self) -> None:
        """Cancel all tasks."""
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
