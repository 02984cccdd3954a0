"""A real Jupyter server, killed with ``kill -9`` at any moment while runs are handed to it."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import random
import subprocess
import sys
import threading
from contextlib import closing, suppress

import pytest

from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore
from tests.store.making import run, run_id
from tests.store.test_several_processes import KILLS, check_whole, pages

TOKEN = "of-the-test"
#: Others would only make each of the starts slower.
EXTENSIONS = {
    **dict.fromkeys(["dask_labextension", "jupyter_lsp", "jupyter_server_proxy"], False),
    **dict.fromkeys(["jupyter_server_terminals", "jupyterlab", "notebook", "notebook_shim"], False),
    "hrlab": True,
}


class Server:
    """A Jupyter server process."""

    def __init__(self, home, **traits):
        directories = {f"JUPYTER_{name}_DIR": str(home) for name in ("CONFIG", "DATA", "RUNTIME")}
        config = {"ServerApp": {"jpserver_extensions": EXTENSIONS, "allow_root": True}}
        config["ServerApp"] |= {"ip": "127.0.0.1", "port": 0}
        config["IdentityProvider"] = {"token": TOKEN}
        config["HRLab"] = traits
        (home / "jupyter_server_config.json").write_text(json.dumps(config))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", "--no-browser"],
            env={**os.environ, **directories},
            cwd=home,
            stderr=subprocess.PIPE,
            text=True,
        )
        said = next(line for line in self.process.stderr if "http://127.0.0.1:" in line)
        self.port = int(said.split("http://127.0.0.1:")[1].split("/")[0])
        # Its log must go on being read, or the server waits for a reader.
        self._reader = threading.Thread(target=self.process.stderr.read)
        self._reader.start()

    def connected(self) -> http.client.HTTPConnection:
        client = http.client.HTTPConnection("127.0.0.1", self.port)
        while True:  # it names the port before it listens
            with suppress(ConnectionRefusedError):
                client.connect()
                return client

    def wait(self):
        self.process.wait()
        self._reader.join()
        self.process.stderr.close()


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
