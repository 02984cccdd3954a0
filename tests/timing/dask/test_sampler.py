"""Rows of what workers use, from heartbeats as both versions of distributed tell them."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from hrlab.timing.dask.sampler import MAX_ROWS, QUANTITIES, Sampler, row_of

HEARD = 1_000_000.0  # epoch seconds of the last heartbeat


def worker(address="tcp://h1:1", host="h1", pid=1, limit=1000, threads=2, **metrics):
    return SimpleNamespace(
        address=address,
        host=host,
        pid=pid,
        memory_limit=limit,
        nthreads=threads,
        last_seen=HEARD,
        metrics=metrics,
    )


def monitor(cpu, memory, read=0.0, **others):
    """Metrics as a worker's monitor tells them."""
    return {
        "cpu": cpu,
        "memory": memory,
        "spilled_bytes": {"memory": 0, "disk": 7},
        "host_net_io": {"read_bps": read, "write_bps": 1.0},
        **others,
    }


def told(row, quantity):
    """Sum, least and most of one quantity."""
    first = 4 + 3 * QUANTITIES.index(quantity)
    return row[first : first + 3]


def test_row_sums_workers_and_keeps_the_least_and_the_most():
    workers = [
        worker("a", pid=1, **monitor(50.0, 300)),
        worker("b", pid=2, **monitor(150.0, 500)),
    ]
    row = row_of(3.0, workers)
    assert row[:4] == [3.0, 2, 4, 1]
    assert told(row, "cpu_cores") == [2.0, 0.5, 1.5]
    assert told(row, "memory_bytes") == [800, 300, 500]
    assert told(row, "spilled_bytes") == [14.0, 7.0, 7.0]


def test_counters_of_a_host_count_once_and_whoever_was_heard_last_tells_them():
    workers = [
        worker("a", "h1", 1, **monitor(0, 0, 100.0)),
        worker("b", "h1", 2, **monitor(0, 0, 200.0)),
        worker("c", "h2", 1, **monitor(0, 0, 1000.0)),
    ]
    workers[1].last_seen += 0.1
    row = row_of(0.0, workers)
    assert row[3] == 2
    assert told(row, "network_read_bytes_per_second") == [1200.0, 200.0, 1000.0]


def test_workers_that_share_a_process_count_once():
    workers = [worker(name, "h1", 42, **monitor(80.0, 600)) for name in "abc"]
    row = row_of(0.0, workers)
    assert told(row, "cpu_cores") == [0.8, 0.8, 0.8]
    assert told(row, "memory_bytes")[0] == 600


def test_what_nobody_tells_is_none_and_not_zero():
    row = row_of(0.0, [worker(**monitor(0, 0))])
    assert told(row, "disk_read_bytes_per_second") == [None] * 3
    assert told(row, "io_wait_cores") == [None] * 3
    waiting = row_of(0.0, [worker(**monitor(0, 0, host_cpu={"iowait": 0.5}))])
    assert told(waiting, "io_wait_cores") == [0.5] * 3
    assert told(row_of(0.0, []), "cpu_cores") == [None] * 3


def sampling(workers, act, every=60.0):
    async def main():
        sampler = Sampler(every)
        scheduler = SimpleNamespace(
            workers={w.address: w for w in workers}, status=SimpleNamespace(name="running")
        )
        sampler.start(scheduler, asyncio.get_running_loop())
        try:
            act(sampler, scheduler)
        finally:
            sampler.stop()
        return sampler

    return asyncio.run(main())


def test_rows_are_told_from_the_number_asked_for_and_no_further_back_than_they_are_kept():
    def act(sampler, _):
        for _ in range(MAX_ROWS + 9):
            sampler.take()

    sampler = sampling([worker(**monitor(0, 0))], act)
    assert sampler.taken == MAX_ROWS + 10
    assert len(sampler.since(0)["rows"]) == MAX_ROWS
    assert sampler.since(0)["first"] == 10
    assert len(sampler.since(sampler.taken - 3)["rows"]) == 3
    assert sampler.since(sampler.taken)["rows"] == []


def test_peaks_of_one_worker_and_the_one_nearest_to_its_limit_are_kept():
    small = worker("small", limit=1000, **monitor(0, 900))
    large = worker("large", pid=2, limit=10_000, **monitor(0, 5000))

    def act(sampler, _):
        small.metrics["memory"] = large.metrics["memory"] = 1
        sampler.take()

    sampler = sampling([small, large], act)
    assert sampler.memory_peak == 5000
    assert sampler.closest == [0.9, 900, 1000]


def test_scheduler_of_another_shape_ends_the_sampling_and_nothing_else():
    def act(sampler, scheduler):
        scheduler.workers["odd"] = SimpleNamespace(address="odd")
        sampler.take()
        sampler.last_word()

    sampler = sampling([worker(**monitor(0, 0))], act)
    assert sampler.since(0)["problem"].startswith("AttributeError")
    assert len(sampler.since(0)["rows"]) == 1


def test_no_sampling_if_it_is_switched_off():
    sampler = sampling([worker(**monitor(0, 0))], lambda s, _: s.last_word(), every=0)
    assert sampler.taken == 0


@pytest.mark.parametrize(
    ("why", "status", "tasks", "lost"),
    [
        ("handle-worker-cleanup-17.5", "running", {"a"}, 1),
        ("check-worker-ttl-17.5", "running", {"a"}, 1),
        ("handle-worker-cleanup-17.5", "running", set(), 0),
        ("handle-worker-cleanup-17.5", "closing", {"a"}, 0),
        ("retire-workers-17.5", "running", {"a"}, 0),
    ],
)
def test_worker_is_lost_if_its_connection_breaks_while_it_has_tasks(why, status, tasks, lost):
    def act(sampler, scheduler):
        scheduler.status.name = status
        scheduler.get_events = lambda _: ((1.0, {"processing-tasks": tasks}),)
        sampler.worker_went("tcp://w", why)

    assert sampling([], act).lost == lost
