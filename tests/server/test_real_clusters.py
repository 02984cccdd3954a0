"""From the request to results on a real LocalCluster: over HTTP, through the proxy, from a real kernel."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

from hrlab.export import flat
from hrlab.export.line_protocol import lines
from hrlab.hosts.config import source_from
from hrlab.hosts.queries import variables
from hrlab.hosts.window import stretches, window_of
from hrlab.model.run import Run
from hrlab.server import setup_clusters
from tests.server.real_clusters import ready_cluster

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def pretended(monkeypatch, tmp_path):
    """The real kinds; their state is the test's own."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    # Threads of what it computes with, rather than this machine's: tests share it.
    monkeypatch.setattr(setup_clusters, "_machine", lambda: (2, 3 * 1024**3))


async def test_dashboard_is_reached_through_the_proxy_only(
    jp_serverapp, ask, jp_fetch, http_server_client, jp_base_url
):
    async with ready_cluster(ask) as ready:
        await check_dashboard(jp_serverapp, jp_fetch, http_server_client, jp_base_url, ready)


async def test_a_cluster_with_odd_files_takes_no_function_away(jp_serverapp, ask):
    directory = Path(jp_serverapp.runtime_dir) / "hrlab-clusters" / "odd-1"
    directory.mkdir(parents=True)
    (directory / "cluster.json").write_text('{"id": "odd-1", "each": "x"}')
    (directory / "status.json").write_text('{"steps": 5, "workers": [1], "process": 5}')
    answer = await ask("GET", "clusters")
    (odd,) = answer.json["clusters"]
    assert (odd["id"], odd["state"], answer.json["problems"]) == ("odd-1", "unreachable", [])
    assert (await ask("GET", "quotas")).status == 200
    tried = await ask("POST", "clusters", body={"profile": "local", "dry_run": True})
    assert tried.json["allowed"], tried.text
    assert (await ask("DELETE", "clusters/odd-1")).status == 204
    assert (await ask("GET", "clusters")).json["clusters"] == []
    assert not directory.exists()


async def check_dashboard(app, jp_fetch, http_server_client, jp_base_url, ready):
    assert ready["dashboard_path"] == f"hrlab/dashboard/{ready['id']}"
    page = await jp_fetch("hrlab", "dashboard", ready["id"], "status")
    assert page.code == 200
    assert b"Dask" in page.body
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    plots = await jp_fetch("hrlab", "dashboard", ready["id"], "individual-plots.json")
    assert b"/individual-task-stream" in plots.body
    await speaks_bokeh(app, ready, page.body.decode())
    for cluster_id in ("nothing", "localhost:22", "..%2F..", "127.0.0.1%3A22"):
        gone = await jp_fetch("hrlab", "dashboard", cluster_id, "status", raise_error=False)
        assert gone.code == 404, cluster_id
    address = f"{jp_base_url}hrlab/dashboard/{ready['id']}/status"
    assert (await http_server_client.fetch(address, raise_error=False)).code == 403
    posted = await jp_fetch(
        "hrlab", "dashboard", ready["id"], "status", method="POST", body="", raise_error=False
    )
    assert posted.code == 405


async def speaks_bokeh(app, cluster, page: str) -> None:
    token = re.search(r'"token":"([^"]+)"', page)[1]
    base = app.connection_url.replace("http://", "ws://")
    url = f"{base}{cluster['dashboard_path']}/status/ws"
    key = {"Authorization": f"token {app.identity_provider.token}"}
    with pytest.raises(HTTPClientError) as refused:
        await websocket_connect(HTTPRequest(url), subprotocols=["bokeh", token])
    assert refused.value.code == 403
    wrong = url.replace(cluster["id"], "nothing")
    with pytest.raises(HTTPClientError) as refused:
        await websocket_connect(HTTPRequest(wrong, headers=key), subprotocols=["bokeh", token])
    assert refused.value.code == 404
    socket = await websocket_connect(HTTPRequest(url, headers=key), subprotocols=["bokeh", token])
    said = await asyncio.wait_for(socket.read_message(), 10)
    assert '"ACK"' in said
    socket.close()
    while await asyncio.wait_for(socket.read_message(), 10) is not None:
        pass


