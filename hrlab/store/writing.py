"""Write operations on runs. Each function runs within one transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hrlab.model.errors import ConflictError, NotFoundError
from hrlab.model.run import Run
from hrlab.store.process import Process
from hrlab.store.rows import index, labels_text, next_seq, put_facts, put_run, storable


def start(raw: sqlite3.Connection, run: Run, process: Process, now: float) -> None:
    """Insert a run started by `process`, unless it exists."""
    if _status(raw, run.id) is not None:
        return
    put_run(raw, replace(run, status="running"))
    put_running(raw, run, process, now)


def put_running(raw: sqlite3.Connection, run: Run, process: Process, now: float) -> None:
    """Record the process that writes the run, with its first heartbeat."""
    record = json.dumps(replace(run, status="running").to_dict())
    raw.execute(
        "INSERT INTO running VALUES (?, ?, ?, ?, ?, ?, ?)",
        (run.id, process.host, process.pid, process.started, now, run.wall_seconds, record),
    )


def beat(raw: sqlite3.Connection, run_id: str, elapsed_seconds: float, now: float) -> None:
    """Record a heartbeat. A run wrongly marked as interrupted (a suspended laptop) becomes active again."""
    raw.execute(
        "UPDATE running SET heartbeat_at = ?, elapsed_seconds = ? WHERE run_id = ?",
        (now, elapsed_seconds, run_id),
    )
    row = raw.execute(
        "SELECT 1 FROM runs JOIN running ON run_id = id WHERE id = ? AND status = 'interrupted'",
        (run_id,),
    ).fetchone()
    if row:
        for table in ("facts", "resources"):
            raw.execute(f"DELETE FROM {table} WHERE run_id = ?", (run_id,))  # noqa: S608 - constants
        raw.execute(
            "UPDATE runs SET status = 'running', seq = ? WHERE id = ?", (next_seq(raw), run_id)
        )


def finish(raw: sqlite3.Connection, run: Run, record: Mapping[str, Any]) -> bool:
    """Store the record of an ended run unless it exists; return whether it was new.

    A reader's guess (``interrupted``) is replaced by the report of the run's own process.
    """
    status = _status(raw, run.id)
    ended = raw.execute("SELECT 1 FROM facts WHERE run_id = ?", (run.id,)).fetchone()
    guessed = raw.execute("SELECT 1 FROM running WHERE run_id = ?", (run.id,)).fetchone()
    if ended and not guessed:
        return False
    put_run(raw, run)
    put_facts(raw, run.id, record)
    raw.execute("DELETE FROM running WHERE run_id = ?", (run.id,))
    return status is None


def save(raw: sqlite3.Connection, run: Run, record: Mapping[str, Any]) -> bool:
    """Like :func:`finish`, for callers other than the run's own process."""
    if _is_deleted(raw, run.id):
        raise ConflictError(
            f"Run {run.id} has been deleted. Restore it before saving it again.", id=run.id
        )
    return finish(raw, run, record)


def annotate(
    raw: sqlite3.Connection,
    run_id: str,
    name: str | None,
    labels: Mapping[str, str] | None,
    note: str | None,
) -> None:
    """Change user edits; None leaves a field unchanged."""
    _require(raw, run_id)
    raw.execute("INSERT OR IGNORE INTO annotations (run_id) VALUES (?)", (run_id,))
    raw.execute(
        "UPDATE annotations SET name = coalesce(?, name), labels = coalesce(?, labels),"
        " note = coalesce(?, note) WHERE run_id = ?",
        (
            None if name is None else storable(name),
            None if labels is None else labels_text(labels),
            None if note is None else storable(note),
            run_id,
        ),
    )
    index(raw, run_id)
    raw.execute("UPDATE runs SET seq = ? WHERE id = ?", (next_seq(raw), run_id))


def complete(raw: sqlite3.Connection, run_id: str, field: str, value: object) -> bool:
    """Add a field known only after the end to the record of an ended run; return whether it was missing."""
    row = raw.execute("SELECT record FROM facts WHERE run_id = ?", (run_id,)).fetchone()
    record = None if row is None else json.loads(row[0])
    if record is None or record.get(field) is not None:
        return False
    text = json.dumps({**record, field: value})
    raw.execute("UPDATE facts SET record = ? WHERE run_id = ?", (text, run_id))
    raw.execute("UPDATE runs SET seq = ? WHERE id = ?", (next_seq(raw), run_id))
    return True


def delete(raw: sqlite3.Connection, run_id: str, now: float) -> None:
    """Mark the run as deleted; its record stays, so that this can be undone."""
    _require(raw, run_id)
    _set_deleted(raw, run_id, now)


def restore(raw: sqlite3.Connection, run_id: str) -> None:
    """Undo a deletion; does nothing if the run is not deleted."""
    if not _is_deleted(raw, run_id):
        _require(raw, run_id)
        return
    _set_deleted(raw, run_id, None)


def _set_deleted(raw: sqlite3.Connection, run_id: str, deleted_at: float | None) -> None:
    raw.execute(
        "UPDATE runs SET deleted_at = ?, seq = ? WHERE id = ?", (deleted_at, next_seq(raw), run_id)
    )


def _status(raw: sqlite3.Connection, run_id: str) -> str | None:
    row = raw.execute("SELECT status FROM runs WHERE id = ?", (run_id,)).fetchone()
    return row and str(row[0])


def _is_deleted(raw: sqlite3.Connection, run_id: str) -> bool:
    row = raw.execute("SELECT deleted_at FROM runs WHERE id = ?", (run_id,)).fetchone()
    return row is not None and row[0] is not None


def _require(raw: sqlite3.Connection, run_id: str) -> None:
    if _status(raw, run_id) is None or _is_deleted(raw, run_id):
        shown = run_id[:40]
        raise NotFoundError(f"There is no run {shown}. It may have been deleted.", id=shown)
