"""Tables of the store, and how a file of an older version becomes one of this.

``runs`` holds what lists, filters and comparisons ask, one narrow row a run; ``facts`` the whole record as JSON, written
once when the run ends, to which the server may add what only it has seen (``other_pods``), but for its hardware use, which
is ten times as long: ``resources`` has it as packed JSON, so that whoever compares many runs need not read it;
``annotations`` what people change, which saving a record never touches; ``running`` who is writing a run that has not
ended, and its last sign of life. A deleted run keeps its row, with ``deleted_at``: the tombstone. Every change that a
reader should hear of gives the run the next number of ``sequence``.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from hrlab.model.errors import StoreError

APPLICATION_ID = 0x68726C62  # "hrlb", so that another program's file is not taken for ours

_VERSION_1 = (
    """CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        seq INTEGER NOT NULL,
        status TEXT NOT NULL,
        started_at REAL NOT NULL,
        wall_seconds REAL NOT NULL,
        name TEXT NOT NULL,
        note TEXT NOT NULL,
        labels TEXT NOT NULL,
        notebook TEXT,
        code_sha256 TEXT,
        summary TEXT NOT NULL,
        search TEXT NOT NULL,
        deleted_at REAL
    ) WITHOUT ROWID""",
    "CREATE INDEX runs_by_seq ON runs (seq)",
    # Counting must not touch the rows: SQLite looks at the columns of a condition even where the
    # condition of the index implies it, so they are in the index.
    "CREATE INDEX runs_by_time ON runs (started_at DESC, id DESC, status, deleted_at) "
    "WHERE deleted_at IS NULL",
    "CREATE INDEX runs_by_notebook ON runs (notebook, started_at DESC, id DESC, status, deleted_at)"
    " WHERE deleted_at IS NULL",
    "CREATE INDEX runs_by_code ON runs (code_sha256, started_at DESC, id DESC, status, deleted_at) "
    "WHERE status = 'ok' AND deleted_at IS NULL",
    "CREATE TABLE facts (run_id TEXT PRIMARY KEY, record TEXT NOT NULL)",
    "CREATE TABLE annotations (run_id TEXT PRIMARY KEY, name TEXT, labels TEXT, note TEXT)",
    "CREATE TABLE labels (run_id TEXT, key TEXT, value TEXT, PRIMARY KEY (run_id, key)) "
    "WITHOUT ROWID",
    "CREATE INDEX labels_by_value ON labels (key, value, run_id)",
    """CREATE TABLE running (
        run_id TEXT PRIMARY KEY,
        host TEXT NOT NULL,
        pid INTEGER NOT NULL,
        process_started TEXT NOT NULL,
        heartbeat_at REAL NOT NULL,
        elapsed_seconds REAL NOT NULL,
        record TEXT NOT NULL
    )""",
    "CREATE TABLE sequence (value INTEGER NOT NULL)",
    "INSERT INTO sequence VALUES (0)",
)

_VERSION_2 = ("CREATE TABLE resources (run_id TEXT PRIMARY KEY, packed BLOB NOT NULL)",)

#: What makes version n + 1 of version n; the first entry makes version 1 of an empty file.
MIGRATIONS: tuple[tuple[str, ...], ...] = (_VERSION_1, _VERSION_2)
VERSION = len(MIGRATIONS)


def prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Create or update the tables, safely while other processes do the same.

    Raises
    ------
    StoreError
        If a newer hrlab wrote the file, or another program did.
    """
    if _version(connection, path) == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statements in MIGRATIONS[_version(connection, path) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """Version of the tables; 0 for an empty file."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        message = (
            f"The store {path} is of a newer hrlab (store version {version}, known is {VERSION}). "
            "Install the newer hrlab here too, or set HRLAB_STORE to another path."
        )
        raise StoreError(message, reason="newer", path=str(path))
    application = int(connection.execute("PRAGMA application_id").fetchone()[0])
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and application != APPLICATION_ID:
        raise StoreError(
            f"{path} is another program's database. Set HRLAB_STORE to another path.",
            reason="foreign",
            path=str(path),
        )
    return version
