"""Metrics of the hosts of a run, from real databases, and from those that are away, slow or refuse."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import time
from dataclasses import replace

import jsonschema
import pytest

from hrlab.model.run import Environment
from hrlab.server.handlers.host_metrics import host_metrics_of, names_of
from tests.export.databases import PATIENCE_SECONDS, Influx1, Prometheus
from tests.hosts.databases import Exporter
from tests.server.openapi import schema_of
from tests.store.making import begun, golden, run

HERE = Environment(hostname="node12.example.org")
SECRET = "s3cret"


def checked(answer, status=200):
    """The body, which is as documented."""
    assert answer.status == status, answer.text
    schema = schema_of("/hrlab/api/runs/{id}/hosts", "GET", status)
    jsonschema.Draft202012Validator(schema).validate(answer.json)
    assert SECRET not in answer.text
    return answer.json


async def asked(ask, run_, status=200):
    return checked(await ask("GET", f"runs/{run_.id}/hosts"), status)


class TestWithoutDatabase:
    async def test_there_is_no_picture_and_no_word(self, ask, kernel):
        kernel.finish(run(1))
        assert await asked(ask, run(1)) == {"source": None, "note": "", "charts": []}
        assert "no run" in (await asked(ask, run(2), 404))["error"]["message"]


class TestWithPrometheus:
    """A real one, that scrapes counters of this machine."""

    @pytest.fixture
    def exporter(self):
        with Exporter() as exporter:
            yield exporter

    @pytest.fixture
    def prometheus(self, tmp_path, exporter):
        home = tmp_path / "prometheus"
        home.mkdir()
        database = Prometheus(home, exporter.address, "/metrics", "none")
        yield database.start()
        database.kill()

    @pytest.fixture
    def jp_server_config(self, jp_server_config, prometheus):
        configured = {"url": prometheus.url, "interval_seconds": 1}
        return {**jp_server_config, "HRLab": {"host_metrics": configured}}

    async def test_default_charts_are_on_the_runs_time_axis(
        self, jp_serverapp, ask, kernel, prometheus
    ):
        began = time.time()
        deadline = time.monotonic() + PATIENCE_SECONDS
        # A rate takes two scrapes, and the run is to have some.
        while (
            await asyncio.to_thread(
                prometheus.value, "count_over_time(node_memory_MemTotal_bytes[1m])"
            )
            or 0
        ) < 4:
            assert time.monotonic() < deadline
            await asyncio.sleep(0.2)
        timed = run(1, wall=time.time() - began, environment=HERE, started_at=began)
        kernel.finish(timed)
        found = await asked(ask, timed)
        assert found["source"] == f"Prometheus at 127.0.0.1:{prometheus.port}"
        assert "node12.example.org" in found["note"]
        by_title = {chart["title"]: chart["table"]["rows"] for chart in found["charts"]}
        assert {"Processor", "Memory"} <= set(by_title)
        rows = by_title["Memory"]
        assert all(0 <= seconds <= timed.wall_seconds for _, seconds, _ in rows)
        assert all(1e7 < value < 1e14 for _, _, value in rows)
        busy = [value for line, _, value in by_title["Processor"] if line == "busy"]
        assert max(busy) > 0
        spec = found["charts"][0]["spec"]
        assert spec["encoding"]["x"]["scale"]["domain"] == [0, timed.wall_seconds]

    async def test_hosts_that_it_does_not_know_are_said(self, jp_serverapp, ask, kernel):
        (cluster,) = golden("run_v1_resources").clusters
        there = replace(
            golden("run_v1_resources"),
            started_at=time.time() - 200,
            clusters=(replace(cluster, hosts=("elsewhere",)),),
        )
        kernel.finish(there)
        found = await asked(ask, there)
        assert found["charts"] == []
        assert found["note"] == "No data for elsewhere in this period."
        nowhere = run(2, environment=Environment())
        kernel.finish(nowhere)
        assert "does not contain the hosts" in (await asked(ask, nowhere))["note"]
        kernel.start(begun(3, environment=HERE))
        assert (await asked(ask, begun(3)))["source"] is None  # until it has ended


class TestWithInflux:
    """InfluxDB 1.6 with points as Telegraf writes them."""

    STARTED = 1_790_000_000.0

    @pytest.fixture
    def influx(self, tmp_path):
        home = tmp_path / "influx"
        home.mkdir()
        database = Influx1(home).start()
        yield database
        database.kill()

    @pytest.fixture
    def jp_server_config(self, jp_server_config, influx):
        configured = {"url": influx.url, "kind": "influx", "user": "reader", "password": SECRET}
        return {**jp_server_config, "HRLab": {"host_metrics": configured}}

    def written(self, influx):
        """Ten minutes of two hosts, and of one that the run was not on."""
        influx.ask("CREATE DATABASE telegraf")
        lines = []
        for i in range(60):
            at = int(self.STARTED + 10 * (i - 30)) * 10**9
            for host in ("node12", "node13.example.org", "node99"):
                for core in ("cpu0", "cpu1", "cpu-total"):
                    tags = f"cpu,cpu={core},host={host}"
                    lines.append(f"{tags} usage_idle=40,usage_iowait=10 {at}")
                lines.append(f"mem,host={host} used={2**30}i {at}")
                for card in ("eth0", "lo"):
                    tags = f"net,interface={card},host={host}"
                    lines.append(f"{tags} bytes_recv={i * 10000}i,bytes_sent={i * 20000}i {at}")
                for disk in ("sda", "sda1", "nvme0n1", "nvme0n1p2"):
                    tags = f"diskio,name={disk},host={host}"
                    lines.append(f"{tags} read_bytes={i * 1000}i,write_bytes=0i {at}")
        import urllib.request

        body = "\n".join(lines).encode()
        with urllib.request.urlopen(f"{influx.url}/write?db=telegraf", data=body, timeout=20):
            pass

    async def test_each_host_counts_once_and_others_do_not(self, jp_serverapp, ask, kernel, influx):
        await asyncio.to_thread(self.written, influx)
        (cluster,) = golden("run_v1_resources").clusters
        timed = replace(
            golden("run_v1_resources"),
            started_at=self.STARTED,
            clusters=(replace(cluster, hosts=("node12.example.org", "node13")),),
        )
        kernel.finish(timed)
        found = await asked(ask, timed)
        assert found["source"] == f"InfluxDB at 127.0.0.1:{influx.port}"
        values = {}
        for chart in found["charts"]:
            for line, seconds, value in chart["table"]["rows"]:
                assert 0 <= seconds <= timed.wall_seconds
                values.setdefault((chart["title"], line), []).append(value)
        # 14 values of 10 s, and the last one once more; two hosts with two cores, half busy and a tenth waiting.
        assert values["Processor", "busy"] == pytest.approx([2.0] * 15)
        assert values["Processor", "I/O wait"] == pytest.approx([0.4] * 15)
        assert values["Memory", "used"] == pytest.approx([2.0 * 2**30] * 15)
        assert values["Network", "read"] == pytest.approx([2000.0] * 15)
        assert values["Network", "write"] == pytest.approx([4000.0] * 15)
        assert values["Disk", "read"] == pytest.approx([400.0] * 15)

    async def test_refusal_is_one_sentence(self, jp_serverapp, ask, kernel):
        timed = run(1, environment=HERE)
        kernel.finish(timed)
        error = (await asked(ask, timed, 502))["error"]
        assert "database not found: telegraf" in error["message"]
        assert error["code"] == "backend"


class TestWithSlowDatabase:
    """It takes connections, and never answers."""

    @pytest.fixture
    def silent(self):
        with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
            yield server.getsockname()[1]

    @pytest.fixture
    def jp_server_config(self, jp_server_config, silent):
        configured = {
            "url": f"http://127.0.0.1:{silent}",
            "token": SECRET,
            "timeout_seconds": 3,
        }
        return {**jp_server_config, "HRLab": {"host_metrics": configured}}

    async def test_nothing_waits_for_it(self, jp_serverapp, ask, kernel, silent):
        timed = run(1, environment=HERE)
        kernel.finish(timed)
        slow = asyncio.ensure_future(ask("GET", f"runs/{timed.id}/hosts"))
        await asyncio.sleep(0)
        answer = await ask("GET", f"runs/{timed.id}/chart")
        assert answer.status == 200
        assert not slow.done()
        error = checked(await slow, 502)["error"]
        assert error["message"] == (
            f"Prometheus at 127.0.0.1:{silent} did not tell what the hosts did: "
            "no answer within 3 s. If it stays so, tell your admin."
        )


class TestWithDatabaseThatIsAway:
    @pytest.fixture
    def jp_server_config(self, jp_server_config):
        configured = {"url": "http://127.0.0.1:9", "token": SECRET}
        return {**jp_server_config, "HRLab": {"host_metrics": configured}}

    async def test_the_reason_is_said(self, jp_serverapp, ask, kernel):
        timed = run(1, environment=HERE)
        kernel.finish(timed)
        message = (await asked(ask, timed, 502))["error"]["message"]
        assert "Connection refused" in message


async def test_names_are_those_that_the_system_has():
    assert await names_of([]) == {}
    # The address itself where the machine has no name for it.
    name, _ = socket.getnameinfo(("127.0.0.1", 0), 0)
    known = {} if name == "127.0.0.1" else {"127.0.0.1": name}
    assert await names_of(["127.0.0.1", "no address"]) == known


def test_what_cannot_be_is_said_at_start(caplog):
    log = logging.getLogger("hrlab.test")
    assert host_metrics_of({}, log) is None
    assert host_metrics_of({"url": f"http://u:{SECRET}@h", "token": SECRET}, log) is None
    (record,) = caplog.records
    assert "HRLab.host_metrics: give user and password as such" in record.getMessage()
    assert SECRET not in json.dumps(record.getMessage())
