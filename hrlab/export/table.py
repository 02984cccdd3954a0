"""Imports tables as runs: published tables, spreadsheets, or the output of :mod:`hrlab.export.flat`.

Two forms are supported. **Long**: a row is a run, with its wall time in ``wall_seconds`` (or ``wall_minutes``,
``wall_hours``) and, if known, ``approach``, ``workers``, ``threads``, ``memory_bytes``, workload figures and labels.
**Wide**, as published by facilities: a row is an amount of work, with the wall seconds in columns ``serial``,
``local``,
``distributed`` and the resources of each in ``distributed_threads`` and so on. Only the wall time becomes part of a
run:
``phases`` is null.
"""

from __future__ import annotations

import csv
import difflib
import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, get_args

from hrlab.export.flat import ACTIVITY, COLUMNS, LABEL, WORKLOAD, unguarded
from hrlab.export.table_row import PLAIN, WALL, made, number
from hrlab.model.errors import HrlabError, InvalidRecordError, MalformedError
from hrlab.model.run import Approach, Run
from hrlab.model.workload import NAMES

#: Columns of seconds; `processes` is a count.
_APPROACHES = tuple(name for name in get_args(Approach) if name != "processes")
_SIZES = ("workers", "threads", "memory_bytes")
#: Ids of rows are derived from their content, so that importing a table again adds nothing.
_NAMESPACE = uuid.UUID("5f0c3b2e-6f0e-4d5f-9d0a-6d1f6e1f7a10")
_NOTHING = ("", "-", "–", "n/a", "nan")
_DELIMITERS = (",", ";", "\t")


def read(file: Iterator[str], *, name: str, now: float) -> Iterator[Run]:
    """Yield the runs of a table.

    Parameters
    ----------
    file
        Lines of CSV with a header; separated by comma, semicolon (the comma may then be the decimal point) or tab.
        Lines
        before the header and rows starting with ``#`` are comments.
    name
        Name of runs whose row has none.
    now
        Start time of runs without one, in the order of their rows, in seconds since 1970 (UTC).

    Raises
    ------
    MalformedError
        If the header has an unknown column, or none with a wall time.
    InvalidRecordError
        If a row is not a valid run; the message names its line.
    """
    reader, header, delimiter = _opened(file)
    wide = _is_wide(header)
    seen: dict[str, int] = {}
    count = 0
    for cells in reader:
        if not any(cells) or cells[0].startswith("#"):
            continue
        values = _values(header, cells, reader.line_num, delimiter)
        for one in _apart(values) if wide else [values]:
            run_id = one.get("id") or _own_id(one, name, seen)
            try:
                yield made(one, run_id=run_id, name=name, now=now + count / 1000)
            except HrlabError as error:
                line = reader.line_num
                message = f"Line {line}: {error.message} The import stopped there."
                raise InvalidRecordError(message, line=line) from error
            count += 1


def _opened(file: Iterator[str]) -> tuple[Any, list[str], str]:
    for line in file:
        first = line.removeprefix("\ufeff")
        if first.strip() and not first.lstrip().startswith("#"):
            break
    else:
        raise MalformedError("The table is empty: its first line must name the columns.")
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(chain([first], file), delimiter=delimiter)
    header = [unguarded(cell.strip()) for cell in next(reader)]
    _check(header)
    return reader, header, delimiter


def _check(header: list[str]) -> None:
    twice = next((name for name in header if name and header.count(name) > 1), None)
    if twice:
        raise MalformedError(f"The table has two columns {twice[:80]!r}. Remove one.")
    for column in header:
        if column and not _means_something(column):
            known = [*PLAIN, *WALL, *NAMES, *_APPROACHES]
            near = difflib.get_close_matches(column.lower(), known, n=2, cutoff=0.6)
            hint = f"Did you mean {' or '.join(near)}? " if near else ""
            raise MalformedError(
                f"Unknown column {column[:80]!r}. {hint}Call a figure of the workload "
                f"workload:{column[:40]}, and a label label:{column[:40]}.",
                column=column[:80],
            )
    if not set(header) & {*WALL, *_APPROACHES}:
        raise MalformedError(
            "The table has no wall times: name a column wall_seconds (or wall_minutes, wall_hours), or columns "
            f"{', '.join(_APPROACHES)} with seconds."
        )


def _means_something(column: str) -> bool:
    if column in (*PLAIN, *WALL, *COLUMNS, *NAMES, *_APPROACHES):
        return True
    approach, _, size = column.partition("_")
    kind, colon, rest = column.partition(":")
    known = f"{kind}{colon}" in (WORKLOAD, LABEL, ACTIVITY) and bool(rest)
    return known or (approach in _APPROACHES and size in _SIZES)


def _is_wide(header: Iterable[str]) -> bool:
    return not set(header) & set(WALL)


def _values(header: list[str], cells: list[str], line: int, delimiter: str) -> dict[str, str]:
    if len(cells) > len(header):
        raise InvalidRecordError(
            f"Line {line} has {len(cells)} cells, the header {len(header)}. Put text with a {delimiter!r} in quotes.",
            line=line,
        )
    found = {}
    for column, cell in zip(header, cells, strict=False):
        text = cell.strip()
        if column and text.lower() not in _NOTHING:
            numeric = delimiter == ";" and number(text.replace(",", ".")) is not None
            found[column] = text.replace(",", ".") if numeric else unguarded(text)
    return found


def _apart(values: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield a row of a wide table as one row of a long table for each approach."""
    common = {
        column: cell
        for column, cell in values.items()
        if column.partition("_")[0] not in _APPROACHES
    }
    for approach in _APPROACHES:
        if approach in values:
            sizes = {
                size: values[f"{approach}_{size}"]
                for size in _SIZES
                if f"{approach}_{size}" in values
            }
            yield {**common, **sizes, "approach": approach, "wall_seconds": values[approach]}


def _own_id(values: Mapping[str, str], name: str, seen: dict[str, int]) -> str:
    """Return an id derived from the row; equal rows, which are repeats, get different ids."""
    text = json.dumps([name, sorted(values.items())], ensure_ascii=True)
    seen[text] = seen.get(text, 0) + 1
    return uuid.uuid5(_NAMESPACE, f"{text}#{seen[text]}").hex
