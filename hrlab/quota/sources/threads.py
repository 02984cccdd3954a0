"""Waiting for what may never answer: a dead network disk, a command that hangs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from subprocess import SubprocessError
from typing import TypeVar

from hrlab.model.errors import HrlabError

T = TypeVar("T")

#: What looking at files and asking commands may raise.
FAILURES = (OSError, ValueError, SubprocessError, HrlabError)


async def in_own_thread(work: Callable[[], T]) -> T:
    """What `work` returns or raises, called in a thread that nobody waits for when the server stops.

    The threads of the event loop's own pool are few and joined at exit: one that hangs would hold up everything else.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def fail(error: Exception) -> None:
        if not answer.done():  # else nobody waits any more
            answer.set_exception(error)

    def give(found: T) -> None:
        if not answer.done():
            answer.set_result(found)

    def run() -> None:
        try:
            found = work()
        except FAILURES as error:
            _notify(loop, partial(fail, error))
        else:
            _notify(loop, partial(give, found))

    # Not named as what has to be gone when the server stops: it may outlive it, by intention.
    threading.Thread(target=run, daemon=True, name="look-at-quota").start()
    return await answer


def _notify(loop: asyncio.AbstractEventLoop, act: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(act)
    except RuntimeError:  # the loop is closed: the server has stopped meanwhile
        return
