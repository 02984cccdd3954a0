"""Commands of ``jupyter hrlab``: each calls a service and prints the result."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping

from hrlab.cli.comparing import compare
from hrlab.cli.exporting import export, import_runs
from hrlab.cli.pairs import pair, pairs
from hrlab.cli.prune import prune_runs
from hrlab.cli.quotas import quotas
from hrlab.cli.report import report
from hrlab.cli.run import run
from hrlab.cli.sweep import sweep
from hrlab.history.service import RunService
from hrlab.history.text_list import listing
from hrlab.model.advice_rules import OFF_VARIABLE, codes_in
from hrlab.model.errors import UsageError
from hrlab.model.run import Run
from hrlab.model.wire import encode
from hrlab.render.figures import figure_table
from hrlab.render.text import phase_table, text
from hrlab.sizing.constraints import any_shape
from hrlab.sizing.service import question_from
from hrlab.sizing.text import advice_text
from hrlab.store.query import MAX_LIMIT, RunQuery


def list_runs(service: RunService, asked: argparse.Namespace) -> None:
    """Run ``list``."""
    labels = tuple(pair(label, "--label") for label in asked.label)
    if not 1 <= asked.limit <= MAX_LIMIT:
        raise UsageError(f"--limit must be from 1 to {MAX_LIMIT}, not {asked.limit}.")
    query = RunQuery(
        text=" ".join(asked.text), labels=labels, notebook=asked.notebook, limit=asked.limit
    )
    page = service.page(query)
    if asked.json:
        _write_json([run.to_dict() for run in page.runs])
    elif page.runs:
        _write(listing(page.runs, ids=True))
    else:
        _write("No runs. Time one with %%hrtime in a notebook.")


def show(service: RunService, asked: argparse.Namespace) -> None:
    """Run ``show``."""
    record = service.get(service.full_id(asked.run))
    if asked.json:
        _write_json(record)
        return
    run = Run.from_dict(record)
    _write(text(run, off=codes_in(os.environ.get(OFF_VARIABLE, ""))))
    if run.phases is not None:
        _write(phase_table(run))
    if table := figure_table(run):
        _write(f"\n{table}")


def size(service: RunService, asked: argparse.Namespace) -> None:
    """Run ``size``."""
    goals = {
        "finish_within_seconds": asked.within,
        "efficiency": asked.efficiency,
        "core_hours": asked.core_hours,
    }
    goal = {name: value for name, value in goals.items() if value is not None}
    question = {
        "runs": [service.full_id(asked.run)],
        "goal": goal or {"fastest": True},
        "workload": {
            name: _number(value, name)
            for name, value in pairs(asked.workload, "--workload").items()
        },
    }
    advice = service.advise(question_from(question), any_shape)
    if asked.json:
        _write_json(encode(advice))
        return
    _write(advice_text(advice))


#: Commands by name; a command that returns None succeeded.
COMMANDS: Mapping[str, Callable[[RunService, argparse.Namespace], int | None]] = {
    "list": list_runs,
    "show": show,
    "compare": compare,
    "size": size,
    "quotas": quotas,
    "export": export,
    "import": import_runs,
    "report": report,
    "prune": prune_runs,
    "run": run,
    "sweep": sweep,
}


def _number(text_: str, name: str) -> float:
    try:
        return float(text_)
    except ValueError:
        raise UsageError(f"--workload {name} must be a number, not {text_!r}.") from None


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")


def _write_json(value: object) -> None:
    _write(json.dumps(value, indent=1, ensure_ascii=False))
