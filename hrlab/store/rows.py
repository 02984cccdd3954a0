"""A run as rows of the store: what is kept of a record where."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Mapping
from typing import Any

from hrlab.model.run import Run
from hrlab.store.summary import facts_of_list


def storable(text: str) -> str:
    """The text as UTF-8 can hold it: halves of surrogate pairs become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def labels_text(labels: Mapping[str, str]) -> str:
    """JSON of labels, in one order."""
    return json.dumps(dict(labels), sort_keys=True)


def next_seq(raw: sqlite3.Connection) -> int:
    """The number of the change that is being written."""
    raw.execute("UPDATE sequence SET value = value + 1")
    return int(raw.execute("SELECT value FROM sequence").fetchone()[0])


def put_run(raw: sqlite3.Connection, run: Run) -> None:
    """Write what lists ask of `run`; a tombstone and what people changed stay."""
    source = run.source
    raw.execute(
        "INSERT INTO runs (id, seq, status, started_at, wall_seconds, name, note, labels, notebook,"
        " code_sha256, summary, search) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')"
        " ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, status = excluded.status,"
        " started_at = excluded.started_at, wall_seconds = excluded.wall_seconds,"
        " name = excluded.name, note = excluded.note, labels = excluded.labels,"
        " notebook = excluded.notebook, code_sha256 = excluded.code_sha256,"
        " summary = excluded.summary",
        (
            run.id,
            next_seq(raw),
            run.status,
            run.started_at,
            run.wall_seconds,
            storable(run.name),
            storable(run.note),
            labels_text(run.labels),
            source.notebook and storable(source.notebook),
            source.code_sha256 and storable(source.code_sha256),
            facts_of_list(run),
        ),
    )
    index(raw, run.id)


def put_facts(raw: sqlite3.Connection, run_id: str, record: Mapping[str, Any]) -> None:
    """Keep the whole record, with fields that this hrlab does not know; its series beside it, packed."""
    series = record.get("resources")
    if series is not None:
        record = {**record, "resources": None}
    raw.execute(
        "INSERT INTO facts VALUES (?, ?) ON CONFLICT (run_id) DO UPDATE SET record = excluded.record",
        (run_id, json.dumps(record)),
    )
    raw.execute("DELETE FROM resources WHERE run_id = ?", (run_id,))
    if series is not None:
        raw.execute("INSERT INTO resources VALUES (?, ?)", (run_id, _packed(series)))


def _packed(series: object) -> bytes:
    return zlib.compress(json.dumps(series, separators=(",", ":")).encode())


def unpacked(packed: bytes) -> Any:
    """The series that were kept as `packed`."""
    return json.loads(zlib.decompress(packed))


def index(raw: sqlite3.Connection, run_id: str) -> None:
    """Renew what filters look at: the labels, and the text that is searched."""
    name, note, labels, notebook = raw.execute(
        "SELECT coalesce(annotations.name, runs.name), coalesce(annotations.note, runs.note),"
        " coalesce(annotations.labels, runs.labels), notebook"
        " FROM runs LEFT JOIN annotations ON run_id = id WHERE id = ?",
        (run_id,),
    ).fetchone()
    pairs = [(storable(k), storable(v)) for k, v in json.loads(labels).items()]
    raw.execute("DELETE FROM labels WHERE run_id = ?", (run_id,))
    raw.executemany("INSERT INTO labels VALUES (?, ?, ?)", [(run_id, k, v) for k, v in pairs])
    searched = "\n".join([name, note, notebook or "", *(f"{k}={v}" for k, v in pairs)])
    raw.execute("UPDATE runs SET search = ? WHERE id = ?", (searched.casefold(), run_id))
