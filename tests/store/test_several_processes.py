"""Several processes on one store, forks, threads, and ``kill -9`` at any moment."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading

import pytest

from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore
from tests.store.integrity import KILLS, check_whole, pages
from tests.store.making import begun, run, run_id


def writer(path, first: int, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.store.writer", str(path), str(first), str(count)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_kernels_that_begin_a_store_together_lose_nothing(store_of_the_test):
    kernels = [writer(store_of_the_test, first, 25) for first in range(0, 100, 25)]
    for kernel in kernels:
        said = kernel.communicate()[0].split()
        assert kernel.returncode == 0
        assert len(said) == 26
    store = RunStore.open(store_of_the_test)
    assert store.page().total == 100
    assert store.page(RunQuery(status="ok")).total == 100
    assert store.seq() == 200
    store.close()
    check_whole(store_of_the_test)


@pytest.mark.slow
def test_kernel_killed_at_any_of_50_instants_loses_no_run(store_of_the_test):
    instants = random.Random(7)
    kept: set[int] = set()
    store = RunStore.open(store_of_the_test)
    for kill in range(KILLS):
        with writer(store_of_the_test, kill * 100_000, 100_000) as kernel:
            assert kernel.stdout.readline() == "ready\n"
            timer = threading.Timer(instants.uniform(0, 0.1), kernel.kill)
            timer.start()
            kept.update(int(line) for line in kernel.stdout if line.endswith("\n"))
            timer.join()
        store.mark_interrupted()
        found = {summary.id for summary in pages(store)}
        assert {run_id(number) for number in kept} <= found
    assert store.page(RunQuery(status="running")).total == 0
    interrupted = store.page(RunQuery(status="interrupted")).total
    ended = store.page(RunQuery(status="ok")).total
    # A kernel may die between keeping its last run and saying so.
    assert len(kept) <= ended <= len(kept) + KILLS
    assert interrupted <= KILLS
    store.close()
    check_whole(store_of_the_test)


def test_threads_share_a_store(store):
    failures = []

    def write(first):
        try:
            for number in range(first, first + 50):
                store.start(begun(number))
                store.beat(run_id(number), 1.0)
                store.page()
                store.finish(run(number))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(first,)) for first in range(0, 200, 50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert store.page(RunQuery(status="ok")).total == 200


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_forked_child_writes_by_its_own_connection_even_while_the_parent_holds_the_lock(
    store, store_of_the_test
):
    store.finish(run(1))
    held, release = threading.Event(), threading.Event()

    def hold():
        with store._connection.reading():
            held.set()
            release.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    child = os.fork()
    if child == 0:
        store.finish(run(2))
        store.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    release.set()
    holder.join()
    store.finish(run(3))
    assert store.page().total == 3
    store.close()
    check_whole(store_of_the_test)


def test_interrupted_call_leaves_no_transaction_open(store):
    def interrupted():
        with store._connection.writing() as raw:
            raw.execute("DELETE FROM sequence")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    store.finish(run())
    assert store.seq() == 1


def test_other_connections_see_that_data_changed_and_own_changes_do_not_count(open_store):
    mine, other = open_store(), open_store()
    before = mine.data_version()
    mine.finish(run(1))
    assert mine.data_version() == before
    other.finish(run(2))
    assert mine.data_version() != before
