"""Announces changes of clusters as Jupyter events, at a limited rate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

from hrlab.server.run_events import MAX_IDS, SCHEMA_ID, Emit

#: Changes within this time in seconds form one event: a starting cluster reports each pod.
TOGETHER_SECONDS = 0.25


class ClusterAnnouncer:
    """Collects the ids of changed clusters and announces them.

    Parameters
    ----------
    emit
        Sends an event; called on the event loop.
    topic
        Kind of object that changes, such as ``quotas``.
    clock
        Returns seconds since 1970 (UTC).
    """

    def __init__(
        self, emit: Emit, *, topic: str = "clusters", clock: Callable[[], float] = time.time
    ) -> None:
        self._emit = emit
        self._topic = topic
        self._clock = clock
        self._ids: dict[str, None] = {}
        self._all = False
        self._seq = 0
        self._timer: asyncio.TimerHandle | None = None
        self._sent_at = 0.0

    def changed(self, ids: Iterable[str]) -> None:
        """Announce changed clusters, all without ids; the first one after a quiet period is announced at once."""
        new = dict.fromkeys(ids)
        self._all = self._all or not new
        self._ids.update(new)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            wait = max(0.0, self._sent_at + TOGETHER_SECONDS - loop.time())
            self._timer = loop.call_later(wait, self._send)

    def stop(self) -> None:
        """Cancel pending announcements."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _send(self) -> None:
        self._timer = None
        self._sent_at = asyncio.get_running_loop().time()
        ids = [] if self._all else list(self._ids)
        self._ids, self._all = {}, False
        self._seq += 1
        for first in range(0, len(ids) or 1, MAX_IDS):
            data = {
                "seq": self._seq,
                "at": self._clock(),
                "topic": self._topic,
                "ids": ids[first : first + MAX_IDS],
            }
            self._emit(schema_id=SCHEMA_ID, data=data)
