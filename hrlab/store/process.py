"""Who writes: a process, named so that another one can later tell whether it is still there.

A process id alone is not enough, because ids are used again, by the same machine and by a restarted
container that has the same host name.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """A process on a host.

    Attributes
    ----------
    host
        Host name and, where there is one, the namespace in which `pid` is counted: two containers
        may share a host name without seeing each other's processes.
    pid
        Process id.
    started
        Opaque text that differs between two processes that had the same id: boot id and start in
        clock ticks on Linux, what ``ps`` says elsewhere; empty if unknown.
    """

    host: str
    pid: int
    started: str


def this_process() -> Process:
    """The calling process."""
    return _of_this(os.getpid())


@cache  # by process id: a forked child is another process
def _of_this(pid: int) -> Process:
    return Process(_host(), pid, _started(pid) or "")


def is_gone(process: Process) -> bool | None:
    """Whether `process` has ended; None if it cannot be known from here (another host)."""
    if process.host != this_process().host or sys.platform == "win32":
        return None
    started = _started(process.pid)
    if started is None:
        return not _exists(process.pid)
    return bool(process.started) and started != process.started


def _host() -> str:
    try:
        return f"{socket.gethostname()} {os.readlink('/proc/self/ns/pid')}"  # noqa: PTH115
    except OSError:
        return socket.gethostname()


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _started(pid: int) -> str | None:
    """When process `pid` began, as an opaque text; None if it is not there or cannot be asked."""
    if Path("/proc/self/stat").exists():
        return _started_by_proc(pid)
    if sys.platform == "win32":
        return None
    return _started_by_ps(pid)


def _started_by_proc(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return None
    # The command name, in parentheses, may itself hold blanks and parentheses.
    state, *fields = stat.rpartition(")")[2].split()
    return None if state in "ZX" else f"{boot} {fields[18]}"


def _started_by_ps(pid: int) -> str | None:
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    environ = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and the only argument is a number
            command, capture_output=True, text=True, timeout=5, check=False, env=environ
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
