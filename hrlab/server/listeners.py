"""Detects, without polling, whether a server event has listeners."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any


class Audience(set[Any]):
    """The listeners of one event schema; calls back when the first one arrives and the last one leaves.

    Jupyter's event logger keeps a set of listeners for each schema without reporting changes, so this set replaces it
    before
    the schema is registered.
    """

    def __init__(self, on_first: Callable[[], None], on_last: Callable[[], None]) -> None:
        super().__init__()
        self._on_first = on_first
        self._on_last = on_last

    def add(self, listener: Hashable) -> None:
        """Add a listener."""
        alone = not self
        super().add(listener)
        if alone:
            self._on_first()

    def discard(self, listener: Hashable) -> None:
        """Remove a listener if present."""
        was_there = listener in self
        super().discard(listener)
        if was_there and not self:
            self._on_last()


def attend(event_logger: Any, schema_id: str, audience: Audience) -> bool:
    """Install `audience` as the listeners of `schema_id`; return False if the event logger does not support it."""
    listeners = getattr(event_logger, "_modified_listeners", None)
    if not isinstance(listeners, dict):
        return False
    for listener in listeners.get(schema_id, ()):
        audience.add(listener)
    listeners[schema_id] = audience
    return True
