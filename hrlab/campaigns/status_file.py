"""How far campaigns are, as files that others read.

So the panel shows those of the command line too, and a server that restarts finds its own again. Each campaign of this user
has a folder in Jupyter's runtime directory, readable by its owner only, with ``status.json``.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from hrlab.model.errors import ConflictError
from hrlab.model.wire import encode
from hrlab.shared.files import replace_file
from hrlab.store.process import Process, is_gone, this_process

FOLDER, STATUS, LOG = "hrlab-campaigns", "status.json", "campaign.log"
#: Between two writes that tell of nothing but time.
QUIET_SECONDS = 1.0
#: States in which a process is at work.
ACTIVE = ("starting", "running")


class StatusFile:
    """Writes the status of one campaign.

    Parameters
    ----------
    folder
        That of the campaign.
    about
        What does not change: name, notebook, profile, ...

    Raises
    ------
    ConflictError
        If another process executes this campaign now.
    """

    def __init__(self, folder: Path, about: Mapping[str, Any]) -> None:
        found = read_status(folder)
        mine = encode(this_process())
        if found and found["state"] == "running" and found["process"] != mine and is_alive(found):
            raise ConflictError(
                f"This campaign is already running in process {found['process']['pid']}. Wait for it, or stop it."
            )
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.mkdir(mode=0o700, exist_ok=True)
        origin = (found or {}).get("run_id")
        self._folder = folder
        self._end: dict[str, Any] | None = None
        self._about = {"run_id": origin, **about, "process": mine, "started_at": time.time()}
        self._written: dict[str, Any] = {}
        self._at = 0.0

    def __call__(self, progress: object) -> None:
        """Write what is new of a :class:`hrlab.campaigns.runner.Progress`; the end of it when `finish` is called."""
        told = encode(progress)
        if told["state"] not in ACTIVE:
            self._end = told
            return
        telling = {key: told[key] for key in ("state", "done", "failed", "point", "points")}
        now = time.time()
        if telling == self._written and now - self._at < QUIET_SECONDS:
            return
        self._written, self._at = telling, now
        write_status(self._folder, {**self._about, **told, "at": now})

    def finish(self) -> None:
        """Write the final status, after the report has been written."""
        if self._end is not None:
            write_status(self._folder, {**self._about, **self._end, "at": time.time()})


def write_status(folder: Path, status: Mapping[str, Any]) -> None:
    """Replace the status file atomically. A full disk does not stop a campaign."""
    with suppress(OSError):
        write_private(folder / STATUS, status)


def write_private(path: Path, value: object) -> None:
    """Write JSON, readable by its owner only."""
    replace_file(path, json.dumps(value))


def read_status(folder: Path) -> dict[str, Any] | None:
    """Return the parsed file; None if it is missing or invalid."""
    try:
        found = json.loads((folder / STATUS).read_text(encoding="utf-8"))
        Process(**found["process"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return dict(found) if "state" in found else None


def is_alive(status: Mapping[str, Any]) -> bool:
    """Return whether its process is alive; on another host, whether it has written recently."""
    gone = is_gone(Process(**status["process"]))
    return time.time() - float(status.get("at", 0)) < 60 if gone is None else not gone
