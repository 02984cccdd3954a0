"""SQLite connection that is shared by threads, not inherited by forked children, and detects a replaced file."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from hrlab.store import schema
from hrlab.store.failures import translated
from hrlab.store.location import is_on_network

#: Maximum page cache: a search over 10,000 runs reads about 10 MB.
CACHE_KIB = 16_000

#: Connections opened by a parent process: kept, because only the parent may close them.
_inherited: list[sqlite3.Connection] = []


class Connection:
    """A connection to the store at `path`.

    Parameters
    ----------
    path
        The SQLite file; created with its directories if missing, readable by its owner only.
    timeout_seconds
        How long to wait for another process to finish writing.
    on_network
        Whether `path` is on a network file system; None detects it.
    """

    def __init__(
        self, path: Path, timeout_seconds: float, *, on_network: bool | None = None
    ) -> None:
        self.path = path
        self._timeout_seconds = timeout_seconds
        self._on_network = is_on_network(path) if on_network is None else on_network
        self._lock = threading.RLock()
        self._raw: sqlite3.Connection | None = None
        self._openings = 0
        self._pid = os.getpid()
        self._file: tuple[int, int, bool] | None = None
        self._log: tuple[int, int, bool] | None = None
        with self.reading():
            pass

    def __del__(self) -> None:
        # A store that is dropped unclosed loses nothing; Python 3.13 would warn the user of it.
        raw = getattr(self, "_raw", None)
        if raw is not None:
            raw.close()

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Run several queries on a consistent snapshot of the store."""
        with self._transaction("BEGIN") as raw:
            yield raw

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Commit the changes of the block together, or none if it raises."""
        with self._transaction("BEGIN IMMEDIATE") as raw:
            yield raw

    def data_version(self) -> int:
        """Return a number that changes when another connection has committed, or the file was replaced."""
        with self._mine(), translated(self.path):
            version = int(self._open().execute("PRAGMA data_version").fetchone()[0])
        return (self._openings << 32) + version

    def compact(self) -> None:
        """Rebuild the file without unused space."""
        with self._mine(), translated(self.path):
            raw = self._open()
            raw.execute("VACUUM")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close the connection; later calls open it again."""
        with self._mine():
            self._drop()

    @contextlib.contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._mine(), translated(self.path):
            raw = self._start(begin)
            try:
                yield raw
                raw.execute("COMMIT")
            except BaseException:
                # A full disk may already have rolled back; a second ROLLBACK would hide the cause.
                if raw.in_transaction:
                    raw.execute("ROLLBACK")
                raise

    def _start(self, begin: str) -> sqlite3.Connection:
        """Return the connection within a transaction, with tables of this version."""
        raw = self._open()
        raw.execute(begin)
        try:
            is_ours = _version(raw) == schema.VERSION
        except BaseException:
            self._drop()
            raise
        if not is_ours:
            # Somebody put another content into the file: opening it finds out what it is.
            raw.execute("ROLLBACK")
            self._drop()
            raw = self._open()
            raw.execute(begin)
        self._log = self._log or _identity(_log_of(self.path), sized=False)
        return raw

    def _drop(self) -> None:
        if self._raw is not None:
            self._raw.close()
        self._raw = self._log = None

    def _is_replaced(self) -> bool:
        """Whether the file or its write-ahead log was replaced: writing to the old one would lose runs."""
        if _identity(self.path) != self._file:
            return True
        return self._log is not None and _identity(_log_of(self.path), sized=False) != self._log

    def _mine(self) -> threading.RLock:
        """Return the lock, after abandoning a parent's connection and lock."""
        if self._pid != os.getpid():
            if self._raw is not None:
                _inherited.append(self._raw)
            self._raw, self._lock, self._pid = None, threading.RLock(), os.getpid()
            self._log = None
        return self._lock

    def _open(self) -> sqlite3.Connection:
        if self._raw is not None and self._is_replaced():
            self._drop()
        if self._raw is None:
            self._raw = self._connect()
            self._openings += 1
            self._file = _identity(self.path)
        return self._raw

    def _connect(self) -> sqlite3.Connection:
        _make(self.path)
        raw = sqlite3.connect(
            self.path, timeout=self._timeout_seconds, isolation_level=None, check_same_thread=False
        )
        try:
            mode = _set_journal(raw, "DELETE" if self._on_network else "WAL", self._timeout_seconds)
            raw.execute(f"PRAGMA synchronous = {'NORMAL' if mode == 'wal' else 'FULL'}")
            raw.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            schema.prepare(raw, self.path)
        except BaseException:
            raw.close()
            raise
        return raw


def _make(path: Path) -> None:
    if path.exists():
        return
    for directory in reversed([parent for parent in path.parents if not parent.exists()]):
        directory.mkdir(mode=0o700, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _identity(path: Path, *, sized: bool = True) -> tuple[int, int, bool] | None:
    """Return the identity of the file, and whether it has content."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, sized and found.st_size > 0


def _log_of(path: Path) -> Path:
    return path.with_name(f"{path.name}-wal")


def _version(raw: sqlite3.Connection) -> int:
    return int(raw.execute("PRAGMA user_version").fetchone()[0])


def _set_journal(
    raw: sqlite3.Connection,
    wanted: str,
    timeout_seconds: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> str:
    """Set the journal mode, which the file stores, and return the effective one."""
    deadline = clock() + timeout_seconds
    while True:
        try:
            return str(raw.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0]).lower()
        except sqlite3.OperationalError as error:
            message = str(error).lower()
            if "readonly" in message:  # it can still be read in the mode it has
                return "unknown"
            # SQLite does not wait here by itself: others that open the file now change it too.
            if "locked" not in message or clock() > deadline:
                raise
        sleep(0.01)
