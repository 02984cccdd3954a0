"""(h) Advice among 10,000 runs, through a real server: the first one, which loads scipy, and those after it."""

from __future__ import annotations

import http.client
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.making import fill, run
from benchmarks.row import Row, interval
from benchmarks.server_start import TOKEN, Server
from hrlab.model.resources import ClusterUse, Resources, Series, Values
from hrlab.store.sqlite import RunStore

RUNS = 10_000
REPEATS = 50
BUDGET_MILLISECONDS = 300.0


def measure(*, quick: bool = False) -> list[Row]:
    runs = 200 if quick else RUNS
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "runs.sqlite"
        fill(path, runs)
        _measure_use(path, range(runs - 1, -1, -100))
        with Server(Path(directory), {"HRLAB_STORE": str(path)}) as server:
            return _rows(server.port, run(runs - 1).id)


def _measure_use(path: Path, numbers: range) -> None:
    """Give the newest runs of one code series of hardware use of the usual length."""
    values: Values = tuple(float(n) for n in range(200))
    series = Series(values, values, values)
    use = ClusterUse(
        cluster=0,
        workers=values,
        threads=values,
        hosts=values,
        cpu_cores=series,
        memory_bytes=series,
        spilled_bytes=series,
        network_read_bytes_per_second=series,
        network_write_bytes_per_second=series,
        disk_read_bytes_per_second=series,
        disk_write_bytes_per_second=series,
        worker_memory_peak_bytes=2**30,
    )
    resources = Resources(0.5, 200, 0.5, (use,))
    store = RunStore.open(path)
    for number in numbers[:50]:
        with_use = replace(run(number), resources=resources)
        store.finish(replace(with_use, id=f"{number:032x}"))
    store.close()


def _rows(port: int, run_id: str) -> list[Row]:
    client = http.client.HTTPConnection("127.0.0.1", port)
    fastest: dict[str, Any] = {"goal": {"fastest": True}}
    questions = {
        "of a run, from the 50 newest of its code": {"runs": [run_id], **fastest},
        "of a name, from the 50 newest": {"name": run(42).name, **fastest},
        "of a run within a profile and its quotas": {
            "runs": [run_id],
            "profile": "local",
            **fastest,
        },
    }
    first = _milliseconds(_asking(client, questions["of a run, from the 50 newest of its code"]))
    rows = [Row("first advice of a server (loads scipy)", first, "ms")]
    for what, question in questions.items():
        ask = _asking(client, question)
        times = [_milliseconds(ask) for _ in range(REPEATS)]
        note = f"{interval(times)}; longest {max(times):.0f} ms"
        rows.append(Row(f"advice {what}", median(times), "ms", BUDGET_MILLISECONDS, note))
    client.close()
    return rows


def _asking(client: http.client.HTTPConnection, question: dict[str, Any]) -> Callable[[], None]:
    def ask() -> None:
        headers = {"Authorization": f"token {TOKEN}", "Content-Type": "application/json"}
        client.request("POST", "/hrlab/api/sizing", json.dumps(question), headers)
        response = client.getresponse()
        body = response.read()
        assert response.status == 200, body

    return ask


def _milliseconds(action: Callable[[], None]) -> float:
    start = time.perf_counter()
    action()
    return 1e3 * (time.perf_counter() - start)
