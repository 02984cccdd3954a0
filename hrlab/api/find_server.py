"""Finds the Jupyter server: the parent of this process or, in a terminal, the one that is running."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hrlab.api.jupyter_server import (
    ParentServer,
    find_parent_server,
    reachable,
    runtime_directory,
    token_for,
)
from hrlab.model.errors import UsageError

#: Set in JupyterLab's terminals.
URL = "JUPYTER_SERVER_URL"


def find_server(environ: Mapping[str, str] | None = None) -> ParentServer:
    """Return the Jupyter server to use.

    Raises
    ------
    UsageError
        If there is no server, or several candidates.
    """
    found = os.environ if environ is None else environ
    try:
        return find_parent_server(found)
    except UsageError:
        running = list(_running(runtime_directory(found)))
    named = [
        info for info in running if str(info["url"]).rstrip("/") == found.get(URL, "").rstrip("/")
    ]
    chosen = named or running
    if len(chosen) == 1:
        return ParentServer(reachable(str(chosen[0]["url"])), token_for(chosen[0], found))
    if chosen:
        urls = ", ".join(sorted(str(info["url"]) for info in chosen))
        raise UsageError(
            f"Several Jupyter servers are running: {urls}. Run this in a notebook or terminal of one of them."
        )
    raise UsageError(
        "No Jupyter server of yours is running on this machine. Start JupyterLab and run this in one of its notebooks "
        "or terminals."
    )


def _running(directory: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the runtime files of the servers whose processes are alive."""
    for path in sorted(directory.glob("jpserver-*.json")):
        try:
            info = json.loads(path.read_text(encoding="utf-8"))
            os.kill(int(info["pid"]), 0)
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if str(info.get("url", "")).startswith("http") and not info.get("sock"):
            yield info
