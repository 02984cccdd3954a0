"""Maps SQLite's errors to causes and remedies for the user."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hrlab.model.errors import StoreError

#: Text in SQLite's message, our reason, and the message for the user. Matched by text, because Python 3.10 does not provide
#: the error code. The first match is used.
_CAUSES: tuple[tuple[str, str, str], ...] = (
    (
        "locked",
        "locked",
        "The store {path} is locked by another process. Try again; if the problem persists, end the process "
        "that holds it (lsof shows which).",
    ),
    (
        "readonly",
        "read-only",
        "The store {path} cannot be written: the file or its directory is read-only. "
        "Make it writable, or set HRLAB_STORE to a path that is.",
    ),
    (
        "database or disk is full",
        "full",
        "No space left for the store {path}. Free space or raise your disk quota, "
        "or set HRLAB_STORE to a path on another disk.",
    ),
    (
        "not a database",
        "corrupt",
        "{path} is not an SQLite file. Move it away to let hrlab create a new store, "
        "or set HRLAB_STORE to another path.",
    ),
    (
        "malformed",
        "corrupt",
        "The store {path} is damaged. Move it away to let hrlab create a new one; the sqlite3 "
        "command .recover may restore its content.",
    ),
    (
        "unable to open",
        "cannot-open",
        "The store {path} cannot be opened. Check that its directory exists and is writable, "
        "or set HRLAB_STORE to another path.",
    ),
    (
        "disk i/o error",
        "io-error",
        "The disk of the store {path} failed or is full. Check the disk and your quota, "
        "or set HRLAB_STORE to a path on another disk.",
    ),
)


def store_error(error: sqlite3.Error, path: Path) -> StoreError:
    """Return the error for the user for SQLite's `error`."""
    text = str(error).lower()
    for sign, reason, message in _CAUSES:
        if sign in text:
            return StoreError(message.format(path=path), reason=reason, path=str(path))
    # An unknown error is no reason to abandon a store that may be healthy.
    message = (
        f"The operation on the store {path} failed: {error}. Stored runs are unaffected. Try again; if the problem "
        "persists, report this message."
    )
    return StoreError(message, reason="failed", path=str(path))


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise errors of SQLite and the file system in the block as :class:`StoreError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise store_error(error, path) from error
    except OSError as error:
        cause = error.strerror or type(error).__name__
        message = (
            f"The store {path} cannot be opened: {cause} ({error.filename or path}). "
            "Fix this, or set HRLAB_STORE to a writable path."
        )
        raise StoreError(message, reason="cannot-open", path=str(path)) from error
