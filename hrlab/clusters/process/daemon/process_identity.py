"""Files of a cluster host, and the identity of its process. Used by the host and the server."""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
from pathlib import Path
from typing import Any

STATUS, SOCKET, LOG = "status.json", "socket", "host.log"
LOG_BYTES, LOG_KEPT_BYTES = 10_000_000, 1_000_000


def identity(pid: int) -> dict[str, Any]:
    """Identify a process, distinguishing it from a later one with the same pid; ``started`` is empty if it is gone.

    ``network`` names the network namespace, whose processes share a loopback interface; empty if unknown.
    """
    try:
        namespace = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - not a file
    except OSError:
        namespace = ""
    return {
        "host": f"{socket.gethostname()} {namespace}",
        "pid": pid,
        "started": _started(pid),
        "network": _network(),
    }


def _network() -> str:
    try:
        return f"{_boot()} {os.readlink('/proc/self/ns/net')}"  # noqa: PTH115 - not a file
    except OSError:
        return ""


def _boot() -> str:
    """Return the boot id, which all containers of a machine share."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def _started(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = _boot()
    except OSError:
        return "" if sys.platform == "linux" else _exists(pid)
    state, *fields = stat.rpartition(")")[2].split()
    return "" if state in "ZX" else f"{boot} {fields[18]}"


def _exists(pid: int) -> str:
    try:
        os.kill(pid, 0)
    except OSError:
        return ""
    return "there"


def write_json(path: Path, value: Any) -> None:
    """Replace a file atomically, readable by its owner only."""
    handle, name = tempfile.mkstemp(prefix=".", dir=path.parent)  # made with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(value, file)
        os.replace(name, path)  # noqa: PTH105 - one call for text and Path
    except BaseException:
        os.unlink(name)  # noqa: PTH108 - a text
        raise


def shorten(log: Path) -> None:
    """Truncate a long log to its end; its writers must use append mode."""
    with log.open("r+b") as file:
        if file.seek(0, os.SEEK_END) > LOG_BYTES:
            file.seek(-LOG_KEPT_BYTES, os.SEEK_END)
            kept = file.read()
            file.seek(0)
            file.write(kept)
            file.truncate()
