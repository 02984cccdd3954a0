"""What must hold of a store whose writers were killed."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from hrlab.store.query import RunQuery

KILLS = 50


def check_whole(path) -> None:
    """The file is sound, and no run is there twice or in part."""
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for table, column in (("runs", "id"), ("facts", "run_id"), ("running", "run_id")):
            counts = f"SELECT count(*), count(DISTINCT {column}) FROM {table}"
            total, distinct = raw.execute(counts).fetchone()
            assert total == distinct
        without_facts = raw.execute(
            "SELECT count(*) FROM runs WHERE id NOT IN (SELECT run_id FROM facts)"
        ).fetchone()
        assert (
            without_facts
            == raw.execute(
                "SELECT count(*) FROM runs JOIN running ON run_id = id WHERE status = 'running'"
            ).fetchone()
        )


def pages(store):
    for offset in range(0, store.page().total, 200):
        yield from store.page(RunQuery(offset=offset, limit=200)).runs
