"""The server completes records of runs that were not alone on their nodes."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from uuid import uuid4

from tests.render.runs import golden

RUN = golden()
ADDRESS = RUN.clusters[0].scheduler_address


async def test_a_run_that_ends_is_completed_by_what_the_clusters_kind_saw(
    ask, kernel, pretended, monkeypatch
):
    monkeypatch.setattr("hrlab.server.node_sharing_watch.LOOK_SECONDS", 0.05)
    asked = []

    def neighbours(address, started_at, ended_at):
        asked.append((address, started_at, ended_at - started_at))
        return 3

    pretended.neighbours = neighbours
    await ask("GET", "clusters")  # the kind begins, and with it what is seen
    deadline = time.monotonic() + 60
    while not asked:  # runs count from the first look on
        assert time.monotonic() < deadline
        run = replace(RUN, id=uuid4().hex)
        kernel.finish(run)
        await asyncio.sleep(0.2)
    while (record := (await ask("GET", f"runs/{run.id}")).json).get("other_pods") is None:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    assert (record["other_pods"], record["alone"]) == (3, RUN.alone)
    assert asked[0][:2] == (ADDRESS, RUN.started_at)
