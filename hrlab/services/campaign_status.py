"""How far a campaign is, as a file that others read: the panel shows campaigns of processes that it did not start."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from hrlab.model.wire import encode
from hrlab.services.campaign import Progress
from hrlab.store.process import this_process

#: Names the file, where a server wants one of the campaign that it starts.
STATUS_VARIABLE = "HRLAB_CAMPAIGN_STATUS"
#: Between two writes that tell of nothing but time.
QUIET_SECONDS = 1.0


class StatusFile:
    """Writes it, readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written: dict[str, Any] = {}
        self._at = 0.0

    def __call__(self, progress: Progress) -> None:
        """Write what is new."""
        told = encode(progress)
        telling = {key: told[key] for key in ("state", "done", "failed", "point", "points")}
        now = time.time()
        if telling == self._written and now - self._at < QUIET_SECONDS:
            return
        self._written, self._at = telling, now
        whole = {**told, "process": encode(this_process()), "at": now}
        temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        descriptor = os.open(temporary, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(whole, file)
        temporary.replace(self._path)
