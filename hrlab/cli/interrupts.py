"""Ctrl-C, and the signals by which hubs and batch systems end a program, as a wish to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from hrlab.headless.execute import Stop

#: SIGHUP: the terminal is gone.
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = 130


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Within, signals ask for an end; a second one urges."""
    stop, loop = Stop(), asyncio.get_running_loop()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.request)
    try:
        yield stop
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
