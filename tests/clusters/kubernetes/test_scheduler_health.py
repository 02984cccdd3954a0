"""Schedulers that answer oddly are asked again, and say what is wrong meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from hrlab.clusters.kubernetes import scheduler_health
from hrlab.clusters.kubernetes.scheduler_health import Health, Place, Probes

ODD = {
    "list": b"[]",
    "empty": b"{}",
    "null": b"null",
    "text": b'"x"',
    "deep": b"[" * 5000,
    "object": b'{"workers": {}, "cores": 1}',
    "infinite": b'{"workers": 1e999, "cores": 1}',
}


async def answers_to(said: list[bytes]) -> list[Health]:
    """What a probe makes of a scheduler that gives one of these answers after the other."""
    now = [b""]

    async def answer(reader, writer):
        if await reader.read(100):
            writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + now[0])
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    asked = asyncio.Event()
    probes, found = Probes(asked.set), []
    for now[0] in said:
        asked.clear()
        probes.poll("zee", Place("127.0.0.1", port, port), 0.0)
        await asyncio.wait_for(asked.wait(), 30)
        found.append(probes.health("zee"))
    probes.discard(["zee"])
    server.close()
    return found


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_odd_answer_is_said_and_the_scheduler_is_asked_again(odd):
    bad, good = asyncio.run(answers_to([odd, b'{"workers": 0, "cores": 0}']))
    assert bad.problem == "what answers there is no Dask scheduler"
    assert (good.problem, good.workers) == ("", 0)


def test_a_scheduler_whose_question_broke_is_asked_again(monkeypatch):
    """Whatever a question ends with: else its cluster would keep its last state for ever."""
    questions = []

    async def broken(place, before):
        questions.append(place)
        raise MemoryError

    async def look_twice():
        probes, place = Probes(lambda: None), Place("127.0.0.1", 1, 1)
        for asked in (1, 2):
            probes.poll("zee", place, 0.0)
            task = probes._probes["zee"].task
            assert task is not None
            await asyncio.wait({task})
            assert isinstance(task.exception(), MemoryError)
            assert len(questions) == asked

    monkeypatch.setattr(scheduler_health, "request", broken)
    asyncio.run(look_twice())
