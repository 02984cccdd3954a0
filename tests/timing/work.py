"""What the tests' workers and schedulers do. It needs no hrlab, and imports nothing of the tests."""

from __future__ import annotations

import os
import sys
import time
import uuid
from pathlib import Path


def nap(seconds=0.05, *_, value=None):
    """Take time, but no processor."""
    time.sleep(seconds)
    return value


def wait_for_file(path, *_):
    """Take a thread until the file exists."""
    while not Path(path).exists():
        time.sleep(0.01)


def fail(seconds=0.05, *_):
    """Fail after a while."""
    time.sleep(seconds)
    raise ZeroDivisionError("on purpose")


def identity(x):
    return x


def fail_once(path):
    """Fail at the first attempt."""
    time.sleep(0.05)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return "second"
    raise RuntimeError("first")


def submit_within(tasks, seconds=0.05, file=None):
    """Submit tasks from a task, with `worker_client`, which secedes; they wait for the file, if any."""
    from distributed import worker_client

    with worker_client() as client:
        do, what = (nap, seconds) if file is None else (wait_for_file, file)
        made = [client.submit(do, what, i, key=f"nap-{uuid.uuid4()}") for i in range(tasks)]
        return client.gather(made)


def submit_and_hold(tasks, seconds=0.05):
    """Submit tasks from a task, with `get_client`, without seceding."""
    from distributed import get_client

    client = get_client()
    for i in range(tasks):
        future = client.submit(nap, seconds, i, pure=False)
        del future
    return tasks


def dask_mapper(seconds=0.02, *_):
    """Named like ROOT's tasks."""
    time.sleep(seconds)


class Counter:
    """An actor."""

    def __init__(self):
        self.n = 0

    def increment(self, seconds=0.2):
        time.sleep(seconds)
        self.n += 1
        return self.n


def has_hrlab():
    try:
        import hrlab
    except ImportError:
        return False
    return hrlab is not None


def modules_of_hrlab():
    return sorted(name for name in sys.modules if "hrlab" in name)


def step(seconds):
    """Runs on a scheduler whose clocks look at `time.shift`."""
    time.shift += seconds


def burn(seconds, *_):
    """Keep a core busy."""
    begin = time.thread_time()
    while time.thread_time() - begin < seconds:
        pass


def hold(size):
    """A result of that many bytes."""
    return b"x" * size


class Reluctant:
    """Takes its time to travel."""

    def __init__(self, seconds):
        self.seconds = seconds

    def __reduce__(self):
        time.sleep(self.seconds)
        return Reluctant, (self.seconds,)


def made(seconds):
    return Reluctant(seconds)


def arrived(thing):
    return thing is not None
