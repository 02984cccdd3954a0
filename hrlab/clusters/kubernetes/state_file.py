"""State file: what a restarted server needs to know of Kubernetes clusters beyond their own resources.

A close that waits for an API that is away; a cluster that is removed to be made again, of which nothing else tells in
between; and whether there are clusters at all, so that it watches them unasked. Kept in a small file, beside the server's
other state; a full disk or a read-only home loses it. No secret is in it.

A user may have two servers. What each has to say is laid into the file under a lock, entry by entry, so that neither loses
what the other wrote; a server that begins takes over every entry, for the one that wrote it may be dead, and whatever is to
be done for an entry may be done twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from hrlab.shared.files import replace_file

T = TypeVar("T")

#: A lock is held for milliseconds; whoever holds it for so long hangs, and is waited for no more.
LOCK_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PersistedState:
    """The persisted state.

    Attributes
    ----------
    closing
        Namespaces of clusters that are to be closed, by id.
    clusters
        Uids of those that there are, by name; empty for one that is being made.
    again
        What clusters that are made again are made from, by id; see :mod:`hrlab.clusters.kubernetes.port_conflicts`.
    """

    closing: Mapping[str, str] = field(default_factory=dict)
    clusters: Mapping[str, str] = field(default_factory=dict)
    again: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.closing or self.clusters or self.again)


def has_clusters(path: Path) -> bool:
    """Whether the user has clusters, or has closed some that may still be there; a small file is read."""
    return bool(_read(path))


class StateFile:
    """That file.

    Parameters
    ----------
    path
        None keeps nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._mine = PersistedState()
        self._lock = asyncio.Lock()

    async def restore(self) -> PersistedState:
        """All that is there, whoever wrote it; from now on this server may remove it."""
        if self._path is not None:
            self._mine = await asyncio.to_thread(_read, self._path)
        return self._mine

    async def save(self, now: PersistedState) -> None:
        """Write it, if it is new."""
        path = self._path
        if path is None:
            return
        async with self._lock:
            if now != self._mine:
                await asyncio.to_thread(_write, path, self._mine, now)
                self._mine = now

    def is_new(self, now: PersistedState) -> bool:
        """Whether that is not written yet."""
        return self._path is not None and now != self._mine


def _write(path: Path, before: PersistedState, now: PersistedState) -> None:
    """Replace in the file what a server wrote `before` by what it knows `now`."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path.with_name(f"{path.name}.lock")):
            found = _read(path)
            new = PersistedState(
                closing=_merged(found.closing, before.closing, now.closing),
                clusters=_merged(found.clusters, before.clusters, now.clusters),
                again=_merged(found.again, before.again, now.again),
            )
            if new != found:
                value = {key: getattr(new, key) for key in ("closing", "clusters", "again")}
                replace_file(path, json.dumps(value))


def _merged(
    found: Mapping[str, T], before: Mapping[str, T], now: Mapping[str, T]
) -> Mapping[str, T]:
    return {**{key: value for key, value in found.items() if key not in before}, **now}


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Lock the file beside `path`; proceed unlocked if unsupported, or held by another for too long.

    By ``flock``, which Linux turns into a lock of the server on NFS as well (a file opened for writing is needed there), and
    which goes with the process that holds it. The file itself is replaced, and could not be the one that is locked.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    deadline = time.monotonic() + LOCK_SECONDS
    try:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < deadline:
                    time.sleep(0.01)
                    continue
            except OSError:
                pass
            break
        yield
    finally:
        os.close(file)


def _read(path: Path) -> PersistedState:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            closing, clusters, again = (found.get(key) for key in ("closing", "clusters", "again"))
            return PersistedState(
                closing={k: str(v) for k, v in _mapping(closing).items()},
                clusters={k: str(v) for k, v in _mapping(clusters).items()},
                again={k: v for k, v in _mapping(again).items() if isinstance(v, dict)},
            )
    return PersistedState()


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
