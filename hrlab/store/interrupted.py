"""Detects runs whose process has died; any reader of the store marks them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace

from hrlab.model.run import Run, RunWarning
from hrlab.store.process import Process
from hrlab.store.rows import put_facts, put_run

#: Time in seconds without a heartbeat after which a run on another host counts as interrupted; kernels beat every 10 s.
SILENCE_SECONDS = 60.0


def suspects(
    raw: sqlite3.Connection, now: float, is_gone: Callable[[Process], bool | None]
) -> list[str]:
    """Runs marked as running whose process has ended, or cannot be asked and has been silent."""
    rows = raw.execute(
        # CROSS: the few running ones first, whatever SQLite guesses.
        "SELECT run_id, host, pid, process_started, heartbeat_at FROM running"
        " CROSS JOIN runs ON id = run_id WHERE status = 'running'"
    ).fetchall()
    found = []
    for run_id, host, pid, started, heartbeat_at in rows:
        gone = is_gone(Process(host, pid, started))
        if gone or (gone is None and now - heartbeat_at > SILENCE_SECONDS):
            found.append(run_id)
    return found


def mark(raw: sqlite3.Connection, run_id: str) -> bool:
    """Keep the run as interrupted at its last sign of life; False if it has ended meanwhile."""
    row = raw.execute(
        "SELECT record, elapsed_seconds FROM running JOIN runs ON id = run_id"
        " WHERE run_id = ? AND status = 'running'",
        (run_id,),
    ).fetchone()
    if row is None:
        return False
    run = _interrupted(Run.from_dict(json.loads(row[0])), row[1])
    put_run(raw, run)
    put_facts(raw, run_id, run.to_dict())
    return True


def _interrupted(run: Run, elapsed_seconds: float) -> Run:
    warning = RunWarning(
        "interrupted",
        "The kernel of this run ended before the run did. Its times are known only up to its last "
        f"sign of life, {elapsed_seconds:.0f} s after it began.",
    )
    return replace(
        run,
        status="interrupted",
        wall_seconds=elapsed_seconds,
        phases=None,
        warnings=(*run.warnings, warning),
    )
