"""A scheduler in a process of its own."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

#: Starts a scheduler and a worker in one process, where hrlab can't be imported.
PROCESS = """
import asyncio, sys, time
sys.path.insert(0, {root!r})
sys.modules["hrlab"] = None
{before}
import dask, distributed
dask.config.set({{"distributed.scheduler.pickle": {pickle}}})
from distributed import Scheduler, Worker

async def main():
    async with Scheduler(host="127.0.0.1", port=0, dashboard=False) as scheduler:
        async with Worker(scheduler.address, nthreads=1, host="127.0.0.1") as worker:
            {inside}
            print(scheduler.address, flush=True)
            await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)

asyncio.run(main())
"""


@contextlib.contextmanager
def scheduler(before="", inside="pass", pickle=True):
    root = str(Path(__file__).parents[3])
    code = PROCESS.format(root=root, pickle=pickle, before=before, inside=inside)
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd="/",
    )
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("tcp://127.0.0.1"), "the scheduler did not start"
        process.address = address
        yield process
    finally:
        with contextlib.suppress(BrokenPipeError, subprocess.TimeoutExpired):
            process.communicate("\n", timeout=10)
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()
