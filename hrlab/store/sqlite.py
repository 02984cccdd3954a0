"""The store as its users see it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hrlab.model.run import Run
from hrlab.store import interrupted, pruning, reading, writing
from hrlab.store.connection import Connection
from hrlab.store.location import store_path
from hrlab.store.process import Process, is_gone, this_process
from hrlab.store.pruning import Prunable, PruneQuery
from hrlab.store.query import RunQuery
from hrlab.store.reading import Changes, Page
from hrlab.store.summary import Summary


class RunStore:
    """Runs in an SQLite file that several processes use at once.

    Threads may share one; a forked child gets a connection of its own. Every method raises
    :class:`~hrlab.model.errors.StoreError`, with the cause and the remedy, if the file is locked for
    longer than the timeout, read-only, full, damaged, or of a newer hrlab.

    Parameters
    ----------
    connection
        To the file.
    clock
        UTC epoch seconds.
    process
        Who calls.
    is_gone
        Whether a process has ended; None if that cannot be known from here.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        clock: Callable[[], float] = time.time,
        process: Callable[[], Process] = this_process,
        is_gone: Callable[[Process], bool | None] = is_gone,
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._process = process
        self._is_gone = is_gone

    @classmethod
    def open(cls, path: Path | str | None = None, *, timeout_seconds: float = 1.0) -> RunStore:
        """The store at `path`, by default where this user's is; made if it is not there.

        `timeout_seconds` is how long each call waits for another process that is writing.
        """
        return cls(Connection(Path(path) if path else store_path(), timeout_seconds))

    @property
    def path(self) -> Path:
        """The SQLite file."""
        return self._connection.path

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def start(self, run: Run) -> None:
        """Note that this process has begun `run`."""
        process = self._process()
        with self._connection.writing() as raw:
            writing.start(raw, run, process, self._clock())

    def beat(self, run_id: str, elapsed_seconds: float) -> None:
        """Note that the run is still on, `elapsed_seconds` after it began on its own time axis."""
        with self._connection.writing() as raw:
            writing.beat(raw, run_id, elapsed_seconds, self._clock())

    def finish(self, run: Run) -> None:
        """Keep the facts of a run that has ended; saying it twice changes nothing."""
        record = run.to_dict()
        with self._connection.writing() as raw:
            writing.finish(raw, run, record)

    def save(self, run: Run, record: Mapping[str, Any] | None = None) -> bool:
        """Keep a run that has ended elsewhere. Whether it was new.

        Parameters
        ----------
        record
            The JSON that `run` was read from, if it may have fields that this hrlab does not know.

        Raises
        ------
        ConflictError
            If the run has been deleted.
        """
        with self._connection.writing() as raw:
            return writing.save(raw, run, run.to_dict() if record is None else record)

    def annotate(
        self,
        run_id: str,
        *,
        name: str | None = None,
        labels: Mapping[str, str] | None = None,
        note: str | None = None,
    ) -> None:
        """Change name, labels (all of them) or note; None leaves one as it is."""
        with self._connection.writing() as raw:
            writing.annotate(raw, run_id, name, labels, note)

    def note_other_pods(self, run_id: str, count: int) -> bool:
        """Add to the facts of a run that has ended how many pods of others shared its nodes; once. Whether it was new."""
        with self._connection.writing() as raw:
            return writing.complete(raw, run_id, "other_pods", count)

    def delete(self, run_id: str) -> None:
        """Take the run off every list; :meth:`restore` undoes it."""
        with self._connection.writing() as raw:
            writing.delete(raw, run_id, self._clock())

    def restore(self, run_id: str) -> None:
        """Undo a deletion."""
        with self._connection.writing() as raw:
            writing.restore(raw, run_id)

    def prunable(self, query: PruneQuery) -> list[Prunable]:
        """The runs for which `query` holds, the oldest first; deleted ones too."""
        with self._connection.reading() as raw:
            return pruning.prunable(raw, query)

    def prune(self, ids: Sequence[str]) -> int:
        """Take runs out for good, unless one is on; how many went. This can't be undone."""
        with self._connection.writing() as raw:
            return pruning.prune(raw, ids)

    def compact(self) -> None:
        """Give the space of what went back to the file system."""
        self._connection.compact()

    def mark_interrupted(self) -> list[str]:
        """Mark the running runs whose process is gone, and return their ids."""
        with self._connection.reading() as raw:
            found = interrupted.suspects(raw, self._clock(), self._is_gone)
        if not found:
            return []
        with self._connection.writing() as raw:
            return [run_id for run_id in found if interrupted.mark(raw, run_id)]

    def page(self, query: RunQuery = RunQuery()) -> Page:  # noqa: B008 - frozen
        """The runs that `query` asks for, newest first, and how many there are."""
        with self._connection.reading() as raw:
            return reading.page(raw, query)

    def summary(self, run_id: str) -> Summary | None:
        """The run as a list shows it; None if there is none."""
        with self._connection.reading() as raw:
            return reading.one_summary(raw, run_id)

    def get(self, run_id: str, *, resources: bool = True) -> dict[str, Any] | None:
        """The whole record as JSON values, with what people changed; None if there is none.

        Without `resources` that field is null: its series are most of a record.
        """
        with self._connection.reading() as raw:
            return reading.record(raw, run_id, resources=resources)

    def latest(self) -> Run | None:
        """The run that began last, of those that have ended."""
        with self._connection.reading() as raw:
            run_id = reading.latest_id(raw)
            record = reading.record(raw, run_id) if run_id else None
        return None if record is None else Run.from_dict(record)

    def ids_from(self, prefix: str) -> list[str]:
        """Ids of at most two runs that begin with `prefix`: whether it names one."""
        with self._connection.reading() as raw:
            return reading.ids_from(raw, prefix)

    def usual_seconds(self, code_sha256: str) -> float | None:
        """Wall time of the latest successful run of this code; None if there was none."""
        with self._connection.reading() as raw:
            return reading.usual_seconds(raw, code_sha256)

    def changes(self, after: int) -> Changes:
        """Runs that changed after change number `after`, and the number of the last change."""
        with self._connection.reading() as raw:
            return reading.changes(raw, after)

    def queue(self, after: int, limit: int) -> list[tuple[str, int]]:
        """Ids of at most `limit` runs that changed after change number `after`, with those numbers, in order."""
        with self._connection.reading() as raw:
            return reading.queue(raw, after, limit)

    def waiting(self, after: int) -> int:
        """How many runs have ended and changed after change number `after`."""
        with self._connection.reading() as raw:
            return reading.waiting(raw, after)

    def seq(self) -> int:
        """Number of the last change."""
        with self._connection.reading() as raw:
            return reading.seq(raw)

    def data_version(self) -> int:
        """A number that changes when somebody else has written; cheap enough to ask each second."""
        return self._connection.data_version()
