"""Changes are announced to those who listen, and cost nothing while nobody does."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3

import pytest

from hrlab.server.run_events import MAX_IDS
from hrlab.store.process import Process, this_process
from tests.server.events import Listener
from tests.server.waiting import eventually
from tests.store.making import begun, golden, run


@pytest.fixture
def jp_server_config(jp_server_config):
    jp_server_config["HRLab"] = {"watch_interval_seconds": 0.05}
    return jp_server_config


@pytest.fixture
def announcer(jp_serverapp):
    return jp_serverapp.extension_manager.extension_points["hrlab"].app._announcer


@pytest.fixture
def listen(jp_ws_fetch):
    async def listen_():
        return Listener(await jp_ws_fetch("api", "events", "subscribe"))

    return listen_


async def test_nothing_runs_until_somebody_listens_and_after_the_last_has_gone(
    announcer, ask, listen
):
    assert not announcer.watching
    await ask("PUT", f"runs/{golden().id}", body=golden().to_dict())
    assert not announcer.watching
    assert announcer._own_store._store is None
    first, second = await listen(), await listen()
    await eventually(lambda: announcer.watching)
    await first.close()
    assert announcer.watching
    await second.close()
    await eventually(lambda: not announcer.watching)
    third = await listen()
    await eventually(lambda: announcer.watching)
    await third.close()


async def test_change_by_a_kernel_is_announced(ask, listen, kernel, announcer):
    listener = await listen()
    await eventually(lambda: announcer._announced is not None)
    kernel.start(begun(1))
    begin = await listener.next()
    kernel.finish(run(1))
    end = await listener.next()
    assert begin["ids"] == end["ids"] == [run(1).id]
    assert begin["topic"] == "runs"
    assert begin["seq"] < end["seq"]
    assert end["seq"] == (await ask("GET", "runs")).json["seq"]
    await listener.close()


async def test_changes_through_the_server_are_announced_at_once(ask, listen, announcer):
    announcer._interval_seconds = 3600
    listener = await listen()
    await eventually(lambda: announcer._announced is not None)
    path = f"runs/{golden().id}"
    seen = []
    for verb, body in (
        ("PUT", golden().to_dict()),
        ("PATCH", {"name": "x"}),
        ("DELETE", None),
        ("PATCH", {"deleted": False}),
    ):
        await ask(verb, path, body=body)
        event = await listener.next()
        assert event["ids"] == [golden().id]
        seen.append(event["seq"])
    assert seen == sorted(set(seen))
    await listener.close()


async def test_each_change_is_announced_once_and_heartbeats_never(listen, kernel, announcer, ask):
    listener = await listen()
    await eventually(lambda: announcer._announced is not None)
    kernel.start(begun(1))
    assert (await listener.next())["ids"] == [run(1).id]
    for second in range(5):
        kernel.beat(run(1).id, second)
        await asyncio.sleep(0.06)
    kernel.finish(run(2))
    assert (await listener.next())["ids"] == [run(2).id]
    await listener.close()


async def test_change_between_the_first_list_and_the_first_listener_is_announced(
    ask, listen, kernel
):
    await ask("GET", "runs")
    kernel.finish(run(1))
    listener = await listen()
    assert (await listener.next())["ids"] == [run(1).id]
    await listener.close()


async def test_change_while_nobody_listened_is_announced_to_who_comes_back(
    listen, kernel, announcer
):
    listener = await listen()
    await eventually(lambda: announcer._announced is not None)
    await listener.close()
    await eventually(lambda: not announcer.watching)
    kernel.finish(run(1))
    listener = await listen()
    assert (await listener.next())["ids"] == [run(1).id]
    await listener.close()


async def test_many_changes_come_in_several_events(listen, kernel, announcer):
    listener = await listen()
    await eventually(lambda: announcer._announced is not None)
    announcer.stop()
    for number in range(MAX_IDS + 1):
        kernel.finish(run(number))
    announcer.start()
    first, second = await listener.next(), await listener.next()
    assert (len(first["ids"]), len(second["ids"])) == (MAX_IDS, 1)
    assert first["seq"] == second["seq"]
    await listener.close()


async def test_run_whose_kernel_dies_is_announced_without_anybody_asking(
    listen, kernel, announcer, store_of_the_test
):
    kernel._process = lambda: Process(this_process().host, 2**22 + 1, "never")
    listener = await listen()
    # Only what comes after the first look is announced, and it is not the only one who marks dead runs.
    await eventually(lambda: announcer._announced is not None)
    kernel.start(begun())
    event = await listener.next()
    while status_in(store_of_the_test) != "interrupted":
        event = await listener.next()
    assert event["ids"] == [begun().id]
    await listener.close()


def status_in(file):
    """Of the one run there, by no reader that would mark it."""
    with contextlib.closing(sqlite3.connect(file)) as raw:
        return raw.execute("SELECT status FROM runs").fetchone()[0]


async def test_store_that_was_replaced_is_announced(listen, kernel, announcer, store_of_the_test):
    kernel.finish(run(1))
    kernel.finish(run(2))
    listener = await listen()
    await eventually(lambda: announcer._announced is not None)
    for file in store_of_the_test.parent.iterdir():
        file.unlink()
    kernel.finish(run(3))
    event = await listener.next()
    while event["ids"] != [run(3).id]:
        event = await listener.next()
    await listener.close()


async def test_store_that_cannot_be_watched_is_logged_once_and_watched_again(
    listen, kernel, announcer, store_of_the_test, caplog
):
    store_of_the_test.parent.mkdir(exist_ok=True)
    kernel.close()
    for file in store_of_the_test.parent.iterdir():
        file.unlink()
    store_of_the_test.write_bytes(b"not a database" * 100)
    listener = await listen()
    await eventually(lambda: announcer._failing)
    await asyncio.sleep(0.2)
    store_of_the_test.unlink()
    await eventually(lambda: announcer._announced is not None)
    kernel.finish(run(1))
    assert (await listener.next())["ids"] == [run(1).id]
    warned = [record for record in caplog.records if "cannot read its store" in record.getMessage()]
    assert len(warned) == 1
    await listener.close()
