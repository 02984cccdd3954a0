"""Idempotency keys: requests with the same key create one cluster; those without create one each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from hrlab.model.errors import ConflictError

T = TypeVar("T")

#: How long a key is remembered, and how many at most.
KEPT_SECONDS = 24 * 3600.0
MAX_KEYS = 1000


@dataclass(frozen=True, slots=True)
class _Answered(Generic[T]):
    request: object
    answer: asyncio.Task[T]
    at: float


class Idempotency(Generic[T]):
    """Caches the result per key, including results still being computed.

    Parameters
    ----------
    clock
        Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._answered: dict[str, _Answered[T]] = {}

    async def once(self, key: str | None, request: object, make: Callable[[], Awaitable[T]]) -> T:
        """Return the result of `make`, or the earlier one for `key`; failures are not cached.

        Raises
        ------
        ConflictError
            If the key was used with a different request.
        """
        if key is None:
            return await make()
        self._discard()
        known = self._answered.get(key)
        if known is None:
            task = asyncio.ensure_future(_awaited(make))
            known = self._answered[key] = _Answered(request, task, self._clock())
            task.add_done_callback(lambda task: self._done(key, task))
        if known.request != request:
            raise ConflictError(
                "This idempotency_key was already used with a different request. Use a new key for "
                "each request.",
                refusals=[],
            )
        # A caller that stops waiting must not cancel the creation.
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


async def _awaited(make: Callable[[], Awaitable[T]]) -> T:
    return await make()
