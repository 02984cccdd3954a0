"""Exports runs to files and imports them, in the supported formats."""

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

#: Formats by file extension.
ENDINGS: Mapping[str, Format] = {
    ".csv": "csv",
    ".json": "jsonl",
    ".jsonl": "jsonl",
    ".lp": "influx",
}


@dataclass(frozen=True, slots=True)
class Imported:
    """Number of new runs in an imported file, and of those already stored."""

    new: int
    known: int


def format_of(file: str, wanted: str | None) -> Format:
    """Return the requested format, else that of the file extension, else JSON lines."""
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
    """Write the runs to `file` without `secrets`; return their number."""
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
        ) as error:  # stored before limits existed: report it and export the others
            file.write(f"# Skipped: {error.message}\n")
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
    """Yield the ids of all ended runs, newest first."""
    offset = 0
    while page := service.page(RunQuery(offset=offset, limit=MAX_LIMIT)).runs:
        yield from (run.id for run in page if run.status != "running")
        offset += len(page)


def read(service: RunService, file: IO[str], name: str) -> Imported:
    """Import runs from JSON lines written by :func:`write`, or from a table.

    Runs already stored are left unchanged. `name` is used for runs of a table without a name.

    Raises
    ------
    MalformedError
        If a line is not JSON, or the header of a table is not understood.
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
        message = f"Line {number} is not valid JSON: {error}. The import stopped there."
        raise MalformedError(message) from error
    if not isinstance(found, dict):
        raise MalformedError(f"Line {number} is not a run. The import stopped there.")
    return found
