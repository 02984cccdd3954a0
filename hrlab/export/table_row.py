"""A table row as a run with only a wall time."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, get_args

from hrlab.export.flat import ACTIVITY, LABEL, WORKLOAD
from hrlab.model.errors import InvalidRecordError
from hrlab.model.run import Approach, Run, Status
from hrlab.model.workload import NAMES

#: Columns with a wall time, and the seconds of their unit.
WALL: Mapping[str, float] = {"wall_seconds": 1.0, "wall_minutes": 60.0, "wall_hours": 3600.0}
_TIMES = ("pre_seconds", "dask_seconds", "between_seconds", "post_seconds")


def number(text: str) -> float | None:
    """Parse a finite number; None if `text` is not one."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _number(column: str, text: str) -> float:
    found = number(text)
    if found is None or found < 0:
        raise _bad(column, text, "a number, 0 or more")
    return found


def _whole(column: str, text: str) -> int:
    found = _number(column, text)
    if not found.is_integer():
        raise _bad(column, text, "a whole number")
    return int(found)


def _choice(known: tuple[str, ...]) -> Callable[[str, str], str]:
    def read(column: str, text: str) -> str:
        if text not in known:
            raise _bad(column, text, f"one of {', '.join(known)}")
        return text

    return read


def _text(column: str, text: str) -> str:
    del column
    return text


def _yes(column: str, text: str) -> bool:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    if text.lower() not in words:
        raise _bad(column, text, "true or false")
    return words[text.lower()]


def _moment(column: str, text: str) -> float:
    seconds = number(text)
    if seconds is not None:
        return seconds
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).timestamp()
    except (OverflowError, ValueError):
        wanted = "a time as 2026-11-21T13:00:00Z or in seconds since 1970, UTC"
        raise _bad(column, text, wanted) from None


def _bad(column: str, text: str, wanted: str) -> InvalidRecordError:
    return InvalidRecordError(f"{column} must be {wanted}, not {text[:80]!r}.", path=column)


#: Columns that become fields of a run, with their parsers.
PLAIN: Mapping[str, Callable[[str, str], Any]] = {
    "id": _text,
    "name": _text,
    "status": _choice(tuple(one for one in get_args(Status) if one != "running")),
    "started_at": _moment,
    "started_utc": _moment,
    "approach": _choice(get_args(Approach)),
    "coverage": _number,
    "idle_dask_seconds": _number,
    "workers": _whole,
    "workers_average": _number,
    "threads": _whole,
    "memory_bytes": _whole,
    "cluster": _text,
    "profile": _text,
    "cold": _yes,
    "alone": _yes,
    "other_pods": _whole,
    "error": _text,
    "note": _text,
    "campaign": _text,
    "campaign_point": _text,
    "notebook": _text,
    "code_sha256": _text,
    "user": _text,
    "hostname": _text,
    "image": _text,
    "python": _text,
    "dask": _text,
    "distributed": _text,
    "hrlab": _text,
}


def made(values: Mapping[str, str], *, run_id: str, name: str, now: float) -> Run:
    """Return the run described by a row; `now` is its start time if the row has none.

    Raises
    ------
    InvalidRecordError
        If a value is invalid; the message names its column.
    """
    read = {
        column: PLAIN[column](column, text) for column, text in values.items() if column in PLAIN
    }
    started = read.get("started_at", read.get("started_utc"))
    parallel = read.get("workers") or read.get("approach", "serial") != "serial"
    threads_known = "threads" in read or not parallel
    workload = {
        **{column: _number(column, values[column]) for column in NAMES if column in values},
        **_figures(values, WORKLOAD),
    }
    environment = ("python", "hrlab", "dask", "distributed", "hostname", "image", "user")
    return Run.from_dict(
        {
            "id": run_id,
            "name": read.get("name", name),
            "status": read.get("status", "ok"),
            "error": {"type": read["error"], "message": ""} if "error" in read else None,
            "started_at": now if started is None else started,
            "wall_seconds": _wall(values),
            "approach": read.get("approach") or _approach(read),
            "coverage": read.get("coverage", 1.0),
            "idle_dask_seconds": read.get("idle_dask_seconds", 0.0),
            "clusters": _clusters(read),
            "labels": {
                column.removeprefix(LABEL): text
                for column, text in values.items()
                if column.startswith(LABEL)
            },
            "activities": _figures(values, ACTIVITY),
            "workload": workload,
            "note": read.get("note", ""),
            "cold": read.get("cold"),
            "alone": read.get("alone"),
            "other_pods": read.get("other_pods"),
            "campaign": (
                {"id": read["campaign"], "point": read.get("campaign_point", "")}
                if "campaign" in read
                else None
            ),
            "environment": {key: read[key] for key in environment if key in read},
            "source": {
                "kind": "import",
                **{key: read[key] for key in ("code_sha256", "notebook") if key in read},
            },
            "warnings": _warnings(values, begun=started is not None, threads=threads_known),
        }
    )


def _wall(values: Mapping[str, str]) -> float:
    for column, seconds in WALL.items():
        if column in values:
            return _number(column, values[column]) * seconds
    raise InvalidRecordError("This row has no wall time.", path="wall_seconds")


def _figures(values: Mapping[str, str], prefix: str) -> dict[str, float]:
    return {
        column.removeprefix(prefix): _number(column, text)
        for column, text in values.items()
        if column.startswith(prefix)
    }


def _approach(read: Mapping[str, Any]) -> str:
    return "distributed" if read.get("workers") or read.get("threads") else "serial"


def _clusters(read: Mapping[str, Any]) -> list[dict[str, Any]]:
    workers = read.get("workers", 0)
    threads = read.get("threads", workers)
    memory = read.get("memory_bytes", 0)
    if not (workers or threads or memory or "cluster" in read):
        return []
    average = read.get("workers_average", float(workers))
    cluster = {
        "name": read.get("cluster", "imported"),
        "scheduler_address": None,
        "dask_version": None,
        "memory_bytes": memory,
        "clock": None,
        "workers": {"peak": workers, "time_average": average, "threads_peak": threads},
    }
    if "profile" in read:
        cluster["profile"] = read["profile"]
    return [cluster]


def _warnings(values: Mapping[str, str], *, begun: bool, threads: bool) -> list[dict[str, str]]:
    found = []
    if not begun:
        message = "The table has no start time: the time of the import is used instead."
        found.append({"code": "start-unknown", "message": message})
    if not threads:
        message = "The table has no number of threads: assumed one per worker, or one."
        found.append({"code": "threads-unknown", "message": message})
    if any(column in values for column in _TIMES):
        message = "The phases in the table were ignored, because a flat row has no loops. Use JSON lines to keep them."
        found.append({"code": "phases-left-out", "message": message})
    return found
