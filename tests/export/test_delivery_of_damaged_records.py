"""One record that cannot be read or written is refused, and the delivery goes on."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace

import pytest

from hrlab.export.delivery_cursor import load, position_path
from hrlab.export.influx_delivery import Delivery
from hrlab.export.influx_target import Target
from hrlab.shared.http_post import PostAnswer
from hrlab.store.sqlite import RunStore
from tests.store.making import golden, run

TARGET = Target(url="http://127.0.0.1:1", version="v1", database="hrlab", tags={})


@pytest.fixture
def store(store_of_the_test):
    made = RunStore.open()
    yield made
    made.close()


@pytest.fixture
def sent():
    return []


@pytest.fixture
def delivery(store, sent):
    async def ask(question):
        return await asyncio.to_thread(question, store)

    async def post(request):
        sent.append(request)
        return PostAnswer(204, "")

    return Delivery(
        TARGET,
        store.path,
        ask=ask,
        post=post,
        secrets=(),
        interval_seconds=0.01,
        log=logging.getLogger("tests.services"),
    )


async def delivered(delivery, store):
    """The state once nothing waits, with the task that works in a server."""
    delivery.start()
    try:
        while (state := await delivery.state())["waiting"] or delivery.position is None:
            assert not delivery._task.done(), delivery._task.exception()
            await asyncio.sleep(0.01)
        return state
    finally:
        delivery.stop()


def written(store, run_id, text):
    """As a fault, or another program, left the record."""
    with store._connection.writing() as raw:
        raw.execute("UPDATE facts SET record = ? WHERE run_id = ?", (text, run_id))


DEEP = '{"a": ' * 5000 + "1" + "}" * 5000


@pytest.mark.parametrize(
    "text", ["{", DEEP, "[1]", '"x"', "null", '{"id": 1}'], ids=lambda text: text[:10]
)
async def test_a_record_that_cannot_be_read_is_refused_and_the_others_are_delivered(
    delivery, store, sent, text
):
    await delivery.step()
    good, odd, later = run(1), run(2), run(3)
    for one in (good, odd, later):
        store.save(one)
    written(store, odd.id, text)
    state = await delivered(delivery, store)
    assert (state["refused"], state["delivered"]) == (1, 2)
    (refusal,) = state["refusals"]
    assert refusal["run"] == odd.id
    assert refusal["message"]


async def test_a_text_that_is_no_unicode_is_refused_or_delivered(delivery, store, sent):
    await delivery.step()
    odd = replace(golden(), name="half \ud800")
    store.save(odd, json.loads(json.dumps(odd.to_dict())))
    store.save(run(3))
    state = await delivered(delivery, store)
    assert state["refused"] + state["delivered"] == 2


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"seq": 1e999, "delivered": 0, "refused": 0}', "damaged"]
)
def test_a_position_that_cannot_be_read_is_the_beginning(tmp_path, text):
    path = position_path(tmp_path / "runs.sqlite")
    path.write_text(text, encoding="utf-8")
    assert load(path).seq == 0
