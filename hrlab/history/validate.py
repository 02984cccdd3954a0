"""What a record from elsewhere may hold, beyond having the right types: bounds on its numbers, depth and texts.

They hold where a record enters (PUT, import). What is stored already is read as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from hrlab.history.edit import read_patch
from hrlab.model.errors import InvalidRecordError
from hrlab.model.run import LATEST_START, Run

#: Objects and lists inside each other; a record of hrlab's own has 7.
MAX_DEPTH = 64
#: A million TB, in bytes, and the age of the universe, in seconds: no count, size or time of a run is larger.
LARGEST_NUMBER = 1e18


def check_run(run: Run) -> None:
    """Verify that a run from elsewhere can be listed, drawn, exported and delivered.

    Raises
    ------
    InvalidRecordError
        If its time or that of a cell is impossible, or name, labels or note are longer than people may make them.
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
    """Verify every value of a record, also those of fields that this hrlab does not know.

    Raises
    ------
    InvalidRecordError
        If something is nested too deep, or a number is too large or none.
    """
    # Without recursion: how deep a record is nested is what is to be found out.
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
                    f"The record holds the number {float(value):g}; none of a run is beyond {LARGEST_NUMBER:g}."
                    if -1e300 < value < 1e300
                    else "The record holds a number that no run can have.",
                    path="record",
                )
        level, depth = inner, depth + 1
