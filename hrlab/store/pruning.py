"""Runs that leave the store for good, with everything that is kept of them. Nothing else changes."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hrlab.model.run import Status
from hrlab.store.rows import next_seq

# ruff: noqa: S608 - names of tables are constants of this package; values are always parameters

#: A deletion may be undone for some seconds; what was deleted longer ago is not asked for again.
UNDO_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneQuery:
    """Which runs go: those for which everything holds that is given.

    Attributes
    ----------
    before_at
        Began before this time, UTC epoch seconds.
    keep
        Not among so many that began last and are not deleted.
    statuses
        Ended so.
    deleted_before_at
        Deleted runs go only if they were deleted before this time.
    only_deleted
        Only runs that were deleted.
    """

    before_at: float | None = None
    keep: int | None = None
    statuses: tuple[Status, ...] = ()
    deleted_before_at: float
    only_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Prunable:
    """A run that would go."""

    id: str
    name: str
    started_at: float
    seq: int
    is_deleted: bool


def prunable(raw: sqlite3.Connection, query: PruneQuery) -> list[Prunable]:
    """The runs for which `query` holds, the oldest first; none that is on."""
    clauses = ["status != 'running'", "id NOT IN (SELECT run_id FROM running)"]
    parameters: list[Any] = []

    def require(clause: str, *values: object) -> None:
        clauses.append(clause)
        parameters.extend(values)

    require("(deleted_at IS NULL OR deleted_at < ?)", query.deleted_before_at)
    if query.only_deleted:
        require("deleted_at IS NOT NULL")
    if query.before_at is not None:
        require("started_at < ?", query.before_at)
    if query.statuses:
        require(f"status IN ({', '.join('?' * len(query.statuses))})", *query.statuses)
    if query.keep is not None:
        newest = (
            "SELECT id FROM runs WHERE deleted_at IS NULL ORDER BY started_at DESC, id DESC LIMIT ?"
        )
        require(f"id NOT IN ({newest})", query.keep)
    rows = raw.execute(
        "SELECT id, coalesce(annotations.name, runs.name), started_at, seq, deleted_at IS NOT NULL"
        " FROM runs LEFT JOIN annotations ON run_id = id"
        f" WHERE {' AND '.join(clauses)} ORDER BY started_at, id",
        parameters,
    )
    return [
        Prunable(run_id, name, started_at, seq, bool(is_deleted))
        for run_id, name, started_at, seq, is_deleted in rows
    ]


def prune(raw: sqlite3.Connection, ids: Sequence[str]) -> int:
    """Take the runs out, unless one is on by now; how many went."""
    tables = [
        table
        for (table,) in raw.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
        ).fetchall()
        if "run_id" in [column[1] for column in raw.execute(f"PRAGMA table_info({table})")]
        and table != "running"
    ]
    count = 0
    for run_id in ids:
        gone = raw.execute(
            "DELETE FROM runs WHERE id = ? AND status != 'running'"
            " AND id NOT IN (SELECT run_id FROM running)",
            (run_id,),
        ).rowcount
        count += gone
        if gone:
            for table in tables:
                raw.execute(f"DELETE FROM {table} WHERE run_id = ?", (run_id,))
    if count:
        next_seq(raw)  # whoever watches looks again
    return count
