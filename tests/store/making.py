"""Runs to keep: small ones, and a full one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from hrlab.model.run import Phases, Run, Source

WIRE = Path(__file__).parents[1] / "data" / "wire"


def golden(name: str = "run_v1") -> Run:
    return Run.from_dict(json.loads((WIRE / f"{name}.json").read_text(encoding="utf-8")))


def run_id(number: int) -> str:
    return hashlib.md5(str(number).encode()).hexdigest()


def run(number: int = 0, *, code: str | None = None, wall: float = 4.0, **changes: Any) -> Run:
    """A successful run; a later one has a higher `number`."""
    made = Run(
        id=run_id(number),
        name=f"run {number}",
        status="ok",
        started_at=1_790_000_000.0 + number,
        wall_seconds=wall,
        phases=Phases(wall, 0.0, 0.0, 0.0),
        source=Source(kind="cell", code=code, code_sha256=code, notebook="a.ipynb"),
    )
    return replace(made, **changes)


def begun(number: int = 0, **changes: Any) -> Run:
    """A run that is on."""
    return run(number, wall=0.0, phases=None, status="running", **changes)


def kept(kernel, *runs: Run) -> list[str]:
    for number, run in enumerate(runs):
        data = {**run.to_dict(), "id": f"{number + 1:032x}", "started_at": 1000.0 + number}
        kernel.save(Run.from_dict(data))
    return [f"{number + 1:032x}" for number in range(len(runs))]
