"""How a long command goes on: one line of a terminal, rewritten; in a log, a line for each thing that has ended.

Plain text: what is shown is one line, which is not worth a dependency of everybody's installation.
"""

from __future__ import annotations

import shutil
import sys
from typing import IO

CLEAR = "\r\x1b[K"
BAR_WIDTH = 20


class ProgressLine:
    """The line.

    Parameters
    ----------
    stream
        The standard error by default: the standard output is for what programs read.
    """

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stderr
        self._rewrites = self._stream.isatty()
        self._shown = False

    def now(self, text: str) -> None:
        """How it is at the moment; a log has no use for that."""
        if self._rewrites:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(CLEAR + (text if len(text) <= width else text[: width - 1] + "…"))
            self._stream.flush()
            self._shown = True

    def done(self, text: str) -> None:
        """What stays."""
        self.clear()
        self._stream.write(text + "\n")
        self._stream.flush()

    def clear(self) -> None:
        """Take away what does not stay."""
        if self._shown:
            self._stream.write(CLEAR)
            self._stream.flush()
            self._shown = False


def bar(done: float, whole: float) -> str:
    """How much is done, as ``[#####...............]``."""
    filled = 0 if whole <= 0 else min(BAR_WIDTH, int(BAR_WIDTH * done / whole))
    return f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}]"
