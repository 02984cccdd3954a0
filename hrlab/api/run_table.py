"""Table of stored runs, the result of :func:`hrlab.runs`."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timezone
from typing import Any, overload

from hrlab.history.text_list import ID_LENGTH, listing
from hrlab.model.errors import UsageError
from hrlab.model.run import Run
from hrlab.model.units import UNKNOWN, format_change, format_count, format_duration
from hrlab.render.htmltable import BLOCK, html_table
from hrlab.render.words import one_line
from hrlab.store.summary import Summary

MOST_SHOWN = 50
_HEAD = ("id", "began", "name", "wall time", "change", "status", "approach", "workers", "labels")


class RunTable(Sequence[Run]):
    """Runs, newest first: displayed as a table, used as a sequence of complete records.

    Parameters
    ----------
    summaries
        Summaries of the runs.
    total
        Number of runs that match the filters; may exceed the number in this table.
    read
        Reads complete records by id.
    """

    def __init__(
        self,
        summaries: Sequence[Summary],
        total: int,
        *,
        read: Callable[[Iterable[str]], list[Run]],
    ) -> None:
        self.summaries = tuple(summaries)
        self.total = total
        self._read = read

    @functools.cached_property
    def records(self) -> tuple[Run, ...]:
        """Complete records, read on first access."""
        return tuple(self._read(run.id for run in self.summaries))

    def __len__(self) -> int:
        """Return the number of runs in this table."""
        return len(self.summaries)

    @overload
    def __getitem__(self, index: int) -> Run: ...

    @overload
    def __getitem__(self, index: slice) -> RunTable: ...

    def __getitem__(self, index: int | slice) -> Run | RunTable:
        """Return one complete record, or a table of several runs."""
        if isinstance(index, slice):
            return RunTable(self.summaries[index], self.total, read=self._read)
        return self._read([self.summaries[index].id])[0]

    def __iter__(self) -> Iterator[Run]:
        """Iterate over the complete records."""
        return iter(self.records)

    def to_pandas(self) -> Any:
        """Return a ``pandas.DataFrame`` with one row for each run and the columns of a CSV export.

        Times are in seconds, memory in bytes.

        Raises
        ------
        UsageError
            If pandas is not installed.
        """
        from hrlab.export import flat

        made = pandas()
        rows = [flat.row(run) for run in self.records]
        frame = made.DataFrame(rows, columns=None if rows else list(flat.COLUMNS))
        at = frame.pop("started_at").astype(float)
        frame["started_utc"] = made.to_datetime(at, unit="s", utc=True)
        return frame

    def __repr__(self) -> str:
        """Return one line for each run."""
        if not self.summaries:
            return "No runs."
        return "\n".join([listing(self.summaries[:MOST_SHOWN], ids=True), *self._rest()])

    def _repr_html_(self) -> str:
        if not self.summaries:
            return f'<div style="{BLOCK}">No runs.</div>'
        rows = [_row(run) for run in self.summaries[:MOST_SHOWN]]
        more = "".join(f"<div>{said}</div>" for said in self._rest())
        table = html_table(_HEAD, rows, names=(0, 1, 2, 5, 6), texts=(8,))
        return f'<div class="hrlab-Runs" style="{BLOCK}">{table}{more}</div>'

    def _rest(self) -> list[str]:
        shown = min(len(self), MOST_SHOWN)
        return [f"{shown} of {format_count(self.total)} runs"] if shown < self.total else []


def pandas() -> Any:
    """Import pandas.

    Raises
    ------
    UsageError
        If pandas is not installed.
    """
    try:
        return importlib.import_module("pandas")
    except ImportError as error:
        raise UsageError(
            "pandas is not installed in this kernel's environment. Install it, or use `.records`."
        ) from error


def _row(run: Summary) -> tuple[str, ...]:
    return (
        run.id[:ID_LENGTH],
        _began(run.started_at),
        one_line(run.name),
        format_duration(run.wall_seconds),
        format_change(1.0, 1.0 + run.change.ratio) if run.change else "",
        run.status,
        run.approach,
        format_count(run.workers_peak) if run.workers_peak else "",
        ", ".join(one_line(f"{key}={value}") for key, value in run.labels.items()),
    )


def _began(at: float) -> str:
    try:
        return f"{datetime.fromtimestamp(at, timezone.utc).astimezone():%Y-%m-%d %H:%M}"
    except (OverflowError, ValueError, OSError):  # imported records may contain any number
        return UNKNOWN
