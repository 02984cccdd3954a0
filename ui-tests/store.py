"""Fill or empty the store of the UI tests: ``store.py fill COUNT``, ``add CHANGES [GOLDEN]`` or ``clear``."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

from hrlab.model.run import Run
from hrlab.model.wire import decode
from hrlab.store.sqlite import RunStore

WIRE = Path(__file__).parents[1] / "tests" / "data" / "wire"
GOLDEN = WIRE / "run_v1.json"


def record(number: int, golden: dict[str, Any]) -> dict[str, Any]:
    """The golden run under another id, name and time."""
    return {
        **golden,
        "id": uuid4().hex,
        "name": f"Zee variation {number}",
        "started_at": golden["started_at"] + 60 * number,
        "labels": {"point": str(number % 10)},
        "warnings": [],
    }


def fill(count: int) -> None:
    """Add `count` runs; the last is the newest."""
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    store = RunStore.open(os.environ["HRLAB_STORE"], timeout_seconds=30)
    for number in range(count):
        store.save(decode(Run, record(number, golden)))
    store.close()


def add(changes: str, name: str = "run_v1") -> None:
    """Add one run: the golden one of that name with `changes` (JSON)."""
    golden = json.loads((WIRE / f"{name}.json").read_text(encoding="utf-8"))
    store = RunStore.open(os.environ["HRLAB_STORE"], timeout_seconds=30)
    store.save(decode(Run, {**golden, "id": uuid4().hex, **json.loads(changes)}))
    store.close()


def clear() -> None:
    """Forget all runs, deletions included."""
    with sqlite3.connect(os.environ["HRLAB_STORE"], timeout=30) as raw:
        for table in ("runs", "facts", "annotations", "labels", "running", "resources"):
            raw.execute(f"DELETE FROM {table}")
        raw.execute("UPDATE sequence SET value = value + 1")


if __name__ == "__main__":
    {"fill": lambda: fill(int(sys.argv[2])), "add": lambda: add(*sys.argv[2:]), "clear": clear}[
        sys.argv[1]
    ]()
