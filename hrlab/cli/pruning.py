"""Runs pruned: what would go, and that it goes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

from hrlab.export.delivery_cursor import load, position_path
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
