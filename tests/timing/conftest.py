"""Real clusters on loopback, runs whose books are checked after every test, and a look at what is left behind."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path

import pytest

from hrlab.model.run import Run, check
from hrlab.timing import clock
from hrlab.timing.contexts import Block
from hrlab.timing.dask.client_hooks import doors
from hrlab.timing.journal import Journal
from hrlab.timing.request import Request
from hrlab.timing.session import Timing


class MemoryStore:
    """A store that forgets."""

    def __init__(self):
        self.runs = {}

    def start(self, run):
        self.runs[run.id] = run

    def beat(self, run_id, elapsed_seconds):
        pass

    def finish(self, run):
        self.runs[run.id] = run

    def usual_seconds(self, code_sha256):
        return None

    def latest(self):
        return None

    def page(self, query):
        raise NotImplementedError

    def close(self):
        pass


class Stopwatch:
    """A hand-placed clock: when each lap began and ended, in seconds from `zero`, a monotonic instant."""

    def __init__(self, zero=None):
        self.zero = clock.monotonic() if zero is None else zero
        self.laps = []

    @property
    def now(self):
        return (clock.monotonic() - self.zero) / 1e9

    @contextlib.contextmanager
    def lap(self):
        start = self.now
        yield
        self.laps.append((start, self.now))

    @property
    def seconds(self):
        return sum(stop - start for start, stop in self.laps)


class Recorder:
    """Times blocks, each a run of its own, and keeps their records."""

    def __init__(self):
        self.timing = Timing(Journal(MemoryStore, print))
        self.records: list[Run] = []
        self.links = []

    @contextlib.contextmanager
    def block(self, name="test"):
        with Block(self.timing, Request(name=name)) as block:
            active = self.timing.active
            yield Stopwatch(active.time.spans[0].start)  # on the run's own time axis
        self.links += active.watch.links
        self.records.append(block.record)

    @property
    def record(self):
        """The last record."""
        return self.records[-1]

    @property
    def codes(self):
        """Codes of the last record's warnings."""
        return {warning.code for warning in self.record.warnings}


def pytest_configure(config):
    # Clients whose scheduler was killed leave sockets to the garbage collector; hrlab's are looked at below.
    line = "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
    config.addinivalue_line("filterwarnings", line)


@pytest.fixture
def recorder():
    made = Recorder()
    yield made
    if made.timing.active is not None:
        made.timing.stop("interrupted")
    for run in [*made.records, made.timing.last]:
        if run is not None:
            check(run)
            check(Run.from_dict(run.to_dict()))
    for link in made.links:
        assert not link.open_connections


@pytest.fixture(autouse=True)
def nothing_is_left():
    """No watcher, thread, plugin or handler of hrlab survives a test."""
    before = set(threading.enumerate())
    yield
    assert doors.watcher is None
    new = set(threading.enumerate()) - before
    assert not [thread for thread in new if thread.name.startswith("hrlab")]
    for scheduler in schedulers():
        assert not [name for name in scheduler.plugins if str(name).startswith("hrlab")]
        wait_until(lambda at=scheduler: not [n for n in at.handlers if n.startswith("hrlab")])


def exactness(run):
    """Seconds by which a scheduler's time may be off on the kernel's clock, as the record itself says."""
    clocks = [one.clock for one in run.clusters if one.clock is not None]
    return 1e-3 + max((one.uncertainty_seconds for one in clocks), default=0.0)


def check_loops(run, watch, *least):
    """Each loop lies within its lap and is at least as long as its tasks take, however slow the machine is."""
    off = exactness(run)
    assert len(run.loops) == len(watch.laps) == len(least), (run.loops, watch.laps)
    for loop, (start, stop), seconds in zip(run.loops, watch.laps, least, strict=True):
        assert start - off <= loop.start_seconds
        assert loop.stop_seconds <= stop + off
        assert loop.stop_seconds - loop.start_seconds >= seconds - off


def check_within(run, watch, least=0.0):
    """All dask time lies within the only lap, and is at least that long.

    On a busy machine the test's own thread may pause between two results; that is no dask time.
    """
    ((start, stop),), off = watch.laps, exactness(run)
    assert start - off <= run.loops[0].start_seconds
    assert run.loops[-1].stop_seconds <= stop + off
    assert run.phases.dask_seconds >= least - off


def serious(run):
    """Warnings of a record but for those that tell of a busy machine."""
    harmless = {"recorder-waited", "clock-uncertain"}
    return [warning for warning in run.warnings if warning.code not in harmless]


def schedulers():
    """Schedulers that live in this process, as those of a `LocalCluster` do."""
    from distributed import Scheduler

    return [one for one in tuple(Scheduler._instances) if one.status.name == "running"]


@contextlib.contextmanager
def local_cluster(**how):
    from distributed import LocalCluster

    how = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", **how}
    with LocalCluster(host="127.0.0.1" if how.get("processes", True) else None, **how) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def cluster():
    """Two workers with one thread each, shared by the tests of a file."""
    with local_cluster() as made:
        yield made


@pytest.fixture
def client(cluster):
    from distributed import Client

    with Client(cluster) as made:
        yield made
        made.cancel(list(made.futures))
    wait_until(lambda: not cluster.scheduler.tasks)


def wait_until(condition, seconds=60.0):
    """Wait for something that another process does, long enough for any machine."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


@pytest.fixture
def scratch(tmp_path) -> Path:
    return tmp_path
