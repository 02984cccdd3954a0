"""A server extension that notes how long the event loop was held, for `event_loop`."""

from __future__ import annotations

import asyncio
import json
import os
import time
from pathlib import Path

#: The file into which it writes a line for each time that the loop was held, and from what on.
FILE = "HRLAB_BENCH_LOOP"
NOTED_SECONDS = 0.003
EVERY_SECONDS = 0.001


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "benchmarks.loop_watch"}]


def _load_jupyter_server_extension(app) -> None:
    app.io_loop.add_callback(_watch, Path(os.environ[FILE]))


async def _watch(path: Path) -> None:
    """Lines ``[at, seconds by the clock, seconds of a core]``; `at` is `time.perf_counter`, one for the whole machine."""
    with path.open("a", buffering=1) as file:
        while True:
            clock, core = time.perf_counter(), time.thread_time()
            await asyncio.sleep(EVERY_SECONDS)
            held = time.thread_time() - core
            late = time.perf_counter() - clock - EVERY_SECONDS
            if max(held, late) > NOTED_SECONDS:
                file.write(f"{json.dumps([clock, late, held])}\n")
