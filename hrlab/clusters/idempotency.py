"""Two identical clicks make two clusters; two requests with the same key make one."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from hrlab.model.errors import ConflictError

T = TypeVar("T")

#: How long a key is remembered, and how many of them.
KEPT_SECONDS = 24 * 3600.0
MAX_KEYS = 1000


@dataclass(frozen=True, slots=True)
class _Answered(Generic[T]):
    asked: object
    answer: asyncio.Task[T]
    at: float


class Idempotency(Generic[T]):
    """Remembers what was answered to a key, also while the answer is still being made.

    Parameters
    ----------
    clock
        Seconds, monotonic.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._answered: dict[str, _Answered[T]] = {}

    async def once(self, key: str | None, asked: object, make: Callable[[], Awaitable[T]]) -> T:
        """What `make` gives, or gave to the first who came with `key`; a failure is not remembered.

        Raises
        ------
        ConflictError
            If the key came with another request before.
        """
        if key is None:
            return await make()
        self._discard()
        known = self._answered.get(key)
        if known is None:
            task = asyncio.ensure_future(_made(make))
            known = self._answered[key] = _Answered(asked, task, self._clock())
            task.add_done_callback(lambda task: self._done(key, task))
        if known.asked != asked:
            raise ConflictError(
                "The idempotency_key came with another request before. Send each request with a "
                "key of its own.",
                refusals=[],
            )
        # Who gives up waiting does not stop it for the others, nor half-way.
        return await asyncio.shield(known.answer)

    def _done(self, key: str, task: asyncio.Task[T]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._answered.pop(key, None)

    def _discard(self) -> None:
        old = self._clock() - KEPT_SECONDS
        many = len(self._answered) - MAX_KEYS
        for i, (key, known) in enumerate(list(self._answered.items())):
            if known.answer.done() and (known.at < old or i <= many):
                del self._answered[key]


async def _made(make: Callable[[], Awaitable[T]]) -> T:
    return await make()
