"""hrlab's own thread with an event loop, alive while a run is on.

A loop of our own, because the user's may be blocked by the user's cell, and because a client's may end with the client.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class Background:
    """A daemon thread that runs coroutines; start it, give it work, stop it."""

    def __init__(self, name: str = "hrlab") -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def spawn(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Run `work` on the thread; the future tells its result."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call(self, work: Coroutine[Any, Any, T], timeout_seconds: float) -> T:
        """Run `work` on the thread and wait for it.

        Raises
        ------
        TimeoutError
            After `timeout_seconds`; the work is cancelled.
        """
        future = self.spawn(work)
        try:
            return future.result(timeout_seconds)
        except concurrent.futures.TimeoutError as error:
            future.cancel()
            raise TimeoutError(f"no answer within {timeout_seconds} s") from error

    def stop(self, *last: Coroutine[Any, Any, None], timeout_seconds: float = 2.0) -> None:
        """Cancel what still runs, do the `last` work, end the thread and wait for it."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._wind_up(last), self._loop)
            self._thread.join(timeout_seconds)
        if not self._thread.is_alive() and not self._loop.is_closed():
            self._loop.close()

    async def _wind_up(self, last: tuple[Coroutine[Any, Any, None], ...]) -> None:
        try:
            await self._cancel_all()
            await asyncio.wait_for(asyncio.gather(*last, return_exceptions=True), 1.0)
            await self._cancel_all()  # what the last work left
        finally:
            self._loop.call_soon(self._loop.stop)

    async def _cancel_all(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=1.0)
