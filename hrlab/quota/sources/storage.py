"""Storage areas named by the site: usage from the file system, or by counting files."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hrlab.model.options import OptionError, memory_bytes
from hrlab.model.quota import UNKNOWN, Quota, quota
from hrlab.quota.sources.base import QuotaError
from hrlab.quota.sources.threads import in_own_thread

#: A file system at most this many times the declared size is taken to be dedicated to the area.
OWN = 1.1
#: Counting stops after this time: a home directory may hold millions of files.
COUNT_SECONDS = 4.0
#: Usage from which the user is warned, as a fraction.
WARN = 0.8
_WARNING = "{} % used. Delete files that you can regenerate, or move them to other storage."


class StorageQuotas:
    """Source ``storage``.

    Parameters
    ----------
    areas
        Limit by path, as text (``10 GiB``); empty: the file system's.
    clock
        UTC epoch seconds.
    monotonic
        Seconds.
    """

    name = "storage"
    fresh_seconds = 60.0

    def __init__(
        self,
        areas: Mapping[str, str],
        clock: Callable[[], float],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._areas = areas
        self._clock = clock
        self._monotonic = monotonic

    async def quotas(self) -> Sequence[Quota]:
        """Return one quota for each existing area."""
        return await in_own_thread(self._poll)

    def _poll(self) -> list[Quota]:
        found = [
            self._area(Path(os.path.expandvars(path)).expanduser(), limit)
            for path, limit in self._areas.items()
        ]
        return [one for one in found if one is not None]

    def _area(self, path: Path, declared: str) -> Quota | None:
        if not path.is_dir():
            return None  # paths of other users or images
        limit = _declared(path, declared)
        total, used = _of_file_system(path)
        if limit is None:
            return self._quota(path, total, used)
        if total <= OWN * limit:
            return self._quota(path, min(total, limit), used)
        counted = self._count(path)
        if counted is not None:
            return self._quota(path, limit, counted)
        error = f"Too many files to count within {COUNT_SECONDS:g} s."
        return self._quota(path, limit, None, error)

    def _quota(self, path: Path, limit: int, used: int | None, error: str | None = None) -> Quota:
        near = used is not None and limit > 0 and used >= WARN * limit
        return quota(
            "storage",
            "user",
            self.name,
            self._clock(),
            limit=limit,
            used=UNKNOWN if used is None else used,
            label=str(path),
            profiles=(),
            note=_WARNING.format(100 * used // limit) if near and used is not None else "",
            error=error,
        )

    def _count(self, path: Path) -> int | None:
        """Return bytes on disk below `path` without following links; None if it takes too long."""
        until, size, folders = self._monotonic() + COUNT_SECONDS, 0, [str(path)]
        device = path.stat().st_dev
        while folders:
            if self._monotonic() > until:
                return None
            try:
                with os.scandir(folders.pop()) as entries:
                    for entry in entries:
                        stat = entry.stat(follow_symlinks=False)
                        size += 512 * stat.st_blocks
                        if entry.is_dir(follow_symlinks=False) and stat.st_dev == device:
                            folders.append(entry.path)
            except OSError:  # deleted meanwhile, or not readable
                continue
        return size


def _of_file_system(path: Path) -> tuple[int, int]:
    """Return size and usage in bytes; a volume's or project's limit often shows as the size."""
    stat = os.statvfs(path)
    used = (stat.f_blocks - stat.f_bfree) * stat.f_frsize
    return used + stat.f_bavail * stat.f_frsize, used


def _declared(path: Path, text: str) -> int | None:
    if not text:
        return None
    try:
        return memory_bytes(text)
    except OptionError as error:
        raise QuotaError(f"HRLab.storage: the limit of {path} {error}.") from error
