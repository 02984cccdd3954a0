"""A real Jupyter server, killed with ``kill -9`` at any moment while runs are handed to it."""

from __future__ import annotations

import http.client
import itertools
import json
import random
import threading
from contextlib import closing, suppress

import pytest

from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore
from tests.server.process import TOKEN, Server
from tests.store.integrity import KILLS, check_whole, pages
from tests.store.making import run, run_id


def put_until_it_dies(client: http.client.HTTPConnection, first: int, kept: list[int]) -> None:
    """Hand runs over, one after the other; `kept` gets those that the server took."""
    headers = {"Authorization": f"token {TOKEN}"}
    with closing(client), suppress(OSError, http.client.HTTPException):
        for number in itertools.count(first):
            body = json.dumps(run(number, note="x" * 500).to_dict())
            client.request("PUT", f"/hrlab/api/runs/{run_id(number)}", body, headers)
            with client.getresponse() as response:
                response.read()
            assert response.status == 201
            kept.append(number)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_server_killed_at_any_of_50_instants_loses_no_run(store_of_the_test, tmp_path):
    instants = random.Random(11)
    kept: list[int] = []
    for kill in range(KILLS):
        server = Server(tmp_path)
        client = server.connected()
        timer = threading.Timer(instants.uniform(0, 0.3), server.process.kill)
        timer.start()
        put_until_it_dies(client, kill * 100_000, kept)
        timer.join()
        server.wait()
    store = RunStore.open(store_of_the_test)
    assert {run_id(number) for number in kept} <= {summary.id for summary in pages(store)}
    assert len(kept) <= store.page(RunQuery(status="ok")).total <= len(kept) + KILLS
    assert len(kept) > KILLS
    store.close()
    check_whole(store_of_the_test)
