"""A run as lines of InfluxDB's line protocol, accepted by InfluxDB 1, 2 and 3 and VictoriaMetrics.

A line is ``measurement,tag=... field=... time``. A run always has the same measurement, tags and time, so writing it
again
overwrites it and never duplicates: what can change (status, name, labels) is a field, not a tag. Times are in
nanoseconds:
milliseconds are those of the run and the digits below are derived from its id, so that two runs that start together do
not
become one point.

Types of fields never change (InfluxDB rejects a field that was a float and is now an integer): seconds, shares and
workload
figures are floats, counts and bytes are integers.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from hrlab.export.flat import COLUMNS, Value, row
from hrlab.model.errors import InvalidRecordError
from hrlab.model.resources import ClusterUse, KernelUse, Resources, Series
from hrlab.model.run import LATEST_START, Run

Fields: TypeAlias = Mapping[str, Value]

MEASUREMENT = "hrlab_run"
GROUPS = "hrlab_group"
RESOURCES = "hrlab_resources"
#: Maximum number of task groups with their own line; the longest come first.
MOST_GROUPS = 50

#: Values to group by, with low cardinality; all others are fields.
_TAGS = ("approach", "user", "hostname", "profile")
_FLOATS = frozenset(("started_at", "coverage", "workers_average"))
_NOT_EXPORTED = frozenset(("note", "started_utc", *_TAGS))
_SAFE = re.compile(r"[\r\n\t\x00]+")


def lines(run: Run, tags: Mapping[str, str] | None = None) -> Iterator[str]:
    """Yield the lines of a run.

    Parameters
    ----------
    run
        A run that has ended.
    tags
        Additional tags for every line.
    """
    values = row(run)
    common = {**(tags or {}), **{name: str(values[name] or "") for name in _TAGS}}
    at = time_of(run)
    yield from _line(MEASUREMENT, common, _facts(values), at)
    longest_first = sorted(run.groups, key=lambda group: -group.compute_seconds)
    for group in longest_first[:MOST_GROUPS]:
        fields: dict[str, Value] = {
            "run": run.id,
            "tasks": group.tasks,
            "failed_tasks": group.failed_tasks,
            "compute_seconds": float(group.compute_seconds),
            "longest_seconds": float(group.longest_seconds),
            "output_bytes": group.output_bytes,
        }
        yield from _line(GROUPS, {**common, "group": group.name}, fields, at)
    if run.resources is not None:
        yield from _resources(run, run.resources, common)


def _resources(run: Run, resources: Resources, common: Mapping[str, str]) -> Iterator[str]:
    """Yield a point for each value of the series, for each cluster and the kernel process."""
    used: list[tuple[str, ClusterUse | KernelUse]] = [
        (f"cluster-{use.cluster}", use) for use in resources.clusters
    ]
    if resources.kernel is not None:
        used.append(("kernel", resources.kernel))
    for of, use in used:
        series = _series(use)
        for i, start in enumerate(resources.starts):
            fields: dict[str, Value] = {name: values[i] for name, values in series.items()}
            # Without a value there is no point, regardless of other fields.
            if any(value is not None for value in fields.values()):
                tags = {**common, "of": of}
                yield from _line(RESOURCES, tags, {"run": run.id, **fields}, time_of(run, start))


def _series(use: ClusterUse | KernelUse) -> dict[str, tuple[float | None, ...]]:
    found: dict[str, tuple[float | None, ...]] = {}
    for one in dataclasses.fields(use):
        value = getattr(use, one.name)
        if isinstance(value, Series):
            parts = {"": value.total, "_minimum": value.minimum, "_maximum": value.maximum}
            found.update({f"{one.name}{end}": part for end, part in parts.items() if part})
        elif isinstance(value, tuple):
            found[one.name] = value
    return {
        name: tuple(None if value is None else float(value) for value in values)
        for name, values in found.items()
    }


def time_of(run: Run, after_seconds: float = 0.0) -> int:
    """Return the time of a point in ns since 1970 (UTC); digits below the millisecond are derived from the run's id."""
    if not 0 <= run.started_at <= LATEST_START:  # stored before limits existed
        raise InvalidRecordError(
            f"Run {run.id} started at {run.started_at:g}, a time that databases cannot store.",
            path="record.started_at",
        )
    milliseconds = round((run.started_at + after_seconds) * 1000)
    return milliseconds * 1_000_000 + int(run.id, 16) % 1_000_000


def _facts(values: Mapping[str, Value]) -> dict[str, Value]:
    found: dict[str, Value] = {"run": values["id"]}
    for name, value in values.items():
        if name == "id" or name in _NOT_EXPORTED:
            continue
        is_float = name not in COLUMNS or name.endswith("_seconds") or name in _FLOATS
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        found[name.replace(":", "_")] = float(value or 0) if is_float and number else value
    return found


def _line(measurement: str, tags: Mapping[str, str], fields: Fields, at: int) -> Iterator[str]:
    tagged = "".join(
        f",{_key(name)}={_key(value)}"
        for name, value in sorted(tags.items())
        if _key(name) and _key(value)
    )
    written = ",".join(
        f"{_key(name)}={text}"
        for name, value in fields.items()
        if _key(name) and (text := _field(value)) is not None
    )
    if written:
        yield f"{_key(measurement)}{tagged} {written} {at}"


def _key(text: str) -> str:
    # The format cannot represent a line break, nor a backslash before a separator.
    text = _SAFE.sub(" ", text).rstrip("\\").strip()
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace(",", r"\,").replace("=", r"\=").replace(" ", r"\ ")


def _field(value: Value) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value}i"
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else None
    text = value.encode("utf-8", "replace").decode("utf-8").replace("\x00", " ")
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", " ").replace("\n", " ")
    return f'"{text}"'
