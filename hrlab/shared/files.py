"""Small files of hrlab's own, written in one step: whoever reads one finds it whole, the old one or the new one."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path


def replace_file(path: Path, text: str, *, durable: bool = False) -> None:
    """Write `text` to `path`, for its owner only; the folder must be there.

    Parameters
    ----------
    durable
        Whether it is on the disk when this returns, so that a crash of the machine finds one of the two as well.

    Raises
    ------
    OSError
        If it can't be written; the old file stays.
    """
    with _written(path, text, durable=durable) as new:
        new.replace(path)


def create_file(path: Path, text: str) -> None:
    """Write `text` to `path`, for its owner only, unless there is such a file: the first of several who do so succeeds.

    Raises
    ------
    OSError
        If it can't be written.
    """
    if path.exists():
        return
    with _written(path, text, durable=True) as new:
        try:
            path.hardlink_to(new)
        except FileExistsError:
            return
        except OSError:
            # A file system without links, where of two in the same moment one may replace the other's.
            new.replace(path)


@contextlib.contextmanager
def _written(path: Path, text: str, *, durable: bool) -> Iterator[Path]:
    """A new file beside `path`, which is removed afterwards unless it was renamed."""
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
