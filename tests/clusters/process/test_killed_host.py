"""Cluster hosts, and the server's side, killed with ``kill -9`` at random instants of every step."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest
from distributed import Client

from hrlab.clusters.process import host_client
from tests.clusters.side import marked, process_side

KILLS_PER_STEP = 5
SERVER_KILLS = 20


def at_step(side, name):
    """Whether the start has come to that step."""
    cluster = side.get()
    return cluster is not None and any(
        step.name == name and step.state in ("running", "done") for step in cluster.steps
    )


def kill_host(runtime):
    """Kill the host, as soon as there is one; False if there is none any more."""
    status = runtime / "hrlab-clusters" / "test-1" / "status.json"
    while status.parent.exists():
        with suppress(OSError, ValueError):
            pid = json.loads(status.read_text())["process"]["pid"]
            os.kill(pid, signal.SIGKILL)
            return True
    return False


@pytest.mark.slow
@pytest.mark.parametrize("step", ["host", "scheduler", "workers", "ready", "computing", "closing"])
def test_host_killed_at_a_step_is_failed_and_leaves_nothing(side, runtime, nothing_is_left, step):
    instants = random.Random(step)
    for _ in range(KILLS_PER_STEP):
        side.create(workers=2)
        client = None
        if step in ("host", "scheduler", "workers"):
            side.until(lambda: at_step(side, step))
        else:
            side.wait("ready")
        if step == "computing":
            client = Client(side.get().scheduler_address)
            busy = client.map(spin, range(4))
        if step == "closing":
            side(side.kind.close("test-1"))
        time.sleep(instants.uniform(0, 0.4))
        if kill_host(runtime):
            side.until(lambda: side.get() is None or side.get().state in ("failed", "closing"))
        if side.get() is not None and side.get().state == "failed":
            assert "ended unexpectedly" in side.get().reason
            side.close()
        side.until(lambda: side.get() is None)
        if client is not None:
            del busy
            with suppress(TimeoutError, asyncio.TimeoutError):  # its scheduler is dead
                client.close(timeout=2)
        wait_for_nothing(nothing_is_left)


def spin(number):
    """Work that does not let go of the interpreter's lock: no thread of the worker can notice anything."""
    return sum(range(200_000_000 + number))


def wait_for_nothing(mark, seconds=15):
    deadline = time.monotonic() + seconds
    while left := marked(mark):
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_server_killed_at_any_instant_loses_no_cluster(runtime, nothing_is_left, monkeypatch):
    monkeypatch.setattr(host_client, "HALF_STARTED_SECONDS", 2.0)
    instants = random.Random(3)
    found = 0
    for number in range(SERVER_KILLS):
        name = f"test-{number}"
        command = [sys.executable, "-m", "tests.clusters.serving", str(runtime), name]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
        ) as server:
            assert server.stdout.readline() == "creates\n"
            time.sleep(instants.uniform(0, 0.15 if number % 2 else 2.5))
            server.kill()
        found += found_again_or_cleaned(runtime, name)
        wait_for_nothing(nothing_is_left)
    assert found > SERVER_KILLS // 3


def found_again_or_cleaned(runtime, name):
    """What the next server does: shows the cluster ready, or removes what is only half there."""
    side = process_side(runtime)
    try:
        side.until(lambda: side.get(name) is None or side.get(name).state == "ready")
        if side.get(name) is None:
            return False
        side.close(name)
        return True
    finally:
        side.stop()


def test_half_started_ones_are_cleaned_up(runtime, monkeypatch):
    monkeypatch.setattr(host_client, "HALF_STARTED_SECONDS", 0.5)
    directory = runtime / "hrlab-clusters" / "test-1"
    directory.parent.mkdir(parents=True)
    about = {"id": "test-1", "name": "test-1", "profile": "test", "created_at": time.time()}
    host_client.describe(
        directory, {**about, "start_timeout_seconds": 60, "target": {"workers": 1}}
    )
    side = process_side(runtime)
    try:
        assert side.get().state == "starting"
        side.until(lambda: side.get() is None)
    finally:
        side.stop()


def test_what_is_no_description_is_shown_as_broken_until_it_is_closed(runtime):
    for number, text in enumerate(["", "{}", "[]"]):
        directory = runtime / "hrlab-clusters" / f"test-{number}"
        directory.mkdir(parents=True)
        (directory / "cluster.json").write_text(text)
        os.utime(directory, (0, 0))
    side = process_side(runtime)
    try:
        assert {one.state for one in side.kind.clusters()} == {"unreachable"}
        for number in range(3):
            side.close(f"test-{number}")
        side.until(lambda: not side.kind.clusters())
    finally:
        side.stop()
