"""Progress of a long command: a rewritten line in a terminal, or one line for each completed step in a log.

Plain text: a single line does not justify another dependency.
"""

from __future__ import annotations

import shutil
import sys
from typing import IO

CLEAR = "\r\x1b[K"
BAR_WIDTH = 20


class ProgressLine:
    """A progress line.

    Parameters
    ----------
    stream
        Standard error by default: standard output is reserved for data.
    """

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stderr
        self._rewrites = self._stream.isatty()
        self._shown = False

    def now(self, text: str) -> None:
        """Replace the current line by `text`; does nothing unless the stream is a terminal."""
        if self._rewrites:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(CLEAR + (text if len(text) <= width else text[: width - 1] + "…"))
            self._stream.flush()
            self._shown = True

    def done(self, text: str) -> None:
        """Print a permanent line."""
        self.clear()
        self._stream.write(text + "\n")
        self._stream.flush()

    def clear(self) -> None:
        """Erase the current line."""
        if self._shown:
            self._stream.write(CLEAR)
            self._stream.flush()
            self._shown = False


def bar(done: float, whole: float) -> str:
    """Return a progress bar like ``[#####...............]``."""
    filled = 0 if whole <= 0 else min(BAR_WIDTH, int(BAR_WIDTH * done / whole))
    return f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}]"
