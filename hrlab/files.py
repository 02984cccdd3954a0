"""Small files of hrlab's own, replaced in one step: whoever reads one finds it whole, the old one or the new one."""

from __future__ import annotations

import contextlib
import os
import tempfile
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
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    new = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        new.replace(path)
    finally:
        with contextlib.suppress(OSError):
            new.unlink(missing_ok=True)
