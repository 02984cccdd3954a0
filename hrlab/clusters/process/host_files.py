"""Files of a cluster host; values written by other versions or by hand are validated field by field."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hrlab.model.cluster import State, StepState, Target, WorkerCount
from hrlab.model.options import Value
from hrlab.model.wire import decode_known, encode

DESCRIPTION = "cluster.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Identifies a process, see :func:`hrlab.clusters.process.daemon.process_identity.identity`."""

    host: str
    pid: int
    started: str
    network: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """Description written by the creating server; fields as in :class:`hrlab.model.cluster.Cluster`.

    `target` is the initial size, `each` the options of one worker.
    """

    id: str
    name: str
    profile: str | None
    created_at: float
    start_timeout_seconds: float
    target: Target
    site: str | None = None
    owner: str | None = None
    each: Mapping[str, Value | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Status written by the host; fields as in :class:`hrlab.model.cluster.Cluster`.

    `cleanup` lists commands that remove what a killed host leaves behind.
    """

    process: Identity | None = None
    state: State = "starting"
    reason: str = ""
    since_at: float = 0.0
    steps: Mapping[str, tuple[StepState, str]] = field(default_factory=dict)
    workers: WorkerCount = field(default_factory=lambda: WorkerCount(asked=0))
    cores: float = 0
    memory_bytes: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    tasks: int | None = None
    scheduler_address: str | None = None
    dashboard_url: str | None = None
    idle_stop_at: float | None = None
    cleanup: tuple[tuple[str, ...], ...] = ()


def described(directory: Path, told: object) -> tuple[dict[str, Any], str]:
    """Parse a host's description; return it with a sentence on what is invalid, empty if nothing is.

    Invalid fields get defaults.
    """
    known, wrong = decode_known(Description, told, DESCRIPTION)
    if known.get("id", directory.name) != directory.name:
        wrong = f"{DESCRIPTION} belongs to another cluster."
    changed_at = 0.0
    with suppress(OSError):
        changed_at = directory.stat().st_mtime
    instead = {
        "name": directory.name,
        "profile": None,
        "site": None,
        "owner": None,
        "created_at": changed_at,
        "start_timeout_seconds": float("inf"),
        "target": encode(Target()),
    }
    each = {name: _amount(known.get("each", {}).get(name)) for name in ("cores", "memory_bytes")}
    return {**instead, **known, "id": directory.name, "each": each}, wrong


def _amount(value: Value | None) -> float:
    """Return the amount as a number; a profile's option of that name may be of another type."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and value is not None else 0.0
