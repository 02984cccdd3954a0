"""A run as one flat row, for spreadsheets and plotting scripts.

Times are in seconds, memory in bytes, ``started_at`` in seconds since 1970 (UTC) with ISO text beside it. Repeated
parts of
a record (loops, groups, series) are summed or left out: JSON lines keep them.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import IO, TypeAlias

from hrlab.model.run import Run

Value: TypeAlias = str | float | int | bool | None

#: Prefixes of columns that occur as often as the runs need.
WORKLOAD, LABEL, ACTIVITY = "workload:", "label:", "activity:"

#: Prefixes that make a text a formula in spreadsheets.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _phase(name: str) -> Callable[[Run], Value]:
    return lambda run: None if run.phases is None else float(getattr(run.phases, name))


def _stage(name: str) -> Callable[[Run], Value]:
    def total(run: Run) -> Value:
        if run.phases is None:
            return None
        return sum(float(getattr(loop.stages, name)) for loop in run.loops)

    return total


def _started(run: Run) -> Value:
    try:
        return datetime.fromtimestamp(run.started_at, timezone.utc).isoformat(timespec="seconds")
    except (OverflowError, OSError, ValueError):
        return None


def _average_workers(run: Run) -> Value:
    return sum(cluster.workers.time_average for cluster in run.clusters)


#: Columns of every table, in order.
COLUMNS: Mapping[str, Callable[[Run], Value]] = {
    "id": lambda run: run.id,
    "name": lambda run: run.name,
    "status": lambda run: run.status,
    "started_at": lambda run: run.started_at,
    "started_utc": _started,
    "approach": lambda run: run.approach,
    "wall_seconds": lambda run: run.wall_seconds,
    "pre_seconds": _phase("pre_seconds"),
    "dask_seconds": _phase("dask_seconds"),
    "between_seconds": _phase("between_seconds"),
    "post_seconds": _phase("post_seconds"),
    "submit_seconds": _stage("submit_seconds"),
    "wait_seconds": _stage("wait_seconds"),
    "compute_seconds": _stage("compute_seconds"),
    "gather_seconds": _stage("gather_seconds"),
    "loops": lambda run: len(run.loops),
    "tasks": lambda run: run.tasks,
    "failed_tasks": lambda run: run.failed_tasks,
    "coverage": lambda run: run.coverage,
    "idle_dask_seconds": lambda run: run.idle_dask_seconds,
    "workers": lambda run: run.workers_peak,
    "workers_average": _average_workers,
    "threads": lambda run: run.threads_peak,
    "memory_bytes": lambda run: sum(cluster.memory_bytes for cluster in run.clusters),
    "cluster": lambda run: " ".join(cluster.name for cluster in run.clusters),
    "profile": lambda run: " ".join(c.profile for c in run.clusters if c.profile),
    "cold": lambda run: run.cold,
    "alone": lambda run: run.alone,
    "other_pods": lambda run: run.other_pods,
    "error": lambda run: run.error.type if run.error else None,
    "warnings": lambda run: " ".join(dict.fromkeys(w.code for w in run.warnings)),
    "note": lambda run: run.note,
    "campaign": lambda run: run.campaign.id if run.campaign else None,
    "campaign_point": lambda run: run.campaign.point if run.campaign else None,
    "notebook": lambda run: run.source.notebook,
    "code_sha256": lambda run: run.source.code_sha256,
    "inputs": lambda run: " ".join(one.name for one in run.inputs),
    "user": lambda run: run.environment.user,
    "hostname": lambda run: run.environment.hostname,
    "image": lambda run: run.environment.image,
    "python": lambda run: run.environment.python,
    "dask": lambda run: run.environment.dask,
    "distributed": lambda run: run.environment.distributed,
    "hrlab": lambda run: run.environment.hrlab,
}


def row(run: Run) -> dict[str, Value]:
    """Return the run's values by column."""
    found = {name: value(run) for name, value in COLUMNS.items()}
    for prefix, values in (
        (WORKLOAD, run.workload),
        (ACTIVITY, run.activities),
        (LABEL, run.labels),
    ):
        found.update({f"{prefix}{name}": value for name, value in values.items()})
    return found


def write(runs: Iterable[Run], file: IO[str]) -> int:
    """Write a CSV table (RFC 4180, UTF-8) of `runs`; return their number."""
    rows = [row(run) for run in runs]
    columns = [*COLUMNS, *sorted({name for one in rows for name in one if ":" in name})]
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([_cell(name) for name in columns])
    for one in rows:
        writer.writerow([_cell(one.get(name)) for name in columns])
    return len(rows)


def _cell(value: Value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"'{value}" if value.startswith(FORMULA) else value
    return repr(value)


def unguarded(text: str) -> str:
    """Return the text of a cell without the quote that protects it from evaluation by spreadsheets."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text