CONNECT = """
import hrlab
client = hrlab.connect("zee")
print(client.submit(sum, [20, 22]).result())
client.close()
try:
    hrlab.connect("zeee")
except Exception as error:
    print(type(error).__name__, error)
"""


async def said_by_a_kernel(app, code: str) -> str:
    kernel_id = await app.kernel_manager.start_kernel()
    client = app.kernel_manager.get_kernel(kernel_id).client()
    client.start_channels()
    said: list[str] = []
    try:
        await client.wait_for_ready(timeout=60)
        await client.execute_interactive(
            code,
            timeout=60,
            output_hook=lambda message: said.append(str(message["content"].get("text", ""))),
        )
    finally:
        client.stop_channels()
        await app.kernel_manager.shutdown_kernel(kernel_id, now=True)
    return "".join(said)


async def test_kernel_connects_by_name(jp_serverapp, ask):
    async with ready_cluster(ask):
        said = await said_by_a_kernel(jp_serverapp, CONNECT)
    assert said.startswith("42\n"), said
    assert "UsageError There is no cluster 'zeee'. Did you mean zee?" in said


TIMED = """
import json, hrlab
from distributed import Client, LocalCluster

def timed(client):
    with hrlab.timed("test"):
        assert client.submit(sum, [20, 22]).result() == 42
    print(json.dumps(hrlab.last_run().to_dict()))

with hrlab.connect("zee") as client:
    timed(client)
with Client("{address}") as client:
    client.restart()
    timed(client)
own = {{"n_workers": 1, "processes": False, "dashboard_address": None}}
with LocalCluster(name="zee", **own) as cluster, Client(cluster) as client:
    timed(client)
"""


async def test_a_run_records_the_cluster_whichever_way_the_kernel_connects(jp_serverapp, ask):
    async with ready_cluster(ask) as ready:
        code = TIMED.format(address=ready["scheduler_address"])
        said = await said_by_a_kernel(jp_serverapp, code)
    printed = [line for line in said.splitlines() if line.startswith("{")]
    assert len(printed) == 3, said
    by_name, by_address, own = [Run.from_dict(json.loads(line)) for line in printed]
    for run in (by_name, by_address):
        (cluster,) = run.clusters
        assert (cluster.id, cluster.name, cluster.profile) == (ready["id"], "zee", "local")
        assert cluster.scheduler_address == ready["scheduler_address"]
        assert flat.row(run)["profile"] == "local"
        assert ",profile=local," in next(lines(run))
        source = source_from({"url": "http://metrics.example.org"})
        window = window_of(stretches(run), source.interval_seconds)
        assert variables(run, source, window, [])["clusters"] == ready["id"]
    listed = (await ask("GET", "runs")).json["runs"]
    assert {one["id"]: one["clusters"] for one in listed}[by_address.id] == ["zee"]
    # A look-alike, which is none of hrlab's clusters.
    assert [(one.id, one.name, one.profile) for one in own.clusters] == [(None, "zee", None)]


async def test_cluster_is_scaled_and_its_logs_are_read(ask):
    async with ready_cluster(ask) as ready:
        path = f"clusters/{ready['id']}"
        assert (await ask("PATCH", path, body={"workers": 2})).status == 200
        workers = {}
        for _ in range(300):
            workers = (await ask("GET", path)).json["workers"]
            if workers["ready"] == 2:
                break
            await asyncio.sleep(0.1)
        assert workers == {"asked": 2, "ready": 2}
        logs = (await ask("GET", f"{path}/logs")).json["logs"]
        assert "Scheduler at" in logs["scheduler"]


async def test_requests_are_answered_while_three_clusters_start(ask):
    """A start that held the event loop would leave none starting when the next request is answered.

    For how long it is held at a time is the benchmark `event_loop`'s.
    """
    answers = []

    async def ask_again():
        while True:
            answer = await ask("GET", "clusters")
            answers.append([one["state"] for one in answer.json["clusters"]])

    await ask("GET", "clusters")
    asking = asyncio.ensure_future(ask_again())
    async with AsyncExitStack() as stack:
        starts = (stack.enter_async_context(ready_cluster(ask)) for _ in range(3))
        await asyncio.gather(*starts)
        asking.cancel()
    assert ["starting"] * 3 in answers
