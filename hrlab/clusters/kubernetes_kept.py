"""What a server that is started anew must know of clusters in Kubernetes beside what they say of themselves.

A close that waits for an API that is away; and whether there are clusters at all, so that it watches them unasked. Kept in a
small file, beside the server's other state; a full disk or a read-only home loses it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from hrlab.files import replace_file


def has_clusters(path: Path) -> bool:
    """Whether the user has clusters, or has closed some that may still be there; a small file is read."""
    found = _read(path)
    return bool(found.get("closing") or found.get("clusters"))


class Kept:
    """That file.

    Parameters
    ----------
    path
        None keeps nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._written: dict[str, Any] = {}
        self._lock = asyncio.Lock()

    async def closing(self) -> dict[str, str]:
        """Namespaces of clusters that are to be closed, by id."""
        if self._path is None:
            return {}
        found = self._written = await asyncio.to_thread(_read, self._path)
        closing = found.get("closing")
        return {str(k): str(v) for k, v in closing.items()} if isinstance(closing, dict) else {}

    async def keep(self, closing: Mapping[str, str], clusters: Collection[str]) -> None:
        """Write it, if it is new."""
        path = self._path
        if path is None:
            return
        async with self._lock:
            new = {"closing": dict(closing), "clusters": sorted(clusters)}
            if new != self._written:
                await asyncio.to_thread(_write, path, json.dumps(new))
                self._written = new

    def is_new(self, closing: Mapping[str, str], clusters: Collection[str]) -> bool:
        """Whether that is not written yet."""
        new = {"closing": dict(closing), "clusters": sorted(clusters)}
        return self._path is not None and new != self._written


def _read(path: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def _write(path: Path, text: str) -> None:
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text)
