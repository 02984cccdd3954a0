"""Runs reach a real database: all of them, once each, whoever is killed on the way."""

from __future__ import annotations

import asyncio
import gzip
import logging
import signal
import threading
import time
import urllib.parse
import urllib.request
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hrlab.export.delivery_cursor import load, position_path
from hrlab.export.influx_delivery import Delivery
from hrlab.export.influx_target import Target, format_answer, target_from
from hrlab.model.errors import MalformedError
from hrlab.server.setup_export import post
from hrlab.store.sqlite import RunStore
from tests.export.databases import Influx1, Victoria, wait_until
from tests.server.process import Server
from tests.store.making import begun, golden, run

LOG = logging.getLogger("tests.export")


@pytest.fixture
def store(store_of_the_test):
    made = RunStore.open()
    yield made
    made.close()


@pytest.fixture
def influx(tmp_path):
    (tmp_path / "influx").mkdir()
    made = Influx1(tmp_path / "influx").start()
    made.ask("CREATE DATABASE hrlab")
    yield made
    made.kill()


@pytest.fixture
def victoria(tmp_path):
    (tmp_path / "victoria").mkdir()
    made = Victoria(tmp_path / "victoria").start()
    yield made
    made.kill()


def target(database, version="v1") -> Target:
    return Target(url=database.url, version=version, database="hrlab", tags={"site": "naples"})


def delivery(store: RunStore, where: Target, secrets=()) -> Delivery:
    async def ask(question):
        return await asyncio.to_thread(question, store)

    return Delivery(
        where, store.path, ask=ask, post=post, secrets=secrets, interval_seconds=0.05, log=LOG
    )


def deliver(store: RunStore, where: Target, **options) -> dict:
    """Deliver until nothing waits or it does not go on; the state then."""

    async def work():
        made = delivery(store, where, **options)
        while await made.step():
            pass
        return await made.state()

    return asyncio.run(work())


def fill(store: RunStore, numbers) -> list[str]:
    """Runs of now, in order; their ids."""
    runs = [replace(run(n), started_at=time.time() - 3600 + n) for n in numbers]
    for one in runs:
        store.save(one)
    return [one.id for one in runs]


def begin(store: RunStore, where: Target) -> None:
    """What a server does when it starts: what there is by then is history."""
    assert deliver(store, where)["waiting"] == 0


def test_every_run_arrives_once_and_what_was_there_before_stays_where_it_is(store, influx):
    fill(store, [900])
    begin(store, target(influx))
    ids = fill(store, range(120))
    store.start(begun(901))
    state = deliver(store, target(influx))
    assert (state["waiting"], state["delivered"], state["error"]) == (0, 120, None)
    assert influx.runs() == ids
    store.annotate(ids[7], name="renamed")
    assert deliver(store, target(influx))["delivered"] == 121
    position_path(store.path).write_text("damaged", encoding="utf-8")
    deliver(store, target(influx))
    assert sorted(influx.runs()) == sorted([*ids, run(900).id])
    names = dict(row[1:] for row in influx.ask('SELECT run, "name" FROM hrlab_run'))
    assert names[ids[7]] == "renamed"


def test_record_arrives_with_the_numbers_it_has(store, influx):
    begin(store, target(influx))
    full = replace(golden(), started_at=time.time(), note='a, b=c \\ "d"\nü', name="=, \\")
    store.save(full)
    deliver(store, target(influx))
    (row,) = influx.ask('SELECT "name", wall_seconds, wait_seconds, tasks, alone FROM hrlab_run')
    assert row[1:] == ["=, \\", 137.25, 22.25, 980, False]
    (row,) = influx.ask("SELECT compute_seconds FROM hrlab_group WHERE \"group\" = 'histogram'")
    assert row[1] == 610.5
    tags = {row[0] for row in influx.ask("SHOW TAG KEYS FROM hrlab_run")}
    assert tags == {"approach", "hostname", "profile", "site", "user"}


def test_series_of_hardware_use_arrive(store, influx):
    begin(store, target(influx))
    made = golden("run_v1_resources")
    store.save(replace(made, started_at=time.time() - 600))
    deliver(store, target(influx))
    assert made.resources is not None
    cpu = [value for value in made.resources.clusters[0].cpu_cores.total if value is not None]
    rows = influx.ask("SELECT cpu_cores FROM hrlab_resources WHERE \"of\" = 'cluster-0'")
    assert [row[1] for row in rows] == cpu


