"""Time at which an exception reached IPython.

Rendering its traceback takes tens of milliseconds, which must not count as run time.
"""

from __future__ import annotations

import sys
from typing import Any

from hrlab.timing import clock


class TracebackTime:
    """Records when the shell is about to show an exception, while a timed cell runs.

    The user's traceback is unaffected: it is created before the shell shows it.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._ours: Any = None
        self._before: Any = None
        self._error: BaseException | None = None
        self._at = 0

    def start(self) -> None:
        """Start recording."""
        self.end()
        show = self._shell.showtraceback
        self._before = vars(self._shell).get("showtraceback")

        def showtraceback(*args: Any, **kwargs: Any) -> Any:
            self._error, self._at = sys.exc_info()[1], clock.monotonic()
            return show(*args, **kwargs)

        self._ours = showtraceback
        self._shell.showtraceback = showtraceback

    def end(self) -> None:
        """Stop recording, unless another tool has since wrapped the shell's method."""
        if self._ours is not None and vars(self._shell).get("showtraceback") is self._ours:
            del self._shell.showtraceback
            if self._before is not None:
                self._shell.showtraceback = self._before
        self._ours = self._error = None

    def at(self, error: BaseException | None) -> int | None:
        """Return when `error` reached the shell, on the monotonic clock; None if it did not."""
        return self._at if error is not None and error is self._error else None
