"""Files that an earlier hrlab wrote."""

from __future__ import annotations

import json
import sqlite3

from hrlab.store.schema import MIGRATIONS, VERSION
from hrlab.store.sqlite import RunStore
from tests.store.making import golden


def test_record_that_holds_its_series_itself_is_read_as_it_was(tmp_path):
    """Version 1 had no table for them."""
    path, sampled = tmp_path / "runs.sqlite", golden("run_v1_resources")
    made = RunStore.open(path)
    made.finish(sampled)
    made.close()
    with sqlite3.connect(path) as raw:
        raw.execute("DROP TABLE resources")
        raw.execute("UPDATE facts SET record = ?", (json.dumps(sampled.to_dict()),))
        raw.execute("PRAGMA user_version = 1")
    raw.close()
    store = RunStore.open(path)
    assert store.get(sampled.id) == sampled.to_dict()
    assert store.get(sampled.id, resources=False)["resources"] is None
    store.finish(golden())
    assert store.get(golden().id) == golden().to_dict()
    store.close()
    assert len(MIGRATIONS) == VERSION
