"""Summaries of runs for lists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from hrlab.model.run import (
    MAX_LABEL_CHARACTERS,
    MAX_LABELS,
    MAX_NAME_CHARACTERS,
    MAX_NOTE_CHARACTERS,
    Approach,
    Phases,
    Run,
    RunError,
    Status,
)
from hrlab.model.wire import encode

#: Maximum length of an error message in a list; the record has the full text.
ERROR_MESSAGE_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Change:
    """Change of a run's wall time relative to the previous successful run of the same code.

    Attributes
    ----------
    ratio
        Wall time divided by the previous wall time, minus one: -0.06 is 6 % faster.
    """

    previous_id: str
    ratio: float


@dataclass(frozen=True, slots=True)
class Summary:
    """Summary of a run; fields as in :class:`hrlab.model.run.Run`.

    Attributes
    ----------
    error
        Its message is cut after `ERROR_MESSAGE_LIMIT` characters.
    name, labels, note
        Cut, with an ellipsis, to the limits for edits; older records may exceed these.
    clusters
        Names of the clusters used.
    warnings
        Codes of the warnings.
    change
        None unless the run and a previous run of the same code succeeded.
    """

    id: str
    name: str
    status: Status
    error: RunError | None
    started_at: float
    wall_seconds: float
    phases: Phases | None
    approach: Approach
    tasks: int
    failed_tasks: int
    workers_peak: int
    threads_peak: int
    clusters: tuple[str, ...]
    labels: Mapping[str, str]
    note: str
    notebook: str | None
    code_sha256: str | None
    warnings: tuple[str, ...]
    change: Change | None

    def to_dict(self) -> dict[str, Any]:
        """Return the summary as JSON values."""
        encoded: dict[str, Any] = encode(self)
        return encoded


def facts_of_list(run: Run) -> str:
    """Return the JSON of fields of `run` that lists show but do not filter by."""
    error = run.error and RunError(run.error.type, run.error.message[:ERROR_MESSAGE_LIMIT])
    return json.dumps(
        {
            "error": encode(error),
            "phases": encode(run.phases),
            "approach": run.approach,
            "tasks": run.tasks,
            "failed_tasks": run.failed_tasks,
            "workers_peak": run.workers_peak,
            "threads_peak": run.threads_peak,
            "clusters": [cluster.name for cluster in run.clusters],
            "warnings": [warning.code for warning in run.warnings],
        }
    )


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else text[: characters - 1] + "…"


def _few(labels: Mapping[str, str]) -> dict[str, str]:
    good = ((key, text) for key, text in labels.items() if len(key) < MAX_LABEL_CHARACTERS)
    return {
        key: _cut(text, MAX_LABEL_CHARACTERS - len(key)) for key, text in islice(good, MAX_LABELS)
    }


#: Columns for :func:`summary` from ``runs``, left joined with ``annotations`` and ``running``.
COLUMNS = """
    runs.id AS id, coalesce(annotations.name, runs.name), runs.status,
    runs.started_at AS started_at,
    coalesce(running.elapsed_seconds, runs.wall_seconds), runs.summary,
    coalesce(annotations.labels, runs.labels), coalesce(annotations.note, runs.note),
    runs.notebook, runs.code_sha256,
    (SELECT previous.id FROM runs AS previous
     WHERE runs.status = 'ok' AND previous.code_sha256 = runs.code_sha256
       AND previous.status = 'ok' AND previous.deleted_at IS NULL
       AND (previous.started_at, previous.id) < (runs.started_at, runs.id)
     ORDER BY previous.started_at DESC, previous.id DESC LIMIT 1) AS previous_id
"""


def summary(row: tuple[Any, ...]) -> Summary:
    """Return the summary of a row of `COLUMNS`, followed by the previous run's wall time (or None)."""
    run_id, name, status, started_at, wall, facts, labels, note, notebook, code = row[:10]
    previous_id, previous_wall = row[10:]
    shown = json.loads(facts)
    return Summary(
        id=run_id,
        name=_cut(name, MAX_NAME_CHARACTERS),
        status=status,
        error=RunError(**shown["error"]) if shown["error"] else None,
        started_at=started_at,
        wall_seconds=wall,
        phases=Phases(**shown["phases"]) if shown["phases"] else None,
        approach=shown["approach"],
        tasks=shown["tasks"],
        failed_tasks=shown["failed_tasks"],
        workers_peak=shown["workers_peak"],
        threads_peak=shown["threads_peak"],
        clusters=tuple(shown["clusters"]),
        labels=_few(json.loads(labels)),
        note=_cut(note, MAX_NOTE_CHARACTERS),
        notebook=notebook,
        code_sha256=code,
        warnings=tuple(shown["warnings"]),
        change=Change(previous_id, wall / previous_wall - 1) if previous_wall else None,
    )
