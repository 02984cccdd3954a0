"""Writes small files atomically: readers see either the old or the new content."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


def replace_file(path: Path, text: str, *, durable: bool = False) -> None:
    """Write `text` to `path`, readable by its owner only; the directory must exist.

    Parameters
    ----------
    durable
        Sync to disk before returning, so that the file also survives a crash of the machine.

    Raises
    ------
    OSError
        If it cannot be written; the old file stays.
    """
    with _written(path, text, durable=durable) as new:
        new.replace(path)


def create_file(path: Path, text: str) -> None:
    """Create `path` with `text`, readable by its owner only, unless it exists: the first of several writers wins.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    if path.exists():
        return
    with _written(path, text, durable=True) as new:
        try:
            path.hardlink_to(new)
        except FileExistsError:
            return
        except OSError:
            # On a file system without links, one of two simultaneous writers may replace the other's file.
            new.replace(path)


@contextlib.contextmanager
def _written(path: Path, text: str, *, durable: bool) -> Iterator[Path]:
    """Write a temporary file beside `path`, removed afterwards unless it was renamed."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    new = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        yield new
    finally:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
