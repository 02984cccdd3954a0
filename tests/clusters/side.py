"""The server's side of clusters for tests, on an event loop of its own; and what processes a test has started."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from hrlab.clusters.backend import Plan
from hrlab.clusters.process.backend import ProcessClusters
from hrlab.model.options import Option
from hrlab.model.profile import Profile

#: In the environment of every process that a test starts, and of those that they start.
MARK = "HRLAB_TEST_MARK"

LOCAL = {
    "class": "distributed.LocalCluster",
    "arguments": {"threads_per_worker": 1, "memory_limit": "400MB"},
}
WORKERS = Option(type="integer", default=2)


def profile(template=LOCAL, **more):
    more = {"name": "test", "options": {"workers": WORKERS}, "start_timeout_seconds": 60.0, **more}
    return Profile(kind="process", template=template, **more)


def plan(cluster_id="test-1", of=None, python=sys.executable, **options):
    return Plan(
        id=cluster_id,
        name=cluster_id,
        profile=of or profile(),
        options=options or {"workers": 1},
        owner="alice",
        created_at=time.time(),
        python=python,
        kernel="python3",
    )


class Side:
    """A kind of cluster whose methods are called from a test, and wait."""

    def __init__(self, kind):
        self.kind = kind
        self.told = []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self(self.kind.start(self.told.extend))

    def __call__(self, coroutine, seconds=60):
        """Wait for a coroutine of the kind."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(seconds)

    def stop(self):
        if self.thread.is_alive():
            self(self.kind.stop())
            self(self.loop.shutdown_default_executor())
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join()
            self.loop.close()

    def create(self, *args, **kwargs):
        return self(self.kind.create(plan(*args, **kwargs)))

    def close(self, cluster_id="test-1"):
        self(self.kind.close(cluster_id))
        self.until(lambda: self.get(cluster_id) is None, f"{cluster_id} is still there")

    def get(self, cluster_id="test-1"):
        return {one.id: one for one in self.kind.clusters()}.get(cluster_id)

    def wait(self, state, cluster_id="test-1", seconds=60):
        """The cluster, once it is in that state; a failure ends the wait."""
        self.until(lambda: self.get(cluster_id).state in (state, "failed"), state, seconds)
        cluster = self.get(cluster_id)
        assert cluster.state == state, (cluster.reason, self(self.kind.logs(cluster_id)))
        return cluster

    def until(self, condition, what="it", seconds=60):
        deadline = time.monotonic() + seconds
        while not condition():
            failed = [one.reason for one in self.kind.clusters() if one.state == "failed"]
            late = time.monotonic() > deadline
            # Failures may come between the condition and this look: so the condition once more.
            if failed or late:
                assert condition(), (what, failed, self.kind.clusters())
            time.sleep(0.01)


def process_side(runtime):
    return Side(ProcessClusters(runtime, "alice"))


def marked(mark):
    """Processes whose environment has the mark: number and command line."""
    wanted, found = f"{MARK}={mark}".encode(), {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if wanted in (entry / "environ").read_bytes().split(b"\0"):
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found[int(entry.name)] = command.strip()
    return found
