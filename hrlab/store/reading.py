"""What is asked of the store."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from hrlab.store.query import RunQuery, where
from hrlab.store.rows import unpacked
from hrlab.store.summary import COLUMNS, Summary, summary

# ruff: noqa: S608 - SQL is put together from constants of this package; values are always parameters
_ANNOTATED = (
    " LEFT JOIN annotations ON annotations.run_id = runs.id"
    " LEFT JOIN running ON running.run_id = runs.id "
)
_NEWEST_FIRST = " ORDER BY runs.started_at DESC, runs.id DESC "


@dataclass(frozen=True, slots=True)
class Page:
    """Runs of a list.

    Attributes
    ----------
    total
        How many runs the filters let through.
    seq
        Number of the last change that is in this page.
    """

    runs: tuple[Summary, ...]
    total: int
    seq: int


@dataclass(frozen=True, slots=True)
class Changes:
    """Runs that changed, and the number of the last change; ask from there the next time."""

    seq: int
    ids: tuple[str, ...]


def page(raw: sqlite3.Connection, query: RunQuery) -> Page:
    """The runs that `query` asks for."""
    condition, parameters = where(query)
    total = raw.execute(f"SELECT count(*) FROM runs WHERE {condition}", parameters).fetchone()[0]
    # The ids first, so that rows before the offset are skipped in an index.
    chosen = f"SELECT runs.id FROM runs WHERE {condition}{_NEWEST_FIRST}LIMIT ? OFFSET ?"
    rows = _summaries(raw, chosen, [*parameters, query.limit, query.offset])
    return Page(tuple(summary(row) for row in rows), int(total), seq(raw))


def one_summary(raw: sqlite3.Connection, run_id: str) -> Summary | None:
    """The run as a list shows it; None if there is none or it is deleted."""
    chosen = "SELECT id FROM runs WHERE id = ? AND deleted_at IS NULL"
    row = _summaries(raw, chosen, [run_id]).fetchone()
    return row and summary(row)


def _summaries(raw: sqlite3.Connection, chosen: str, parameters: list[Any]) -> sqlite3.Cursor:
    return raw.execute(
        "SELECT page.*, runs.wall_seconds FROM"
        f" (SELECT {COLUMNS} FROM runs {_ANNOTATED} WHERE runs.id IN ({chosen})) AS page"
        " LEFT JOIN runs ON runs.id = page.previous_id"
        " ORDER BY page.started_at DESC, page.id DESC",
        parameters,
    )


def record(
    raw: sqlite3.Connection, run_id: str, *, resources: bool = True
) -> dict[str, Any] | None:
    """The whole record as it came, with what people changed; None if there is none.

    Without `resources` that field is null: its series are most of a record.
    """
    row = raw.execute(
        "SELECT coalesce(facts.record, running.record), annotations.name, annotations.labels,"
        " annotations.note, running.elapsed_seconds, facts.record IS NULL"
        f" FROM runs {_ANNOTATED} LEFT JOIN facts ON facts.run_id = runs.id"
        " WHERE runs.id = ? AND runs.deleted_at IS NULL",
        (run_id,),
    ).fetchone()
    if row is None:
        return None
    text, name, labels, note, elapsed_seconds, running = row
    found: dict[str, Any] = json.loads(text)
    changed = {"name": name, "labels": labels and json.loads(labels), "note": note}
    found.update({key: value for key, value in changed.items() if value is not None})
    if running:
        found["wall_seconds"] = elapsed_seconds
    if resources:
        packed = raw.execute("SELECT packed FROM resources WHERE run_id = ?", (run_id,)).fetchone()
        if packed is not None:
            found["resources"] = unpacked(packed[0])
    elif found.get("resources") is not None:  # a record that an earlier version kept
        found["resources"] = None
    return found


def usual_seconds(raw: sqlite3.Connection, code_sha256: str) -> float | None:
    """Wall time of the latest successful run of this code."""
    row = raw.execute(
        "SELECT wall_seconds FROM runs WHERE code_sha256 = ? AND status = 'ok'"
        " AND deleted_at IS NULL ORDER BY started_at DESC, id DESC LIMIT 1",
        (code_sha256,),
    ).fetchone()
    return row and float(row[0])


def latest_id(raw: sqlite3.Connection) -> str | None:
    """The run that began last, of those that have ended."""
    row = raw.execute(
        "SELECT id FROM runs WHERE deleted_at IS NULL AND status != 'running'"
        " ORDER BY started_at DESC, id DESC LIMIT 1"
    ).fetchone()
    return row and str(row[0])


def seq(raw: sqlite3.Connection) -> int:
    """Number of the last change."""
    return int(raw.execute("SELECT value FROM sequence").fetchone()[0])


def ids_from(raw: sqlite3.Connection, prefix: str) -> list[str]:
    """Ids of at most two runs that begin with `prefix`."""
    rows = raw.execute(
        "SELECT id FROM runs WHERE id >= ? AND id < ? AND deleted_at IS NULL LIMIT 2",
        (prefix, prefix + "~"),
    )
    return [str(row[0]) for row in rows]


def changes(raw: sqlite3.Connection, after: int) -> Changes:
    """Runs whose last change came after change number `after`, in the order of those changes."""
    rows = raw.execute("SELECT id FROM runs WHERE seq > ? ORDER BY seq", (after,))
    return Changes(seq(raw), tuple(row[0] for row in rows))


def queue(raw: sqlite3.Connection, after: int, limit: int) -> list[tuple[str, int]]:
    """Runs whose last change came after change number `after`, with its number, in order; at most `limit`."""
    rows = raw.execute(
        "SELECT id, seq FROM runs WHERE seq > ? ORDER BY seq LIMIT ?", (after, limit)
    )
    return [(str(row[0]), int(row[1])) for row in rows]


def waiting(raw: sqlite3.Connection, after: int) -> int:
    """How many runs have ended and changed after change number `after`."""
    row = raw.execute(
        "SELECT count(*) FROM runs WHERE seq > ? AND status != 'running' AND deleted_at IS NULL",
        (after,),
    ).fetchone()
    return int(row[0])
