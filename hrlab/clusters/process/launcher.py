"""Launch cluster hosts, and clean up after dead ones."""

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
#: Interval of checks for changed files, and of heartbeats in the status file.
BEAT_SECONDS = 10.0


def specification(
    plan: Plan, cwd: str, secret_variables: Sequence[str] = SECRET_VARIABLES
) -> dict[str, Any]:
    """Return the specification that is sent to the host.

    Raises
    ------
    BackendError
        If the template has no class, or uses a placeholder that no option sets.
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
            f"The template of profile {profile.name!r} needs {error}, which is neither set nor an option. "
            "Ask your admin to add it."
        ) from error


def target(options: Mapping[str, Any]) -> Target:
    """Return the initial size given by the options; an empty target leaves it to the template."""
    if WORKERS in options:
        return Target(workers=options[WORKERS])
    if MAXIMUM in options:
        return Target(minimum=options.get(MINIMUM, 0), maximum=options[MAXIMUM])
    return Target()


def as_json(wanted: Target) -> dict[str, int]:
    """Return a target in the host's format: only the fields that are set."""
    return {key: value for key, value in encode(wanted).items() if value is not None}


def launch(directory: Path, python: str, spec: Mapping[str, Any]) -> str:
    """Start a host in its own session, adopted by init, so that it outlives this server.

    Returns
    -------
    str
        Why it could not be started; empty on success.
    """
    # Passed on standard input: the batch system and every worker would inherit environment variables.
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
        return f"Cannot start the kernel's Python, {python}: {error}."
    finally:
        os.close(log)
    return f"The cluster host did not start. {tail(directory)}" if done.returncode else ""


def tail(directory: Path, lines: int = 3, longest: int = 400) -> str:
    """Return the last lines of the host's log as a sentence."""
    said = [line.strip() for line in read_log(directory, 10_000).splitlines() if line.strip()]
    return f"Its log ends: {' | '.join(said[-lines:])[-longest:]}" if said else "Its log is empty."


def read_log(directory: Path, longest: int = 100_000) -> str:
    """Return the last part of the host's log."""
    try:
        with (directory / LOG).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - longest))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def is_there(process: Mapping[str, Any]) -> bool | None:
    """Return whether the identified process is running; None if it is on another machine."""
    now = identity(int(process["pid"]))
    if now["host"] != process["host"]:
        return None
    return bool(now["started"]) and now["started"] == process["started"]


def end(process: Mapping[str, Any]) -> None:
    """Terminate a host, then kill it if it does not exit. Blocks for up to 10 s."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        until = time.monotonic() + TERMINATE_SECONDS
        if is_there(process):
            with suppress(ProcessLookupError):
                os.kill(int(process["pid"]), number)
        while is_there(process) and time.monotonic() < until:
            time.sleep(0.02)


def sweep(process: Mapping[str, Any], commands: Sequence[Sequence[str]]) -> None:
    """Clean up after a dead host: kill its session, and run its cleanup commands. Blocks."""
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
    """Return the remaining processes of a dead host's session.

    The system does not reuse a session's id as a process id while a member lives. So if no process has the id now, all
    members belong to the dead host; if one has it, none does.
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
