"""The command ``jupyter hrlab run``: executes a notebook headless, as one run."""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hrlab.cli.interrupts import INTERRUPTED, stop_on_signals
from hrlab.cli.pairs import pairs
from hrlab.cli.progress import ProgressLine
from hrlab.headless.execute import Execution, Outcome, Step, Stop, execute, save_copy
from hrlab.headless.parameters import parse_setting
from hrlab.history.service import RunService
from hrlab.model.errors import UsageError
from hrlab.model.run import Run
from hrlab.model.units import format_count, format_duration
from hrlab.render.text import text
from hrlab.store.location import VARIABLE

MAX_REPEATS = 1000


def add_run(commands: Any) -> None:
    """Add the parser of ``run``."""
    what = "Execute a notebook headless, timed as one run."
    made = commands.add_parser("run", help=what, description=what)
    made.add_argument("notebook", type=Path, help="notebook to execute")
    made.add_argument(
        "--set",
        action="append",
        default=[],
        dest="parameters",
        metavar="NAME=VALUE",
        help="value of a parameter: JSON, otherwise text; repeatable",
    )
    made.add_argument(
        "--repeat", type=int, default=1, metavar="N", help="execute it N times (default 1)"
    )
    made.add_argument(
        "--output",
        type=Path,
        help="file for the executed notebook (default: NOTEBOOK-run.ipynb; repeats are numbered)",
    )
    made.add_argument("--name", help="name of the run (default: the notebook's first heading)")
    made.add_argument(
        "--label", action="append", default=[], metavar="K=V", help="label of the run; repeatable"
    )
    made.add_argument(
        "--workload",
        action="append",
        default=[],
        metavar="NAME=NUMBER",
        help="amount of data processed; repeatable",
    )
    made.add_argument("--kernel", help="kernelspec (default: the notebook's)")
    made.add_argument(
        "--timeout",
        type=float,
        metavar="SECONDS",
        help="interrupt it after this long (default: never)",
    )


def run(service: RunService, asked: argparse.Namespace) -> int:
    """Run ``run``; return 0 on success, 1 on failure, 130 if interrupted."""
    if not 1 <= asked.repeat <= MAX_REPEATS:
        raise UsageError(f"--repeat must be from 1 to {MAX_REPEATS}, not {asked.repeat}.")
    if asked.timeout is not None and asked.timeout <= 0:
        raise UsageError(f"--timeout must be more than 0 s, not {asked.timeout:g}.")
    return asyncio.run(_run(service, asked))


async def _run(service: RunService, asked: argparse.Namespace) -> int:
    line = ProgressLine()
    with stop_on_signals() as stop:
        for number in range(1, asked.repeat + 1):
            outcome = await _once(_execution(service, asked, number), stop, line)
            save_copy(service, outcome)
            line.done(format_outcome(service, outcome))
            if outcome.status != "ok":
                return INTERRUPTED if outcome.status == "interrupted" else 1
    return 0


def _execution(service: RunService, asked: argparse.Namespace, number: int) -> Execution:
    output = asked.output or Path(f"{asked.notebook.stem}-run.ipynb")
    if asked.repeat > 1:
        output = output.with_name(f"{output.stem}-{number}{output.suffix}")
    if output.resolve() == asked.notebook.resolve():
        raise UsageError("--output must not be the notebook itself.")
    return Execution(
        notebook=asked.notebook,
        output=output,
        parameters=dict(parse_setting(word) for word in asked.parameters),
        name=asked.name,
        labels=pairs(asked.label, "--label"),
        workload={
            name: _amount(name, value)
            for name, value in pairs(asked.workload, "--workload").items()
        },
        environment={VARIABLE: str(service.path)},
        kernel=asked.kernel,
        timeout_seconds=asked.timeout,
    )


async def _once(execution: Execution, stop: Stop, line: ProgressLine) -> Outcome:
    began = time.monotonic()
    steps = [Step(0, 0)]

    def tell(step: Step) -> None:
        steps[:] = [step]
        line.now(in_words(step, time.monotonic() - began))

    task = asyncio.ensure_future(execute(execution, stop, tell))
    while not (await asyncio.wait({task}, timeout=1.0))[0]:
        tell(steps[0])
    return task.result()


def in_words(step: Step, seconds: float) -> str:
    """Describe the progress of an execution that has taken `seconds`."""
    words = [f"cell {step.cell} of {step.cells}" if step.cells else "starting the kernel"]
    words.append(format_duration(seconds))
    told, tasks = step.told, step.told.get("tasks") or {}
    if told.get("phase"):
        words.append(str(told["phase"]))
    if tasks.get("all"):
        words.append(f"{format_count(tasks['done'])}/{format_count(tasks['all'])} tasks")
    if told.get("workers"):
        words.append(f"{format_count(told['workers'])} workers")
    return " · ".join(words)


def format_outcome(service: RunService, outcome: Outcome) -> str:
    """Describe the recorded run, and the error if there is one."""
    record: Mapping[str, Any] | None = (
        service.get(outcome.run_id) if service.has(outcome.run_id) else outcome.record
    )
    parts = [] if record is None else [text(Run.from_dict(record))]
    if outcome.status != "ok" and (record is None or record["status"] != outcome.status):
        parts.append(f"{outcome.status}: {outcome.error}")
    return "\n".join(parts)


def _amount(name: str, value: str) -> float:
    try:
        amount = float(value)
    except ValueError:
        amount = -1.0
    if not 0 <= amount < float("inf"):
        raise UsageError(f"--workload {name} must be a finite number of 0 or more, not {value!r}.")
    return amount
