"""(j) With 20 clusters: how long their list takes, and how soon a browser hears of a change."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles

from benchmarks.cluster_start import asked
from benchmarks.row import Row
from benchmarks.server_start import TOKEN, Server

CLUSTERS = 20
REPEATS = 200
#: What creating a cluster may take to be answered; a list must not take longer.
BUDGET_MILLISECONDS = 200.0


def measure(*, quick: bool = False) -> list[Row]:
    from distributed import LocalCluster

    with (
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster,
        tempfile.TemporaryDirectory() as directory,
        _server(Path(directory), cluster) as environ,
    ):
        return asyncio.run(_measured(environ, 20 if quick else REPEATS))


@contextmanager
def _server(home: Path, cluster) -> Iterator[dict[str, str]]:
    """A server with one profile: the address of a scheduler that is there."""
    url = cluster.dashboard_link.rpartition("/status")[0]
    template = {"address": cluster.scheduler_address, "dashboard": url}
    profiles = {"there": {"kind": "address", "template": template}}
    file = home / "profiles.yaml"
    file.write_text(json.dumps({"profiles": profiles}))  # which is YAML, too
    traits = {"profiles_file": str(file)}
    with Server(home, {"HRLAB_STORE": str(home / "runs.sqlite")}, traits=traits) as server:
        yield {**server.environ, "JPY_PARENT_PID": str(server.pid)}


async def _measured(environ: dict[str, str], repeats: int) -> list[Row]:
    for _ in range(CLUSTERS):
        await _ask(environ, "POST", "clusters", {"profile": "there"})
    while any(one["state"] == "starting" for one in await _listed(environ)):
        await asyncio.sleep(0.1)
    listing = []
    for _ in range(repeats):
        start = time.perf_counter()
        found = await _listed(environ)
        listing.append(1e3 * (time.perf_counter() - start))
        assert len(found) == CLUSTERS
    hearing = await _hearing(environ, max(10, repeats // 4))
    return [
        Row(f"list of {CLUSTERS} clusters, median", median(listing), "ms", BUDGET_MILLISECONDS),
        Row("95 % of lists are there within", quantiles(listing, n=20)[-1], "ms"),
        Row(
            "from a request for a cluster until its event is there, median",
            median(hearing),
            "ms",
            note="changes are gathered for 0.25 s",
        ),
        Row("95 % of events are there within", quantiles(hearing, n=20)[-1], "ms"),
    ]


async def _hearing(environ: dict[str, str], repeats: int) -> list[float]:
    """Milliseconds from the moment when a change is asked for until the browser's socket has its event."""
    from tornado.httpclient import HTTPRequest
    from tornado.websocket import websocket_connect

    file = Path(environ["JUPYTER_RUNTIME_DIR"], f"jpserver-{environ['JPY_PARENT_PID']}.json")
    url = json.loads(file.read_text())["url"].replace("http", "ws", 1)
    headers = {"Authorization": f"token {TOKEN}"}
    socket = await websocket_connect(HTTPRequest(f"{url}api/events/subscribe", headers=headers))
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        made = await _ask(environ, "POST", "clusters", {"profile": "there"})
        while made["id"] not in json.loads(str(await socket.read_message())).get("ids", ()):
            pass
        found.append(1e3 * (time.perf_counter() - start))
        await _ask(environ, "DELETE", f"clusters/{made['id']}")
    socket.close()
    return found


async def _listed(environ: dict[str, str]) -> list[dict]:
    found = await _ask(environ, "GET", "clusters")
    return found["clusters"]


async def _ask(environ: dict[str, str], method: str, path: str, body: object = None):
    return await asyncio.to_thread(asked, environ, method, path, body)
