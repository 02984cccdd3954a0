"""Validates imported records beyond their types: bounds on numbers, nesting and text lengths.

Applied when a record is imported (PUT, import). Stored records are read as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

from hrlab.history.edit import read_patch
from hrlab.model.errors import InvalidRecordError
from hrlab.model.run import LATEST_START, Run

#: Maximum nesting of objects and lists; hrlab's own records have 7 levels.
MAX_DEPTH = 64
#: A million TB in bytes, or the age of the universe in seconds: exceeds every count, size or time of a run.
LARGEST_NUMBER = 1e18


def check_run(run: Run) -> None:
    """Verify that an imported run can be listed, drawn, exported and delivered.

    Raises
    ------
    InvalidRecordError
        If a time is out of range, or name, labels or note exceed the limits for edits.
    """
    _check_time(run.started_at, "record.started_at")
    for number, cell in enumerate(run.cells):
        if cell.started_at is not None:
            _check_time(cell.started_at, f"record.cells[{number}].started_at")
    read_patch({"name": run.name, "labels": run.labels, "note": run.note})


def _check_time(at: float, path: str) -> None:
    if not 0 <= at <= LATEST_START:
        raise InvalidRecordError(
            f"{path} must be from 0 to {LATEST_START:.0f} (the year 2200), not {at:g}.", path=path
        )


def check_values(record: object) -> None:
    """Verify all values of a record, including unknown fields.

    Raises
    ------
    InvalidRecordError
        If the nesting is too deep, or a number is too large or not finite.
    """
    # Iterative: the nesting depth is not known yet.
    level, depth = [record], 0
    while level:
        if depth > MAX_DEPTH:
            raise InvalidRecordError(
                f"The record is nested more than {MAX_DEPTH} levels deep.", path="record"
            )
        inner: list[object] = []
        for value in level:
            if isinstance(value, Mapping):
                inner.extend(value.values())
            elif isinstance(value, (list, tuple)):
                inner.extend(value)
            elif isinstance(value, (int, float)) and not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
                raise InvalidRecordError(
                    f"The record contains the number {float(value):g}; the limit is {LARGEST_NUMBER:g}."
                    if -1e300 < value < 1e300
                    else f"The record contains a number that is not finite or exceeds {LARGEST_NUMBER:g}.",
                    path="record",
                )
        level, depth = inner, depth + 1
