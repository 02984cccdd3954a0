"""(m) The longest time for which the server's event loop is held while three clusters start at once.

A core's time of the loop's thread between two chances for others tells what the server itself does; by the clock other
processes of the machine are in it, and three clusters are many.
"""

from __future__ import annotations

import json
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.cluster_start import _close_all, asked
from benchmarks.loop_watch import FILE
from benchmarks.row import Row
from benchmarks.server_start import Server

CLUSTERS = 3
ROUNDS = 5
BUDGET_MILLISECONDS = 50.0
READY_SECONDS = 120
OPTIONS = {"workers": 1, "cores": 1, "memory": "512 MiB"}


def measure(*, quick: bool = False) -> list[Row]:
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        noted = home / "loop.jsonl"
        root = str(Path(__file__).parents[1])
        environ = {"HRLAB_STORE": str(home / "runs.sqlite"), FILE: str(noted), "PYTHONPATH": root}
        with Server(home, environ, extensions=("benchmarks.loop_watch",)) as server:
            environ = {**server.environ, "JPY_PARENT_PID": str(server.pid)}
            asked(environ, "GET", "clusters")
            spans = [_started(environ) for _ in range(1 if quick else ROUNDS)]
        lines = [json.loads(line) for line in noted.read_text().splitlines()]
    held = [
        (late, core)
        for at, late, core in lines
        if any(first <= at <= last for first, last in spans)
    ]
    what = f"event loop held while {CLUSTERS} clusters start, worst of {len(spans)}"
    core, clock = (1e3 * max((one[i] for one in held), default=0.0) for i in (1, 0))
    return [
        Row(f"{what}, a core's time", core, "ms", BUDGET_MILLISECONDS),
        Row("the same by the clock", clock, "ms", note="other processes included"),
    ]


def _started(environ: dict[str, str]) -> tuple[float, float]:
    """When three clicks were made, and when all their clusters were ready; they are closed then."""

    def click(number: int) -> None:
        asked(
            environ,
            "POST",
            "clusters",
            {"profile": "local", "options": OPTIONS, "name": f"b{number}"},
        )

    begun = time.perf_counter()
    with ThreadPoolExecutor(CLUSTERS) as pool:
        list(pool.map(click, range(CLUSTERS)))
    while True:
        found = asked(environ, "GET", "clusters")
        assert isinstance(found, dict)
        if [one["state"] for one in found["clusters"]] == ["ready"] * CLUSTERS:
            break
        assert time.perf_counter() - begun < READY_SECONDS, found
        time.sleep(0.1)
    ended = time.perf_counter()
    _close_all(environ)
    return begun, ended
