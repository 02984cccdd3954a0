"""What a test may do to the API server, under ``/_test/``."""

from __future__ import annotations

import asyncio
import collections
import time
from typing import Any

from aiohttp import web

from tests.kube.bed.access import Asked
from tests.kube.bed.failure import ApiError, missing_page
from tests.kube.bed.store import Store


class Faults:
    """Refusals and delays that were asked for, and a time during which nobody is answered."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._faults: list[dict[str, Any]] = []
        self._away_until = 0.0
        self.requests: collections.deque[tuple[Any, ...]] = collections.deque(maxlen=20000)

    @property
    def is_away(self) -> bool:
        """Whether connections are to be broken off."""
        return time.monotonic() < self._away_until

    async def meet(self, user: str, asked: Asked) -> None:
        """Refuse or delay a request if a test wants that."""
        for fault in self._faults:
            said = {"verb": asked.verb, "resource": asked.plural, "name": asked.name, "user": user}
            if fault.get("times", 1) > 0 and all(
                fault.get(key) in (None, value) for key, value in said.items()
            ):
                fault["times"] = fault.get("times", 1) - 1
                await asyncio.sleep(fault.get("delay", 0))
                if fault.get("code"):
                    reason = fault.get("reason", "InternalError")
                    raise ApiError(fault["code"], reason, "injected by the test")

    async def command(self, request: web.Request, what: str) -> web.Response:
        """Obey a test."""
        if what == "faults":
            self._faults = await request.json()
        elif what == "away":
            self._away_until = time.monotonic() + (await request.json())["seconds"]
            self._drop_watches()
        elif what == "drop-watches":
            self._drop_watches()
        elif what == "compact":
            self._store.history.clear()
            self._store.history = collections.deque(maxlen=1)
        elif what == "requests":
            return web.json_response(list(self.requests))
        else:
            raise missing_page()
        return web.json_response({})

    def _drop_watches(self) -> None:
        """End every watch: what a restart of the API server looks like to clients."""
        for queues in self._store.watchers.values():
            for queue in queues:
                queue.put_nowait(None)