def test_server_that_is_away_gets_the_runs_in_order_when_it_is_back(store, influx):
    begin(store, target(influx))
    influx.kill()
    ids = fill(store, range(60))
    state = deliver(store, target(influx))
    assert (state["waiting"], state["delivered"]) == (60, 0)
    assert "no answer" in state["error"]
    assert time.time() - 60 < state["away_since_at"] <= time.time()
    influx.start()
    state = deliver(store, target(influx))
    assert (state["waiting"], state["away_since_at"]) == (0, None)
    assert influx.runs() == ids


def test_nothing_is_lost_or_doubled_when_the_database_is_killed_in_the_middle(store, influx):
    begin(store, target(influx))
    ids = fill(store, range(400))

    async def work():
        made = delivery(store, target(influx))
        while not made.position or made.position.delivered < 150:
            await made.step()
        killed = asyncio.create_task(asyncio.to_thread(influx.kill))
        while await made.step():  # goes on sending while it dies
            pass
        await killed
        assert (await made.state())["waiting"] > 0
        await asyncio.to_thread(influx.start)
        while await made.step():
            pass
        return await made.state()

    state = asyncio.run(work())
    assert (state["waiting"], state["refused"]) == (0, 0)
    assert influx.runs() == ids


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_when_the_jupyter_server_is_killed(store, influx, tmp_path):
    home = tmp_path / "jupyter"
    home.mkdir()
    settings = {"url": influx.url, "version": "v1", "database": "hrlab"}
    begin(store, target(influx))
    ids = fill(store, range(300))
    for delivered in (1, 101):  # killed once it has delivered so many, wherever it then is
        server = Server(home, influx=settings, watch_interval_seconds=0.05)
        try:
            wait_until(lambda n=delivered: load(position_path(store.path)).delivered >= n)
        finally:
            server.process.kill()
            server.wait()
        ids += fill(store, range(1000 + delivered, 1050 + delivered))
    server = Server(home, influx=settings, watch_interval_seconds=0.05)
    try:
        wait_until(lambda: load(position_path(store.path)).seq == store.seq())
    finally:
        server.process.terminate()
        server.wait()
    assert sorted(influx.runs()) == sorted(ids)
    assert load(position_path(store.path)).refused == 0


def test_refused_run_is_reported_and_does_not_block_the_others(store, influx):
    influx.ask("DROP DATABASE hrlab")
    influx.ask("CREATE DATABASE hrlab WITH DURATION 4w SHARD DURATION 1d")
    begin(store, target(influx))
    # Another program's point gives a field another type, on that day.
    day = time.time() - 10 * 86400
    line = f'hrlab_run tasks="many" {int(day * 1e9)}'
    urllib.request.urlopen(f"{influx.url}/write?db=hrlab&precision=ns", line.encode()).close()
    ids = fill(store, range(10))
    conflict, old = replace(run(50), started_at=day), replace(run(51), started_at=1_700_000_000.0)
    store.save(conflict)
    store.save(old)
    ids += fill(store, range(100, 110))
    state = deliver(store, target(influx))
    assert (state["waiting"], state["refused"], state["delivered"]) == (0, 2, 20)
    names = {one["run"]: one["name"] for one in state["refusals"]}
    assert names == {conflict.id: conflict.name, old.id: old.name}
    why = {one["run"]: one["message"] for one in state["refusals"]}
    assert "field type conflict" in why[conflict.id]
    assert "beyond retention policy" in why[old.id]
    assert [one for one in influx.runs() if one] == ids


def test_a_run_that_no_database_can_hold_is_refused_and_the_others_arrive(store, influx):
    begin(store, target(influx))
    ids = fill(store, range(3))
    odd = replace(run(50), started_at=1e308)
    store.save(odd)
    ids += fill(store, range(100, 103))
    state = deliver(store, target(influx))
    assert (state["waiting"], state["refused"], state["delivered"]) == (0, 1, 6)
    assert "a time that databases cannot store" in state["refusals"][0]["message"]
    assert [one for one in influx.runs() if one] == ids


def test_position_of_a_version_without_names_still_loads(tmp_path):
    path = position_path(tmp_path / "runs.sqlite")
    old = '{"seq": 9, "delivered": 7, "refused": 1, "refusals": [{"run_id": "a", "at": 1.0, "message": "old"}]}'
    path.write_text(old, encoding="utf-8")
    (refusal,) = load(path).refusals
    assert (refusal.run_id, refusal.name) == ("a", "")


