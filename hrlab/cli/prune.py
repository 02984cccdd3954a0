"""``jupyter hrlab prune``."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import sys
from typing import Any

from hrlab.cli.pruning import STATUSES, PruneQuestion, done, in_words, prune, would_go
from hrlab.history.service import RunService
from hrlab.history.text_list import ID_LENGTH
from hrlab.model.errors import UsageError
from hrlab.store.sqlite import RunStore

#: Runs that are named before one is asked.
MOST_NAMED = 10


def add_prune(commands: Any) -> None:
    """The parser of ``prune``."""
    what = "Take runs out of the store for good: those for which everything holds that is given."
    made = commands.add_parser("prune", help=what, description=what)
    made.add_argument(
        "--older-than", type=float, metavar="DAYS", help="began more than so many days ago"
    )
    made.add_argument("--keep", type=int, metavar="N", help="all but the N that began last")
    made.add_argument(
        "--status", action="append", default=[], choices=STATUSES, help="ended so; may be repeated"
    )
    made.add_argument(
        "--deleted", action="store_true", help="deleted already: off every list, but still stored"
    )
    made.add_argument("--dry-run", action="store_true", help="only say what would go")
    made.add_argument("--yes", action="store_true", help="do not ask")
    made.add_argument("--json", action="store_true", help="JSON in place of text")


def prune_runs(service: RunService, asked: argparse.Namespace) -> int:
    """``prune``; 1 if it was not wanted after all."""
    question = PruneQuestion(
        older_than_days=asked.older_than,
        keep=asked.keep,
        statuses=tuple(asked.status),
        only_deleted=asked.deleted,
    )
    with contextlib.closing(RunStore.open(service.path, timeout_seconds=5.0)) as store:
        runs = would_go(store, question)
        if not asked.json:
            _write(in_words(store, runs))
            for run in runs[:MOST_NAMED]:
                _write(f"  {run.id[:ID_LENGTH]}  {run.name}")
            if len(runs) > MOST_NAMED:
                _write(f"  and {len(runs) - MOST_NAMED} more")
        went = None
        if runs and not asked.dry_run:
            if not asked.yes and not _wanted():
                _write("Nothing went.")
                return 1
            went = prune(store, runs)
    if asked.json:
        facts = dataclasses.asdict(went) if went else None
        _write(json.dumps({"ids": [run.id for run in runs], "pruned": facts}, indent=1))
    elif went:
        _write(done(went))
    return 0


def _wanted() -> bool:
    if not sys.stdin.isatty():
        raise UsageError("Nobody can be asked here: say --yes, or --dry-run to see what would go.")
    sys.stdout.write("Go on? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
