"""Calls into third-party classes, which may raise anything. Part of the cluster host."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

LONGEST_REASON = 500


class Failed(Exception):  # noqa: N818 - an end, and its reason
    """The cluster cannot continue; the text gives the reason."""


def because(error: BaseException | None) -> str:
    """Format an error for the panel: short, without the command lines that dask-jobqueue puts before its cause."""
    if error is None:
        return ""
    while error.__cause__ is not None and not isinstance(error, Failed):
        error = (
            error.__cause__
        )  # distributed wraps "no such protocol" in "the cluster failed to start", twice
    before, _, text = str(error).rpartition("stderr:\n")
    text = text.strip() or str(error).strip()
    plain = before or isinstance(error, Failed)
    return (text if plain else f"{type(error).__name__}: {text}")[:LONGEST_REASON]


async def outcome(awaitable: Any) -> Any:
    """Await `awaitable`; any exception becomes `Failed`, because any class may be behind it."""
    task = asyncio.ensure_future(awaitable)
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        task.cancel()
        raise
    if task.cancelled():
        raise Failed("The operation was cancelled.")
    error = task.exception()
    if error is not None:
        raise Failed(because(error)) from error
    return task.result()


async def call(function: Any, *args: Any, **kwargs: Any) -> Any:
    """Call a method that is a coroutine in some classes and a function in others."""
    result = function(*args, **kwargs)
    return await result if inspect.isawaitable(result) else result
