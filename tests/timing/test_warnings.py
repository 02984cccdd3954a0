"""Each rule of advice, provoked by a run on a real cluster; and each of them switched off."""

from __future__ import annotations

import os
import signal
import time

import dask
import pytest
from distributed import Client, wait

from hrlab.model.advice_rules import findings
from hrlab.timing.samples import VARIABLE
from tests.timing.conftest import local_cluster, wait_until
from tests.timing.work import arrived, hold, identity, made, nap


@pytest.fixture(autouse=True)
def often(monkeypatch):
    monkeypatch.setenv(VARIABLE, "0.2")


def said(recorder, code):
    """The finding of that code, which is gone once its rule is switched off."""
    run = recorder.record
    assert code not in {one.code for one in findings(run, off={code})}
    found = {one.code: one for one in findings(run)}
    assert code in found, (sorted(found), run)
    assert found[code].evidence
    return found[code].text


def test_waiting_for_workers_that_are_busy(recorder, client, cluster):
    with Client(cluster) as other:
        busy = other.map(nap, [3.0] * 2, range(2), pure=False)
        wait_until(lambda: sum(len(w.processing) for w in cluster.scheduler.workers.values()) == 2)
        with recorder.block():
            client.submit(nap, 0.1, pure=False).result()
        wait(busy)
    assert "was spent waiting" in said(recorder, "waited-for-workers")


def test_waiting_for_tasks_that_were_left_over(recorder, client, cluster):
    busy = client.map(nap, [3.0] * 2, range(2), pure=False)
    wait_until(lambda: sum(len(w.processing) for w in cluster.scheduler.workers.values()) == 2)
    with recorder.block():
        client.submit(nap, 0.1, pure=False).result()
    wait(busy)
    assert "because the workers were busy with other tasks" in said(recorder, "waited-for-workers")


def test_first_execution_of_each_worker_is_not_called_skew(recorder, client):
    with recorder.block():
        client.gather(client.map(nap, [2.0] * 2 + [0.05] * 6, range(8), pure=False))
    assert "skew" not in {one.code for one in findings(recorder.record)}


def test_one_task_much_longer_than_the_others(recorder, client):
    with recorder.block():
        client.gather(client.map(nap, [0.1] * 6 + [2.0], range(7), pure=False))
    assert "The longest task of nap took 2" in said(recorder, "skew")


def test_data_that_travels_longer_than_it_is_computed_with(recorder, client, cluster):
    first, second = cluster.scheduler.workers
    with recorder.block():
        thing = client.submit(made, 1.2, workers=[first], pure=False)
        client.submit(arrived, thing, workers=[second], pure=False).result()
    assert "moving data between them" in said(recorder, "transfer-dominates")


def test_tasks_that_are_too_small(recorder, client):
    with recorder.block():
        begin, number = time.monotonic(), 0
        while time.monotonic() - begin < 1.3:
            number += 500
            client.gather(client.map(identity, range(500), pure=False))
    assert f"{number:,} tasks took" in said(recorder, "tiny-tasks")


def test_fewer_tasks_than_threads_need(recorder, client):
    with recorder.block():
        client.gather(client.map(nap, [1.2] * 2, range(2), pure=False))
    assert "2 tasks for 2 threads" in said(recorder, "few-tasks")


def test_time_outside_dask(recorder, client):
    with recorder.block():
        client.submit(nap, 0.1, pure=False).result()
        time.sleep(1.5)
    text = said(recorder, "serial-share")
    assert "any number of workers" in text


def test_nothing_is_said_of_a_run_that_used_its_threads_well(recorder, client):
    with recorder.block():
        client.gather(client.map(nap, [0.25] * 8, range(8), pure=False))
    assert findings(recorder.record) == ()


def test_worker_that_died(recorder):
    with local_cluster(n_workers=1) as made_here, Client(made_here) as client, recorder.block():
        task = client.submit(nap, 1.0, pure=False)
        wait_until(lambda: any(w.processing for w in made_here.scheduler.workers.values()))
        (ws,) = made_here.scheduler.workers.values()
        os.kill(ws.pid, signal.SIGKILL)
        task.result()
    assert "1 worker died while running tasks" in said(recorder, "workers-died")


MIB = 2**20


def a_row_tells(recorder, column, least):
    """Whether a row of what workers use has that much in a column."""
    rows = recorder.timing.active.watch.links[0].samples.rows
    return any((values[column] or 0) >= least for _, _, values in rows)


def test_workers_that_spill(recorder):
    with (
        dask.config.set({"distributed.worker.memory.terminate": False}),
        local_cluster(n_workers=1, memory_limit=400 * MIB) as made_here,
        Client(made_here) as client,
        recorder.block(),
    ):
        held = client.map(hold, [90 * MIB] * 4, pure=False)
        wait(held)
        wait_until(lambda: a_row_tells(recorder, 9, 1))
    assert "to disk: give them more memory" in said(recorder, "memory-spilled")


def test_worker_near_its_limit(recorder):
    kept = dict.fromkeys(("terminate", "pause", "spill", "target"), False)
    with (
        dask.config.set({f"distributed.worker.memory.{name}": no for name, no in kept.items()}),
        local_cluster(n_workers=1, memory_limit=400 * MIB) as made_here,
        Client(made_here) as client,
        recorder.block(),
    ):
        held = client.submit(hold, 330 * MIB, pure=False)
        wait(held)
        wait_until(lambda: a_row_tells(recorder, 6, 330 * MIB))
    assert "of its memory limit" in said(recorder, "memory-near-limit")
