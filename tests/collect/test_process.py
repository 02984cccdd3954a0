"""Processor time and memory of this process and its children, against what the system itself says."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from hrlab.collect import process as module
from hrlab.collect.process import ProcessSamples, ProcessTree
from tests.collect.conftest import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc")

#: Burns processor time until it is told to stop, and waits to be read before it ends.
BURN = """
import sys, time
while time.thread_time() < 0.5: pass
print(time.thread_time(), flush=True)
sys.stdin.read()
"""


def burn(seconds):
    begin = time.thread_time()
    while time.thread_time() - begin < seconds:
        pass


def test_own_processor_time_is_the_systems():
    tree = ProcessTree()
    before, clock = tree.read(), time.process_time()
    burn(0.3)
    spent = time.process_time() - clock
    assert tree.read().cpu_seconds - before.cpu_seconds == pytest.approx(spent, abs=0.05)


@pytest.fixture
def child():
    made = subprocess.Popen(
        [sys.executable, "-c", BURN], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    made.stdout.readline()
    yield made
    made.communicate()


def test_child_counts_with_its_parent_while_it_lives_and_afterwards(child):
    tree = ProcessTree()
    alive = tree.read()
    assert alive.processes >= 2
    child.communicate()
    assert tree.read().cpu_seconds >= alive.cpu_seconds


def test_worker_that_this_process_started_does_not_count(child, monkeypatch):
    with_child = ProcessTree().read()
    monkeypatch.setattr(module, "worker_pids", lambda: {child.pid})
    tree = ProcessTree()
    without = tree.read()
    assert without.processes == with_child.processes - 1
    assert with_child.cpu_seconds - without.cpu_seconds > 0.4
    child.communicate()
    monkeypatch.setattr(module, "worker_pids", set)
    assert tree.read().cpu_seconds - without.cpu_seconds < 0.3  # though it was waited for


def test_system_without_proc_tells_processor_time_only(tmp_path):
    usage = ProcessTree(tmp_path).read()
    assert usage.cpu_seconds == pytest.approx(sum(os.times()[:4]), abs=0.1)
    assert usage.memory_bytes is None


def test_samples_are_rates_between_two_looks():
    samples = ProcessSamples()
    samples.take(0)
    burn(0.2)
    samples.take(2_000_000_000)  # as if two seconds had passed
    ((start, stop, (cores, memory, processes)),) = samples.rows
    assert (start, stop) == (0.0, 2.0)
    assert 0.05 < cores < 0.5
    assert memory <= samples.memory_peak
    assert processes >= 1


def test_workers_of_a_local_cluster_are_known(cluster):
    wait_until(lambda: len(cluster.scheduler.workers) == 2)
    assert {ws.pid for ws in cluster.scheduler.workers.values()} <= module.worker_pids()
