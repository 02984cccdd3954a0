"""The run store."""

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
    """Runs in an SQLite file used by several processes at once.

    Threads may share a store; a forked child gets its own connection. Every method raises
    :class:`~hrlab.model.errors.StoreError`, with cause and remedy, if the file is locked for longer than the timeout,
    read-only, full, damaged, or from a newer hrlab.

    Parameters
    ----------
    connection
        Connection to the file.
    clock
        Returns seconds since 1970 (UTC).
    process
        Returns the identity of the calling process.
    is_gone
        Whether a process has ended; None if unknown.
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
        """Open the store at `path`, by default the user's; created if missing.

        `timeout_seconds` is how long each call waits for another process to finish writing.
        """
        return cls(Connection(Path(path) if path else store_path(), timeout_seconds))

    @property
    def path(self) -> Path:
        """Path of the SQLite file."""
        return self._connection.path

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def start(self, run: Run) -> None:
        """Record that this process has started `run`."""
        process = self._process()
        with self._connection.writing() as raw:
            writing.start(raw, run, process, self._clock())

    def beat(self, run_id: str, elapsed_seconds: float) -> None:
        """Record that the run is active, `elapsed_seconds` after its start on its own time axis."""
        with self._connection.writing() as raw:
            writing.beat(raw, run_id, elapsed_seconds, self._clock())

    def finish(self, run: Run) -> None:
        """Store the record of an ended run; repeating it changes nothing."""
        record = run.to_dict()
        with self._connection.writing() as raw:
            writing.finish(raw, run, record)

    def save(self, run: Run, record: Mapping[str, Any] | None = None) -> bool:
        """Store a run that ended elsewhere; return whether it was new.

        Parameters
        ----------
        record
            The JSON that `run` was read from, which may have unknown fields.

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
        """Change name, labels (all of them) or note; None leaves a field unchanged."""
        with self._connection.writing() as raw:
            writing.annotate(raw, run_id, name, labels, note)

    def note_other_pods(self, run_id: str, count: int) -> bool:
        """Add to an ended run, once, how many pods of others shared its nodes; return whether it was new."""
        with self._connection.writing() as raw:
            return writing.complete(raw, run_id, "other_pods", count)

    def delete(self, run_id: str) -> None:
        """Mark the run as deleted; :meth:`restore` undoes it."""
        with self._connection.writing() as raw:
            writing.delete(raw, run_id, self._clock())

    def restore(self, run_id: str) -> None:
        """Undo a deletion."""
        with self._connection.writing() as raw:
            writing.restore(raw, run_id)

    def prunable(self, query: PruneQuery) -> list[Prunable]:
        """Return the runs that match `query`, oldest first, including deleted ones."""
        with self._connection.reading() as raw:
            return pruning.prunable(raw, query)

    def prune(self, ids: Sequence[str]) -> int:
        """Permanently delete runs that are not active; return their number. This cannot be undone."""
        with self._connection.writing() as raw:
            return pruning.prune(raw, ids)

    def compact(self) -> None:
        """Return unused space to the file system."""
        self._connection.compact()

    def mark_interrupted(self) -> list[str]:
        """Mark running runs whose process has died as interrupted, and return their ids."""
        with self._connection.reading() as raw:
            found = interrupted.suspects(raw, self._clock(), self._is_gone)
        if not found:
            return []
        with self._connection.writing() as raw:
            return [run_id for run_id in found if interrupted.mark(raw, run_id)]

    def page(self, query: RunQuery = RunQuery()) -> Page:  # noqa: B008 - frozen
        """Return a page of the runs that match `query`, newest first, and their total number."""
        with self._connection.reading() as raw:
            return reading.page(raw, query)

    def summary(self, run_id: str) -> Summary | None:
        """Return the summary of the run; None if it does not exist."""
        with self._connection.reading() as raw:
            return reading.one_summary(raw, run_id)

    def get(self, run_id: str, *, resources: bool = True) -> dict[str, Any] | None:
        """Return the complete record as JSON values, including user edits; None if it does not exist.

        Without `resources` that field is null: its series are most of a record.
        """
        with self._connection.reading() as raw:
            return reading.record(raw, run_id, resources=resources)

    def latest(self) -> Run | None:
        """Return the most recently started run that has ended."""
        with self._connection.reading() as raw:
            run_id = reading.latest_id(raw)
            record = reading.record(raw, run_id) if run_id else None
        return None if record is None else Run.from_dict(record)

    def ids_from(self, prefix: str) -> list[str]:
        """Return at most two ids starting with `prefix`, enough to see whether it is unique."""
        with self._connection.reading() as raw:
            return reading.ids_from(raw, prefix)

    def usual_seconds(self, code_sha256: str) -> float | None:
        """Return the wall time of the latest successful run of this code; None if there is none."""
        with self._connection.reading() as raw:
            return reading.usual_seconds(raw, code_sha256)

    def changes(self, after: int) -> Changes:
        """Return runs that changed after change number `after`, and the number of the last change."""
        with self._connection.reading() as raw:
            return reading.changes(raw, after)

    def queue(self, after: int, limit: int) -> list[tuple[str, int]]:
        """Return at most `limit` ids of runs changed after change number `after`, with their change numbers, in order."""
        with self._connection.reading() as raw:
            return reading.queue(raw, after, limit)

    def waiting(self, after: int) -> int:
        """Return the number of ended runs that changed after change number `after`."""
        with self._connection.reading() as raw:
            return reading.waiting(raw, after)

    def seq(self) -> int:
        """Return the number of the last change."""
        with self._connection.reading() as raw:
            return reading.seq(raw)

    def data_version(self) -> int:
        """Return a number that changes when another process has written; cheap enough to poll every second."""
        return self._connection.data_version()
