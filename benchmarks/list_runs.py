"""(e) Listing 10,000 runs: from the store, through a real server, and what the event loop feels of it."""

from __future__ import annotations

import asyncio
import http.client
import tempfile
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.making import fill, run
from benchmarks.row import Row, interval
from benchmarks.server_start import TOKEN, Server
from hrlab.history.service import RunService
from hrlab.server.store_threads import Backend
from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore

RUNS = 10_000
REPEATS = 100


def measure(*, quick: bool = False) -> list[Row]:
    runs = 200 if quick else RUNS
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "runs.sqlite"
        fill(path, runs)
        rows = [*_from_store(path), *_through_server(path, Path(directory))]
        return [*rows, _loop_held(path), *_writing(path)]


def _timed(action: Callable[[], object]) -> list[float]:
    """Milliseconds of each repetition."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        action()
        times.append(1e3 * (time.perf_counter() - start))
    return times


def _from_store(path: Path) -> list[Row]:
    store = RunStore.open(path)
    service = RunService(store)
    asked = {
        "first page of 10,000 runs (50)": (RunQuery(), 20.0),
        "largest page (200)": (RunQuery(limit=200), None),
        "last page": (RunQuery(offset=RUNS - 50), None),
        "first page with text that one run in a hundred has": (RunQuery(text="zee 42"), None),
        "first page with a label": (RunQuery(labels=(("slot", "3"),)), None),
    }
    rows = []
    for what, (query, budget) in asked.items():
        times = _timed(lambda query=query: service.page(query))  # type: ignore[misc]
        rows.append(Row(what, median(times), "ms", budget, interval(times)))
    store.close()
    return rows


def _through_server(path: Path, home: Path) -> list[Row]:
    with Server(home, {"HRLAB_STORE": str(path)}) as server:
        client = http.client.HTTPConnection("127.0.0.1", server.port)

        def get() -> None:
            client.request("GET", "/hrlab/api/runs", headers={"Authorization": f"token {TOKEN}"})
            response = client.getresponse()
            assert response.status == 200
            response.read()

        get()
        times = _timed(get)
        client.close()
    what = "first page of 10,000 runs by HTTP"
    return [Row(what, median(times), "ms", 20.0, interval(times))]


def _loop_held(path: Path) -> Row:
    """Longest time for which hrlab gave an event loop no turn while pages were read and runs saved."""

    async def watch() -> tuple[float, float]:
        backend = Backend(path, timeout_seconds=5, max_record_bytes=0)

        async def work() -> None:
            for number in range(REPEATS):
                await backend.query(lambda service: service.page(RunQuery(limit=200)))
                record = run(RUNS + number).to_dict()
                await backend.query(partial(_save, record=record))

        cpu, wall = await _longest_turn(work())
        await backend.close()
        return 1e3 * cpu, 1e3 * wall

    cpu, wall = asyncio.run(watch())
    note = f"this process's CPU time; on the clock, with what else the machine did, {wall:.0f} ms"
    what = f"event loop held: worst of {REPEATS} pages of 200 and {REPEATS} saves"
    return Row(what, cpu, "ms", 50.0, note)


async def _longest_turn(work: Coroutine[Any, Any, None]) -> tuple[float, float]:
    """Most seconds between two turns of this coroutine while `work` is done: CPU time and clock."""
    task = asyncio.create_task(work)
    cpu = wall = 0.0
    last_cpu, last_wall = time.process_time(), time.perf_counter()
    while not task.done():
        await asyncio.sleep(0.0005)
        now_cpu, now_wall = time.process_time(), time.perf_counter()
        cpu, wall = max(cpu, now_cpu - last_cpu), max(wall, now_wall - last_wall)
        last_cpu, last_wall = now_cpu, now_wall
    await task
    return cpu, wall


def _save(service: RunService, record: dict[str, Any]) -> bool:
    return service.save(record["id"], record)


def _writing(path: Path) -> list[Row]:
    store = RunStore.open(path)
    numbers = iter(range(2 * RUNS, 10 * RUNS))
    begin = _timed(lambda: store.start(run(next(numbers))))
    numbers = iter(range(2 * RUNS, 10 * RUNS))
    finish = _timed(lambda: store.finish(run(next(numbers))))
    store.close()
    return [
        Row("kernel: note that a run begins", median(begin), "ms", 5.0, interval(begin)),
        Row("kernel: keep a run that ended", median(finish), "ms", None, interval(finish)),
    ]
