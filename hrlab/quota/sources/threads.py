"""Run blocking calls that may never return: a dead network disk, a command that hangs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from subprocess import SubprocessError
from typing import TypeVar

from hrlab.model.errors import HrlabError

T = TypeVar("T")

#: Exceptions that file access and commands may raise.
FAILURES = (OSError, ValueError, SubprocessError, HrlabError)


async def in_own_thread(work: Callable[[], T]) -> T:
    """Call `work` in a daemon thread that is not joined at exit; return its result or raise its exception.

    The event loop's default pool has few threads and joins them at exit, so one that hangs would block it.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def fail(error: Exception) -> None:
        if not answer.done():  # else the caller has stopped waiting
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

    # Not named like the threads that must end with the server: this one may outlive it, on purpose.
    threading.Thread(target=run, daemon=True, name="look-at-quota").start()
    return await answer


def _notify(loop: asyncio.AbstractEventLoop, act: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(act)
    except RuntimeError:  # the loop is closed: the server has stopped
        return
