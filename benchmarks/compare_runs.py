"""(h) Runs with hardware use: a store of 10,000, its listing, and a comparison of 200 from the question to the picture."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import vl_convert

from benchmarks.making import fill, sampled
from benchmarks.row import Row, interval
from hrlab.comparison.groups import MAX_RUNS
from hrlab.comparison.service import ComparisonQuestion
from hrlab.history.service import RunService
from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore

RUNS = 10_000
REPEATS = 15
#: As wide as the view on a usual screen.
WIDTH_PIXELS = 1000


def measure(*, quick: bool = False) -> list[Row]:
    runs = 2 * MAX_RUNS if quick else RUNS
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "runs.sqlite"
        fill(path, runs, sampled)
        store = RunStore.open(path)
        service = RunService(store)
        size = path.stat().st_size * RUNS / runs / 1e6
        rows = [
            Row("store of 10,000 runs with hardware use, 200 points each", size, "MB", 200.0),
            _listing(service),
            *_comparison(service),
        ]
        store.close()
    return rows


def _listing(service: RunService) -> Row:
    times = _milliseconds(lambda: service.page(RunQuery()))
    return Row("first page of that store (50)", median(times), "ms", 20.0, interval(times))


def _comparison(service: RunService) -> list[Row]:
    """Of as many runs as may be compared, each in a lane of its own: the largest picture that there is."""
    ids = [run.id for run in service.page(RunQuery(limit=MAX_RUNS)).runs]
    answers: list[str] = []

    def ask() -> None:
        found = service.compared(ComparisonQuestion(ids=ids, by="run"))
        answers.append(json.dumps(found.to_dict()))

    def draw() -> None:
        spec = {**json.loads(answers[-1])["charts"]["time"]["spec"], "width": WIDTH_PIXELS}
        vl_convert.vegalite_to_svg(spec, vl_version="5.20")

    def ask_and_draw() -> None:
        ask()
        draw()

    asked, drawn, both = (
        _milliseconds(action, time.process_time) for action in (ask, draw, ask_and_draw)
    )
    clock = median(_milliseconds(ask_and_draw))
    note = f"{interval(both)}; on the clock, with what else the machine did, {clock:.0f} ms"
    return [
        Row("CPU time to read, compare and specify 200 runs", median(asked), "ms"),
        Row("CPU time to draw the picture of their wall times, by Vega in V8", median(drawn), "ms"),
        Row("CPU time of a comparison of 200 runs drawn", median(both), "ms", 1000.0, note),
    ]


def _milliseconds(
    action: Callable[[], object], clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    action()  # loads what it needs
    times = []
    for _ in range(REPEATS):
        start = clock()
        action()
        times.append(1e3 * (clock() - start))
    return times
