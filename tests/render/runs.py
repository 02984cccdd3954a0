"""Runs to render: the golden records, and awkward ones made from them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from hrlab.model.run import Mark, Run, RunError, RunWarning

WIRE = Path(__file__).parents[1] / "data" / "wire"

HOSTILE = "<script>alert(\"x\")</script>\x1b[31m & 'é'\n</div>"


def golden(name: str = "run_v1") -> Run:
    return Run.from_dict(json.loads((WIRE / f"{name}.json").read_text(encoding="utf-8")))


def all_golden() -> list[Run]:
    return [golden(path.stem) for path in sorted(WIRE.glob("run_v*.json"))]


def hostile() -> Run:
    """A run in which everything that a user can write tries to be markup."""
    run = golden()
    return replace(
        run,
        name=HOSTILE,
        status="failed",
        note=HOSTILE,
        error=RunError(HOSTILE, HOSTILE),
        labels={HOSTILE: HOSTILE},
        workload={HOSTILE: 1.0},
        groups=tuple(replace(group, name=HOSTILE) for group in run.groups),
        marks=(Mark(HOSTILE, None, 1.0, 2.0),),
        clusters=tuple(replace(cluster, name=HOSTILE) for cluster in run.clusters),
        warnings=(RunWarning(HOSTILE, HOSTILE),),
    )
