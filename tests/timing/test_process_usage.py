"""Processor time and memory of this process and its children, against what the system itself says."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from hrlab.timing import process_usage as module
from hrlab.timing.process_usage import ProcessSamples, ProcessTree, Usage, side_by_side
from tests.timing.conftest import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc")

#: Burns processor time until it is told to stop, and waits to be read before it ends.
BURN = """
import sys, time
while time.thread_time() < 0.5: pass
print(time.thread_time(), flush=True)
sys.stdin.read()
"""


#: What the system's counters may lag behind, in their own ticks: one at each look, of two counters.
TICKS = 4 / os.sysconf("SC_CLK_TCK")


def burn(seconds):
    begin = time.thread_time()
    while time.thread_time() - begin < seconds:
        pass


def test_own_processor_time_is_the_systems():
    tree = ProcessTree()
    most = time.process_time()
    before = tree.read().cpu_seconds
    least = time.process_time()
    burn(0.3)
    least = time.process_time() - least
    used = tree.read().cpu_seconds - before
    most = time.process_time() - most
    assert least - TICKS <= used <= most + TICKS


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
    began, with_child = time.process_time(), ProcessTree().read()
    monkeypatch.setattr(module, "worker_pids", lambda: {child.pid})
    tree = ProcessTree()
    without = tree.read()
    assert without.processes == with_child.processes - 1
    assert with_child.cpu_seconds - without.cpu_seconds > 0.4
    child.communicate()
    monkeypatch.setattr(module, "worker_pids", set)
    later = tree.read().cpu_seconds - without.cpu_seconds  # though it was waited for
    assert later <= time.process_time() - began + TICKS


def test_system_without_proc_tells_processor_time_only(tmp_path):
    before = sum(os.times()[:4])
    usage = ProcessTree(tmp_path).read()
    assert before - TICKS <= usage.cpu_seconds <= sum(os.times()[:4]) + TICKS
    assert usage.memory_bytes is None


def test_samples_are_rates_between_two_looks():
    samples, began = ProcessSamples(), time.process_time()
    samples.take(0)
    burn(0.2)
    samples.take(2_000_000_000)  # as if two seconds had passed
    most = time.process_time() - began
    ((start, stop, (cores, memory, processes)),) = samples.rows
    assert (start, stop) == (0.0, 2.0)
    assert 0.2 - TICKS <= 2 * cores <= most + TICKS
    assert memory <= samples.memory_peak
    assert processes >= 1


def test_workers_of_a_local_cluster_are_known(cluster):
    wait_until(lambda: len(cluster.scheduler.workers) == 2)
    assert {ws.pid for ws in cluster.scheduler.workers.values()} <= module.worker_pids()


def test_each_child_says_what_it_has_used_itself(child):
    with subprocess.Popen([sys.executable, "-c", BURN], stdin=-1, stdout=-1) as other:
        other.stdout.readline()
        by_child = ProcessTree().read().by_child
        other.communicate()
    assert {pid for pid, spent in by_child.items() if spent >= 0.5 - TICKS} >= {
        child.pid,
        other.pid,
    }


def used(**seconds):
    return Usage(sum(seconds.values()), None, 1 + len(seconds), seconds)


def test_children_that_work_at_the_same_time_are_counted():
    assert side_by_side(used(), used(a=0.9, b=0.9), 1.0) == 2
    # On a machine that is busy otherwise they get less, but both were there all the time.
    assert side_by_side(used(a=1.0, b=1.0), used(a=1.3, b=1.3), 1.0) == 2
    assert side_by_side(used(a=5.0, b=5.0), used(a=5.5, b=5.5, c=0.5, d=0.5), 1.0) == 4


def test_children_one_after_the_other_are_not_side_by_side():
    """As ``!xrdcp`` twice, or a shell with one busy child."""
    assert side_by_side(used(), used(a=0.5, b=0.5), 1.0) == 0
    assert side_by_side(used(), used(a=0.99, b=0.01), 1.0) == 0
    assert side_by_side(used(a=9.0, b=9.0), used(a=9.0, b=9.0), 1.0) == 0


class Told:
    """A process tree of which is told what it used, the last for ever."""

    def __init__(self, *usages):
        self.usages = list(usages)

    def read(self):
        return self.usages.pop(0) if len(self.usages) > 1 else self.usages[0]


def test_run_on_a_pool_of_processes_says_how_many(recorder):
    samples = ProcessSamples(Told(used(a=0.1, b=0.1), used(a=1.0, b=1.1)))
    samples.take(0)
    samples.take(10**9)
    with recorder.block():
        recorder.timing.active.process = samples
    run = recorder.record
    assert (run.approach, run.processes) == ("processes", 2)


def test_run_with_one_child_process_is_serial(recorder):
    with recorder.block():
        subprocess.run([sys.executable, "-c", BURN], input=b"", check=True, capture_output=True)
    assert (recorder.record.approach, recorder.record.processes) == ("serial", None)
