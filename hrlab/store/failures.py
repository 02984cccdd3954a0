"""What SQLite's failures mean for the user: the cause and the remedy, in one table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hrlab.model.errors import StoreError

#: Text in SQLite's message, our reason, and what the user is told. By text, because Python 3.10
#: does not give the error's number. The first that matches counts.
_CAUSES: tuple[tuple[str, str, str], ...] = (
    (
        "locked",
        "locked",
        "The store {path} is locked by another process. Try again; if it stays so, end the process "
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
        "There is no space left for the store {path}. Free space or raise your disk quota, "
        "or set HRLAB_STORE to a path on another disk.",
    ),
    (
        "not a database",
        "corrupt",
        "{path} is not an SQLite file. Move it away, and hrlab begins a new store; "
        "or set HRLAB_STORE to another path.",
    ),
    (
        "malformed",
        "corrupt",
        "The store {path} is damaged. Move it away, and hrlab begins a new one; the sqlite3 "
        "command's .recover may save what was in it.",
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
    """The error for the user behind SQLite's `error`."""
    text = str(error).lower()
    for sign, reason, message in _CAUSES:
        if sign in text:
            return StoreError(message.format(path=path), reason=reason, path=str(path))
    # What is not known is no reason to give up a store that may be healthy.
    message = (
        f"The store {path} could not do this: {error}. The runs in it are kept. Try again; if it stays so, "
        "report this message."
    )
    return StoreError(message, reason="failed", path=str(path))


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Within, errors of SQLite and of the file system are raised as :class:`StoreError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise store_error(error, path) from error
    except OSError as error:
        cause = error.strerror or type(error).__name__
        message = (
            f"The store {path} cannot be opened: {cause} ({error.filename or path}). "
            "Repair that, or set HRLAB_STORE to a path that can be written."
        )
        raise StoreError(message, reason="cannot-open", path=str(path)) from error
