"""An error in hrlab's own hooks never reaches the user's call: it becomes a warning of the record.

This is the one place beside the front tables that catches everything.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger("hrlab")

#: Called with the text of what failed; the recorder of the moment listens.
_listeners: list[Callable[[str], None]] = []


def listen(listener: Callable[[str], None]) -> Callable[[], None]:
    """Tell `listener` of every guarded failure until the returned function is called."""
    _listeners.append(listener)
    return lambda: _listeners.remove(listener)


def never_raises(function: Callable[P, R]) -> Callable[P, R | None]:
    """`function` as a hook: what it raises is logged and told to the listeners, and None is returned."""

    @functools.wraps(function)
    def hook(*args: P.args, **kwargs: P.kwargs) -> R | None:
        return attempt(function, *args, **kwargs)

    return hook


def attempt(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
    """Call `function` as a hook, once: what :func:`guarded` does, without making a wrapper."""
    try:
        return function(*args, **kwargs)
    except Exception as error:  # noqa: BLE001 - the one place that catches everything, see above
        report(getattr(function, "__qualname__", repr(function)), error)
        return None


def report(where: str, error: BaseException) -> None:
    """Log a failure of hrlab's own and tell the listeners."""
    log.debug("hrlab's hook %s failed", where, exc_info=error)
    for listener in tuple(_listeners):
        listener(f"{where}: {type(error).__name__}: {error}")


def shielded(function: Callable[P, R]) -> Callable[P, R | None]:
    """Like `guarded`, and an impatient Ctrl-C only ends this one step: the run is kept all the same."""

    def step(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return never_raises(function)(*args, **kwargs)
        except KeyboardInterrupt as error:
            report(getattr(function, "__qualname__", "hrlab"), error)
            return None

    return step