def test_missing_database_loses_nothing(store, influx):
    begin(store, target(influx))
    influx.ask("DROP DATABASE hrlab")
    ids = fill(store, range(3))
    state = deliver(store, target(influx))
    assert (state["waiting"], state["refused"]) == (3, 0)
    assert "database not found" in state["error"]
    influx.ask("CREATE DATABASE hrlab")
    deliver(store, target(influx))
    assert influx.runs() == ids


def test_deleted_and_secret_is_not_delivered(store, influx):
    begin(store, target(influx))
    made = replace(golden(), started_at=time.time())
    store.save(made)
    (gone,) = fill(store, [1])
    store.delete(gone)
    deliver(store, target(influx), secrets=("user", "host", "paths"))
    assert influx.runs() == [made.id]
    text = str(influx.ask("SELECT * FROM hrlab_run"))
    assert [word for word in ("alice", "10.0.0.7", ".ipynb") if word in text] == []


def test_victoria_metrics_takes_what_influxdb_2_takes(store, victoria):
    where = replace(target(victoria, "v2"), organisation="infn", token="secret")
    begin(store, where)
    fill(store, range(80))
    assert deliver(store, where)["delivered"] == 80
    # Ended, not killed: it answers before what it took is on disk, and says so in its documentation.
    victoria.kill(signal.SIGTERM)
    fill(store, range(80, 100))
    assert deliver(store, where)["waiting"] == 20
    victoria.start()
    assert deliver(store, where)["waiting"] == 0
    (found,) = victoria.series("hrlab_run_wall_seconds")
    assert len(found["values"]) == 100
    assert found["metric"]["site"] == "naples"


class Documented(BaseHTTPRequestHandler):
    """Takes what InfluxDB 3 documents for ``POST /api/v3/write_lp``, and nothing else."""

    def do_POST(self):
        address = urllib.parse.urlsplit(self.path)
        query = urllib.parse.parse_qs(address.query)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Encoding"] == "gzip"
        right = (
            address.path == "/api/v3/write_lp"
            and query == {"db": ["hrlab"], "precision": ["nanosecond"]}
            and self.headers["Authorization"] == "Bearer secret"
            and self.headers["Content-Type"].startswith("text/plain")
        )
        if right:
            self.server.lines += gzip.decompress(body).decode().splitlines()
        self.send_response(204 if right else 401)
        self.end_headers()

    def log_message(self, *_):
        pass


def test_influxdb_3_is_written_to_as_it_documents(store):
    with ThreadingHTTPServer(("127.0.0.1", 0), Documented) as server:
        server.lines = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = f"http://127.0.0.1:{server.server_port}"
            where = Target(url=url, version="v3", database="hrlab", token="secret")
            begin(store, where)
            ids = fill(store, range(3))
            assert deliver(store, replace(where, token="wrong"))["waiting"] == 3
            assert deliver(store, where)["waiting"] == 0
        finally:
            server.shutdown()
            thread.join()
    assert [i for i, line in zip(ids, server.lines, strict=True) if i not in line] == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ur": "x"}, "has no key 'ur'"),
        ({"url": "http://x"}, "needs 'version'"),
        ({"url": "ftp://x", "version": "v1", "database": "d"}, r"http\(s\)"),
        ({"url": "http://a:b@x", "version": "v1", "database": "d"}, "not in the url"),
        ({"url": "http://x", "version": "v4", "database": "d"}, "one of v1, v2, v3"),
        ({"url": "http://x", "version": "v1", "database": "d", "tags": 1}, "a mapping"),
    ],
)
def test_target_that_can_not_be_says_why(wrong, said):
    with pytest.raises(MalformedError, match=said):
        target_from(wrong, {})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('{"error":"partial write:\\n dropped=1"}', "400 partial write: dropped=1"),
        ('{"code": "invalid", "message": "no such bucket"}', "400 no such bucket"),
        ('{"error": null}', '400 {"error": null}'),
        ("<html>\na proxy", "400 <html> a proxy"),
        ("[1]", "400 [1]"),
        ("", "400"),
    ],
)
def test_answer_is_told_in_the_words_meant_for_people(text, shown):
    assert format_answer(400, text) == shown


def test_token_comes_from_the_environment_and_is_shown_nowhere():
    configured = {"url": "http://x:8086", "version": "v2", "database": "b"}
    found = target_from(configured, {"HRLAB_INFLUX_TOKEN": "secret"})
    assert found.request("x").headers["Authorization"] == "Token secret"
    assert "secret" not in f"{found!r} {found.name}"
