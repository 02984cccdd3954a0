"""The Jupyter server to ask: the one that started this process, or, in a terminal, the one that runs."""

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

#: JupyterLab's terminals have it.
URL = "JUPYTER_SERVER_URL"


def find_server(environ: Mapping[str, str] | None = None) -> ParentServer:
    """The server.

    Raises
    ------
    UsageError
        If there is none, or several that could be meant.
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
            f"Several Jupyter servers run: {urls}. Ask in a notebook or terminal of one."
        )
    raise UsageError(
        "No Jupyter server of yours runs on this machine. Start JupyterLab, and ask in a notebook or terminal of it."
    )


def _running(directory: Path) -> Iterator[Mapping[str, Any]]:
    """What the runtime files of servers say whose processes are there."""
    for path in sorted(directory.glob("jpserver-*.json")):
        try:
            info = json.loads(path.read_text(encoding="utf-8"))
            os.kill(int(info["pid"]), 0)
        except (OSError, ValueError, KeyError, TypeError):
            continue
        if str(info.get("url", "")).startswith("http") and not info.get("sock"):
            yield info
