"""Whether anybody listens to an event of the server, without asking again and again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any


class Audience(set[Any]):
    """The listeners of one event schema; calls when the first comes and when the last has gone.

    Jupyter's event logger keeps a set of listeners for each schema and tells nobody when it
    changes, so this set takes that one's place, before the schema is registered.
    """

    def __init__(self, on_first: Callable[[], None], on_last: Callable[[], None]) -> None:
        super().__init__()
        self._on_first = on_first
        self._on_last = on_last

    def add(self, listener: Hashable) -> None:
        """Take a listener in."""
        alone = not self
        super().add(listener)
        if alone:
            self._on_first()

    def discard(self, listener: Hashable) -> None:
        """Let a listener go, if it is there."""
        was_there = listener in self
        super().discard(listener)
        if was_there and not self:
            self._on_last()


def attend(event_logger: Any, schema_id: str, audience: Audience) -> bool:
    """Have `audience` hold the listeners of `schema_id`; False if this event logger has no such place."""
    listeners = getattr(event_logger, "_modified_listeners", None)
    if not isinstance(listeners, dict):
        return False
    for listener in listeners.get(schema_id, ()):
        audience.add(listener)
    listeners[schema_id] = audience
    return True
