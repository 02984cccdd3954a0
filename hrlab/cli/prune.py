"""The command ``jupyter hrlab prune``."""

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
    """Criteria of ``prune``: a run is deleted if it meets all given ones; at least one is required.

    Attributes
    ----------
    older_than_days
        Started more than this many days ago.
    keep
        Not among this many most recently started runs.
    statuses
        Ended with one of these statuses.
    only_deleted
        Only runs deleted before, whose measurements are still stored.
    """

    older_than_days: float | None = None
    keep: int | None = None
    statuses: tuple[Status, ...] = ()
    only_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Pruned:
    """Number of deleted runs, and the size of the store in bytes before and after."""

    runs: int
    bytes_before: int
    bytes_after: int


def prunable(
    store: RunStore, question: PruneQuestion, clock: Callable[[], float] = time.time
) -> list[Prunable]:
    """Return the runs that :func:`prune` would delete, oldest first.

    Raises
    ------
    UsageError
        If no criterion is given, or a number is negative.
    """
    age, keep = question.older_than_days, question.keep
    if age is None and keep is None and not question.statuses and not question.only_deleted:
        raise UsageError("Select the runs: --older-than DAYS, --keep N, --status S or --deleted.")
    if (age is not None and not age >= 0) or (keep is not None and keep < 0):
        raise UsageError("--older-than and --keep must be 0 or more.")
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
    """Describe for confirmation which runs would be deleted."""
    if not runs:
        return "No runs match."

    def day(run: Prunable) -> str:
        return time.strftime("%Y-%m-%d", time.localtime(run.started_at))

    said = f"{counted(len(runs), 'run')} will be permanently deleted, from {day(runs[0])} to {day(runs[-1])}"
    deleted = sum(run.is_deleted for run in runs)
    said += f", {deleted} of them already marked as deleted." if deleted else "."
    position = load(position_path(store.path))
    unsent = sum(not run.is_deleted and run.seq > position.seq for run in runs) if position else 0
    if unsent:
        said += f" {counted(unsent, 'run')} not yet delivered to InfluxDB will be lost."
    return said


def prune(store: RunStore, runs: Sequence[Prunable]) -> Pruned:
    """Permanently delete `runs` and compact the store."""
    before = _size(store)
    count = store.prune([run.id for run in runs])
    # If another process is writing, the free space is reused by later runs instead.
    with contextlib.suppress(StoreError):
        store.compact()
    return Pruned(count, before, _size(store))


def done(pruned: Pruned) -> str:
    """Describe the result in one sentence."""
    before, after = format_bytes(pruned.bytes_before), format_bytes(pruned.bytes_after)
    return f"{counted(pruned.runs, 'run')} deleted; the store now takes {after} (before: {before})."


def _size(store: RunStore) -> int:
    ends = ("", "-wal")
    files = [store.path.with_name(store.path.name + end) for end in ends]
    return sum(file.stat().st_size for file in files if file.exists())


#: Most runs listed before the confirmation.
MOST_NAMED = 10


def add_prune(commands: Any) -> None:
    """Add the parser of ``prune``."""
    what = "Permanently delete the runs that meet all of the given criteria."
    made = commands.add_parser("prune", help=what, description=what)
    made.add_argument(
        "--older-than", type=float, metavar="DAYS", help="started more than DAYS days ago"
    )
    made.add_argument("--keep", type=int, metavar="N", help="all but the N most recent")
    made.add_argument(
        "--status",
        action="append",
        default=[],
        choices=STATUSES,
        help="ended with this status; repeatable",
    )
    made.add_argument(
        "--deleted",
        action="store_true",
        help="marked as deleted: no longer listed, but still stored",
    )
    made.add_argument("--dry-run", action="store_true", help="only show what would be deleted")
    made.add_argument("--yes", action="store_true", help="do not ask for confirmation")
    made.add_argument("--json", action="store_true", help="print JSON instead of text")


def prune_runs(service: RunService, asked: argparse.Namespace) -> int:
    """Run ``prune``; return 1 if the user does not confirm."""
    question = PruneQuestion(
        older_than_days=asked.older_than,
        keep=asked.keep,
        statuses=tuple(asked.status),
        only_deleted=asked.deleted,
    )
    with contextlib.closing(RunStore.open(service.path, timeout_seconds=5.0)) as store:
        runs = prunable(store, question)
        if not asked.json:
            _write(in_words(store, runs))
            for run in runs[:MOST_NAMED]:
                _write(f"  {run.id[:ID_LENGTH]}  {run.name}")
            if len(runs) > MOST_NAMED:
                _write(f"  and {len(runs) - MOST_NAMED} more")
        went = None
        if runs and not asked.dry_run:
            if not asked.yes and not _wanted():
                _write("Nothing was deleted.")
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
        raise UsageError(
            "Not a terminal: pass --yes to confirm, or --dry-run to see what would be deleted."
        )
    sys.stdout.write("Continue? [y/N] ")
    sys.stdout.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _write(line: str) -> None:
    sys.stdout.write(line + "\n")
