"""Starts cluster hosts, and removes what dead ones left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from hrlab.clusters.backend import Plan
from hrlab.clusters.process.daemon.cluster_factory import OWN_KEYS, SECRET_VARIABLES, secrets_in
from hrlab.clusters.process.daemon.process_identity import LOG, identity
from hrlab.model.cluster import Target
from hrlab.model.errors import BackendError
from hrlab.model.profile import MAXIMUM, MINIMUM, WORKERS
from hrlab.model.template import fill
from hrlab.model.wire import encode

HOST = Path(__file__).with_name("host.py")
LAUNCH_SECONDS = 60.0
COMMAND_SECONDS = 30.0
TERMINATE_SECONDS = 5.0
#: Between looks at files to deliver, and proofs of life in the status file.
BEAT_SECONDS = 10.0


def specification(
    plan: Plan, cwd: str, secret_variables: Sequence[str] = SECRET_VARIABLES
) -> dict[str, Any]:
    """What the host is told about the cluster to make.

    Raises
    ------
    BackendError
        If the template does not name a class, or names a place that no option fills.
    """
    profile = plan.profile
    values = {
        **plan.options,
        "cluster_id": plan.id,
        "cluster_name": plan.name,
        "owner": plan.owner,
    }
    try:
        template = fill(profile.template, values)
        return {
            "id": plan.id,
            "name": plan.name,
            "profile": profile.name,
            "class": template["class"],
            "arguments": template.get("arguments", {}),
            "target": as_json(target(plan.options)),
            "deliver": fill(encode(profile.deliver), values),
            "idle_seconds": profile.idle_seconds,
            "start_timeout_seconds": profile.start_timeout_seconds,
            "packages": list(profile.packages),
            "cwd": cwd,
            "beat_seconds": BEAT_SECONDS,
            "secret_variables": list(secret_variables),
        }
    except KeyError as error:
        raise BackendError(
            f"The template of profile {profile.name!r} needs {error}, which is neither given nor an option. "
            "Whoever maintains the profiles can add it."
        ) from error


def target(options: Mapping[str, Any]) -> Target:
    """How many workers a cluster with these options is to have at first; the template decides if none says so."""
    if WORKERS in options:
        return Target(workers=options[WORKERS])
    if MAXIMUM in options:
        return Target(minimum=options.get(MINIMUM, 0), maximum=options[MAXIMUM])
    return Target()


def as_json(wanted: Target) -> dict[str, int]:
    """A target as the host reads it: only what is given."""
    return {key: value for key, value in encode(wanted).items() if value is not None}


def launch(directory: Path, python: str, spec: Mapping[str, Any]) -> str:
    """Start a host, in a session of its own and adopted by init, so that nothing of it ends with this server.

    Returns
    -------
    str
        Why it could not be started; empty if it was.
    """
    # By standard input, not in the environment: anybody of the batch system, and every worker, would inherit them.
    secrets = secrets_in(os.environ, spec["secret_variables"])
    given = {name: value for name, value in secrets.items() if name not in OWN_KEYS}
    environ = {
        name: value for name, value in os.environ.items() if name not in {*secrets, *OWN_KEYS}
    }
    log = os.open(directory / LOG, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        done = subprocess.run(  # noqa: S603 - the kernel's own Python, and no shell
            [python, str(HOST), str(directory)],
            input=json.dumps({**spec, "secrets": given}).encode(),
            env=environ,
            stdout=log,
            stderr=log,
            timeout=LAUNCH_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"The kernel's Python, {python}, cannot be started: {error}."
    finally:
        os.close(log)
    return f"The cluster host did not start. {tail(directory)}" if done.returncode else ""


def tail(directory: Path, lines: int = 3, longest: int = 400) -> str:
    """The end of the host's log as a sentence."""
    said = [line.strip() for line in read_log(directory, 10_000).splitlines() if line.strip()]
    return f"Its log ends: {' | '.join(said[-lines:])[-longest:]}" if said else "Its log is empty."


def read_log(directory: Path, longest: int = 100_000) -> str:
    """The end of the host's log."""
    try:
        with (directory / LOG).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - longest))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def is_there(process: Mapping[str, Any]) -> bool | None:
    """Whether the process that called itself so is there; None if it is on another machine."""
    now = identity(int(process["pid"]))
    if now["host"] != process["host"]:
        return None
    return bool(now["started"]) and now["started"] == process["started"]


def end(process: Mapping[str, Any]) -> None:
    """Ask a host to end, and make it end if it does not. Blocks for some seconds."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        until = time.monotonic() + TERMINATE_SECONDS
        if is_there(process):
            with suppress(ProcessLookupError):
                os.kill(int(process["pid"]), number)
        while is_there(process) and time.monotonic() < until:
            time.sleep(0.02)


def sweep(process: Mapping[str, Any], commands: Sequence[Sequence[str]]) -> None:
    """Remove what a dead host left: processes of its session, and jobs by the commands that it recorded. Blocks."""
    for pid in orphans(process):
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    for command in commands:
        with suppress(OSError, subprocess.TimeoutExpired):
            subprocess.run(  # noqa: S603 - written by our own host, in a directory that only the user may write
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=COMMAND_SECONDS,
                check=False,
            )


def orphans(process: Mapping[str, Any]) -> list[int]:
    """Processes of a dead host's session.

    Its session has its number, which the system gives to nobody else while a member lives: so if no process has that
    number now, members are the dead one's, and if one has, none is.
    """
    number = int(process["pid"])
    if is_there(process) is None or Path(f"/proc/{number}").exists():
        return []
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
            if int(fields[3]) == number:
                found.append(int(stat.parent.name))
    return found
