"""``jupyter hrlab prune``."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from hrlab.export.delivery_cursor import load, position_path
from hrlab.history.service import RunService
from hrlab.history.text_list import ID_LENGTH
from hrlab.model.errors import StoreError, UsageError
from hrlab.model.run import Status
from hrlab.model.units import counted, format_bytes
from hrlab.store.pruning import UNDO_SECONDS, Prunable, PruneQuery
from hrlab.store.sqlite import RunStore

_DAY_SECONDS = 86400.0
STATUSES: tuple[Status, ...] = tuple(one for one in get_args(Status) if one != "running")


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneQuestion:
    """What is asked: runs for which everything holds that is given; at least one thing must be.

    Attributes
    ----------
    older_than_days
        Began so long ago.
    keep
        All but so many that began last.
    statuses
        Ended so.
    only_deleted
        Only runs that were deleted, whose facts the store still has.
    """

    older_than_days: float | None = None
    keep: int | None = None
    statuses: tuple[Status, ...] = ()
    only_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Pruned:
    """How many runs went, and the size of the store before and after."""

    runs: int
    bytes_before: int
    bytes_after: int


def would_go(
    store: RunStore, question: PruneQuestion, clock: Callable[[], float] = time.time
) -> list[Prunable]:
    """The runs that :func:`prune` would take out, the oldest first.

    Raises
    ------
    UsageError
        If nothing is said, or a number is below 0.
    """
    age, keep = question.older_than_days, question.keep
    if age is None and keep is None and not question.statuses and not question.only_deleted:
        raise UsageError("Say which runs: --older-than DAYS, --keep N, --status S or --deleted.")
    if (age is not None and not age >= 0) or (keep is not None and keep < 0):
        raise UsageError("--older-than and --keep take numbers from 0 on.")
    store.mark_interrupted()
    now = clock()
    query = PruneQuery(
        before_at=None if age is None else now - age * _DAY_SECONDS,
        keep=keep,
        statuses=question.statuses,
        deleted_before_at=now - UNDO_SECONDS,
        only_deleted=question.only_deleted,
    )
    return store.prunable(query)


def in_words(store: RunStore, runs: Sequence[Prunable]) -> str:
    """What would go, in sentences for whoever decides."""
    if not runs:
        return "No run is such."

    def day(run: Prunable) -> str:
        return time.strftime("%Y-%m-%d", time.localtime(run.started_at))

    said = f"{counted(len(runs), 'run')} would go for good, from {day(runs[0])} to {day(runs[-1])}"
    deleted = sum(run.is_deleted for run in runs)
    said += f", {deleted} of them deleted before." if deleted else "."
    position = load(position_path(store.path))
    unsent = sum(not run.is_deleted and run.seq > position.seq for run in runs) if position else 0
    if unsent:
        said += f" {counted(unsent, 'run')} of them will then never be delivered to InfluxDB."
    return said


def prune(store: RunStore, runs: Sequence[Prunable]) -> Pruned:
    """Take them out, and give the space back."""
    before = _size(store)
    count = store.prune([run.id for run in runs])
    # If somebody writes just now, the space is used again by what comes.
    with contextlib.suppress(StoreError):
        store.compact()
    return Pruned(count, before, _size(store))


def done(pruned: Pruned) -> str:
    """What went, in a sentence."""
    before, after = format_bytes(pruned.bytes_before), format_bytes(pruned.bytes_after)
    return f"{counted(pruned.runs, 'run')} went; the store has {after}, it had {before}."


def _size(store: RunStore) -> int:
    ends = ("", "-wal")
    files = [store.path.with_name(store.path.name + end) for end in ends]
    return sum(file.stat().st_size for file in files if file.exists())


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
