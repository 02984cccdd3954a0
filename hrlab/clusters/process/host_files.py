"""What the files of a cluster host hold, and what of it can be used where another version or somebody's hand wrote them."""

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
    """Names a process, see :func:`hrlab.clusters.process.daemon.process_identity.identity`."""

    host: str
    pid: int
    started: str
    network: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What the server that made a cluster wrote of it; fields as in :class:`hrlab.model.cluster.Cluster`.

    `target` is what was asked for at first, `each` the options of one worker.
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
    """What a host tells of its cluster; fields as in :class:`hrlab.model.cluster.Cluster`.

    `cleanup` are commands that remove what a host leaves behind that is killed.
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
    """The description of the cluster whose host has this directory, and what is wrong with what it holds.

    What cannot be used of it is replaced by what is known without.
    """
    known, wrong = decode_known(Description, told, DESCRIPTION)
    if known.get("id", directory.name) != directory.name:
        wrong = f"{DESCRIPTION} is of another cluster."
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
    """An option of a profile may be called so and be no number."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number and value is not None else 0.0
