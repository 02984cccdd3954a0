"""Which runs to list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hrlab.model.run import Status

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
#: Most words, and most labels, of a filter: each is a condition, of which SQLite takes 1,000 in all.
MAX_WORDS = MAX_LABELS = 100


@dataclass(frozen=True, slots=True)
class RunQuery:
    """A page of runs, newest first; every filter that is given must hold.

    Attributes
    ----------
    offset, limit
        Runs to skip, and most runs to give.
    text
        Words, all of which occur in the name, note, notebook or labels (as ``key=value``), in any
        case.
    notebook
        Exactly this notebook.
    labels
        Pairs of key and value that the run carries, all of them.
    since_at
        Runs that began at this time or later, UTC epoch seconds.
    name, code_sha256
        Exactly this name, and this code.
    """

    offset: int = 0
    limit: int = DEFAULT_LIMIT
    text: str = ""
    notebook: str | None = None
    labels: tuple[tuple[str, str], ...] = ()
    status: Status | None = None
    since_at: float | None = None
    name: str | None = None
    code_sha256: str | None = None


def where(query: RunQuery) -> tuple[str, list[Any]]:
    """Condition in SQL on the table ``runs``, and its parameters."""
    clauses, parameters = ["runs.deleted_at IS NULL"], list[Any]()

    def require(clause: str, *values: object) -> None:
        clauses.append(clause)
        parameters.extend(values)

    for word in query.text.casefold().split():
        require("instr(runs.search, ?) > 0", word)
    if query.notebook is not None:
        require("runs.notebook = ?", query.notebook)
    for key, value in query.labels:
        require("runs.id IN (SELECT run_id FROM labels WHERE key = ? AND value = ?)", key, value)
    if query.status is not None:
        require("runs.status = ?", query.status)
    if query.since_at is not None:
        require("runs.started_at >= ?", query.since_at)
    if query.name is not None:
        require("runs.name = ?", query.name)
    if query.code_sha256 is not None:
        require("runs.code_sha256 = ?", query.code_sha256)
    return " AND ".join(clauses), parameters
