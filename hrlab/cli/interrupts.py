"""Turns Ctrl-C and the signals of hubs and batch systems into a request to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from hrlab.headless.execute import Stop

#: SIGHUP: the terminal was closed.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = 130


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Request a stop on the first signal inside the block, and an immediate one on the second."""
    stop, loop = Stop(), asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.request)
    try:
        yield stop
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
