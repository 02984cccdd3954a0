"""Runs out of the store and into it, in the formats that other programs read and write."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import IO, Any, Literal, TypeAlias, get_args

from hrlab.export import flat, line_protocol, table
from hrlab.history.service import RunService
from hrlab.model.errors import InvalidRecordError, MalformedError
from hrlab.model.redaction import Secret, redacted
from hrlab.model.run import Run
from hrlab.store.query import MAX_LIMIT, RunQuery

Format: TypeAlias = Literal["jsonl", "csv", "influx"]
FORMATS: tuple[Format, ...] = get_args(Format)

#: Formats that a file's name tells.
ENDINGS: Mapping[str, Format] = {
    ".csv": "csv",
    ".json": "jsonl",
    ".jsonl": "jsonl",
    ".lp": "influx",
}


@dataclass(frozen=True, slots=True)
class Imported:
    """How many runs of a file were new, and how many there already."""

    new: int
    known: int


def format_of(file: str, wanted: str | None) -> Format:
    """The format asked for, else the one that the file's name tells, else JSON lines."""
    for known in FORMATS:
        if wanted == known:
            return known
    found = [known for ending, known in ENDINGS.items() if file.lower().endswith(ending)]
    return found[0] if found else "jsonl"


def write(
    service: RunService,
    ids: Iterable[str],
    file: IO[str],
    wanted: Format,
    secrets: Collection[Secret] = (),
) -> int:
    """Write the runs to `file`, without `secrets`; how many there were."""
    records = (redacted(service.get(run_id), secrets) for run_id in ids)
    return _WRITERS[wanted](records, file)


def _json_lines(records: Iterable[Mapping[str, Any]], file: IO[str]) -> int:
    count = 0
    for record in records:
        file.write(json.dumps(record, ensure_ascii=False) + "\n")
        count += 1
    return count


def _csv(records: Iterable[Mapping[str, Any]], file: IO[str]) -> int:
    return flat.write(map(Run.from_dict, records), file)


def _influx(records: Iterable[Mapping[str, Any]], file: IO[str]) -> int:
    count = 0
    for record in records:
        try:
            lines = [f"{line}\n" for line in line_protocol.lines(Run.from_dict(record))]
        except (
            InvalidRecordError
        ) as error:  # kept before records were bounded: said, and the others go out
            file.write(f"# Left out: {error.message}\n")
            continue
        file.writelines(lines)
        count += 1
    return count


_WRITERS: Mapping[Format, Callable[[Iterable[Mapping[str, Any]], IO[str]], int]] = {
    "jsonl": _json_lines,
    "csv": _csv,
    "influx": _influx,
}


def all_ids(service: RunService) -> Iterator[str]:
    """Ids of all runs that have ended, newest first."""
    offset = 0
    while page := service.page(RunQuery(offset=offset, limit=MAX_LIMIT)).runs:
        yield from (run.id for run in page if run.status != "running")
        offset += len(page)


def read(service: RunService, file: IO[str], name: str) -> Imported:
    """Keep the runs of a file: JSON lines as :func:`write` makes them, or a table.

    Runs that are there already stay as they are. `name` is for runs of a table that have none.

    Raises
    ------
    MalformedError
        If a line is not JSON, or a table's header can't be understood.
    InvalidRecordError
        If a line is not a run.
    """
    remarks: list[str] = []
    for line in file:
        remarks.append(line)
        if line.removeprefix("\ufeff").strip():
            break
    is_json = bool(remarks) and remarks[-1].removeprefix("\ufeff").lstrip().startswith(("{", "["))
    lines = chain(remarks, file)
    if is_json or not remarks:
        return _save(service, _records(lines))
    runs = table.read(lines, name=name, now=time.time())
    return _save(service, (run.to_dict() for run in runs))


def _save(service: RunService, records: Iterable[Mapping[str, Any]]) -> Imported:
    new = known = 0
    for record in records:
        is_new = service.save(str(record.get("id", "")), record)
        new, known = new + is_new, known + (not is_new)
    return Imported(new, known)


def _records(lines: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _record(line.removeprefix("\ufeff"), number)


def _record(line: str, number: int) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (RecursionError, ValueError) as error:
        message = f"Line {number} is not JSON: {error}. Nothing after it was read."
        raise MalformedError(message) from error
    if not isinstance(found, dict):
        raise MalformedError(f"Line {number} is not a run. Nothing after it was read.")
    return found
