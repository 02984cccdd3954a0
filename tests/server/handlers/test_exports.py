"""Reports, the delivery's state and metrics, as the server has them."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from hrlab.export.delivery_cursor import position_path
from tests.comparison.runs import published
from tests.export.databases import PATIENCE_SECONDS, Prometheus
from tests.server.events import Listener
from tests.server.openapi import DOCUMENT, is_a
from tests.store.making import golden, run

NOWHERE = {"url": "http://127.0.0.1:9", "version": "v3", "database": "runs"}


def checked(answer):
    """The body, which is as documented."""
    schema = DOCUMENT["paths"]["/hrlab/api/exports"]["get"]["responses"]["200"]["content"]
    schema = {**schema["application/json"]["schema"], "components": DOCUMENT["components"]}
    jsonschema.Draft202012Validator(schema).validate(answer.json)
    return answer.json["exports"]


def test_golden_file_is_as_documented():
    golden_file = Path(__file__).parents[2] / "data" / "wire" / "exports.json"
    is_a("Exports", json.loads(golden_file.read_text(encoding="utf-8")))


async def test_without_a_target_nothing_is_delivered(ask, kernel):
    assert checked(await ask("GET", "exports")) == []


class TestWithTargetThatIsAway:
    @pytest.fixture
    def jp_server_config(self, jp_server_config):
        return {**jp_server_config, "HRLab": {"influx": NOWHERE, "watch_interval_seconds": 0.05}}

    async def test_state_says_what_waits_and_why(self, ask, kernel):
        await begun(kernel)
        kernel.finish(run(1))
        (found,) = await until(ask, lambda found: found["waiting"] == 1)
        assert found["target"] == "InfluxDB v3 at 127.0.0.1:9, runs"
        began = time.time()
        (found,) = await until(ask, lambda found: found["next_try_at"])
        assert "no answer" in found["error"]
        assert began - PATIENCE_SECONDS <= found["away_since_at"] <= time.time()
        assert found["next_try_at"] >= found["away_since_at"]

    async def test_each_attempt_in_vain_is_announced(self, jp_ws_fetch, ask, kernel):
        listener = Listener(await jp_ws_fetch("api", "events", "subscribe"))
        await begun(kernel)
        kernel.finish(run(1))
        while (event := await listener.next())["topic"] != "exports":
            pass
        assert event["ids"] == []
        (found,) = checked(await ask("GET", "exports"))
        assert found["error"]
        await listener.close()

    async def test_metrics_say_it_too(self, jp_fetch, kernel, ask):
        await begun(kernel)
        kernel.finish(run(1))
        text = (await jp_fetch("metrics")).body.decode()
        assert "hrlab_runs_waiting 1.0" in text
        assert "hrlab_runs_delivered_total 0.0" in text


async def begun(kernel):
    """The delivery has its position: what comes now waits."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not position_path(kernel.path).exists():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def until(ask, holds):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = checked(await ask("GET", "exports"))
        if holds(found[0]):
            return found
        assert time.monotonic() < deadline, found
        await asyncio.sleep(0.05)


async def test_report_is_a_page_to_save(jp_fetch, ask, kernel, monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    runs = published()
    for one in runs:
        kernel.save(one)
    ids = ",".join(one.id for one in runs)
    answer = await ask("GET", "report", ids=ids, baseline="serial", redact="all")
    assert answer.status == 200, answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "8.2 times faster than serial" in answer.text
    for parameters, status, said in (
        ({}, 400, "at least one run"),
        ({"ids": "f" * 32}, 404, "There is no run"),
        ({"ids": ids, "redact": "kode"}, 400, "cannot be redacted"),
        ({"ids": ids, "by": "colour"}, 400, "Cannot group runs by"),
        ({"idz": ids}, 400, "ids"),
    ):
        answer = await ask("GET", "report", **parameters)
        assert answer.status == status, answer.text
        assert said in answer.error["message"]


async def test_metrics_count_runs_that_end_while_the_server_is_up(jp_fetch, kernel):
    async def metrics():
        text = (await jp_fetch("metrics")).body.decode()
        lines = [line for line in text.splitlines() if line.startswith("hrlab_")]
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}

    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await metrics():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    assert (await metrics())['hrlab_tasks_total{outcome="done"}'] == 0
    now = replace(golden(), started_at=time.time())
    kernel.finish(now)
    kernel.finish(run(5))  # ended years ago: imported
    kernel.annotate(now.id, note="changed")
    for _ in range(2):
        found = await metrics()
        assert found['hrlab_runs_total{approach="distributed",status="ok"}'] == 1
        assert found['hrlab_phase_seconds_total{phase="dask"}'] == 122.0
        assert found['hrlab_tasks_total{outcome="failed"}'] == 1
        assert found['hrlab_run_wall_seconds_bucket{le="60.0"}'] == 0
        assert found['hrlab_run_wall_seconds_bucket{le="300.0"}'] == 1
        assert found["hrlab_run_wall_seconds_sum"] == 137.25
    assert not [name for name in found if now.id in name or now.name in name]


class TestWithPrometheus:
    @pytest.fixture
    def jp_base_url(self):
        return "/hub/user/"  # Prometheus would quote again what is quoted

    @pytest.mark.slow
    async def test_prometheus_scrapes_them(
        self, jp_serverapp, jp_http_port, jp_fetch, jp_base_url, kernel, tmp_path
    ):
        home = tmp_path / "prometheus"
        home.mkdir()
        token = jp_serverapp.identity_provider.token
        path = f"{jp_base_url}metrics"
        prometheus = Prometheus(home, f"127.0.0.1:{jp_http_port}", path, token)
        try:
            await asyncio.to_thread(prometheus.start)
            question = 'hrlab_runs_total{approach="distributed",status="ok"}'
            deadline = time.monotonic() + PATIENCE_SECONDS
            while (
                await asyncio.to_thread(prometheus.value, 'hrlab_tasks_total{outcome="done"}')
                is None
            ):
                assert time.monotonic() < deadline
                await asyncio.sleep(0.1)
            kernel.finish(replace(golden(), started_at=time.time()))
            while await asyncio.to_thread(prometheus.value, question) != 1:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.1)
        finally:
            await asyncio.to_thread(prometheus.kill)
