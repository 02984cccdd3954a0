"""Clusters: those that exist, and what is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from hrlab.model.options import Value
from hrlab.model.profile import Kind
from hrlab.model.wire import OMIT_NONE

State: TypeAlias = Literal["starting", "ready", "closing", "failed", "unreachable"]
StepState: TypeAlias = Literal["waiting", "running", "done", "failed"]

#: Environment variable that a campaign sets for the kernel of a point: the address of its cluster.
CAMPAIGN_ADDRESS = "HRLAB_SCHEDULER_ADDRESS"

#: Ids of clusters that hrlab makes; Kubernetes takes them as names, with the endings that the operator adds.
ID = re.compile(r"[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a start: ``resource``, ``scheduler``, ``service``, ``workers``; `detail` says what it waits for."""

    name: str
    state: StepState
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCount:
    """Workers asked for and there; `minimum` and `maximum` where the cluster adapts."""

    asked: int
    ready: int = 0
    minimum: int | None = field(default=None, metadata=OMIT_NONE)
    maximum: int | None = field(default=None, metadata=OMIT_NONE)

    @property
    def most(self) -> int:
        """Most that there are, or may come to be by adapting."""
        return max(self.asked, self.ready, self.maximum or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A cluster as the panel shows it.

    Attributes
    ----------
    owner
        Who made it, as Jupyter or the hub names them; None if nobody can tell.
    created_by
        ``other``: in a notebook, by dask-labextension, or by hand.
    mine
        Whether the user may scale and close it here.
    reason
        Why it is in this state, in one sentence; empty when all is well.
    since_at, created_at, idle_stop_at
        UTC epoch seconds: in this state since, made at, closed for idleness at (None: never, or at work).
    cores, memory_bytes
        Of all workers that are there.
    tasks
        Unfinished tasks on the scheduler; None if unknown.
    dashboard_path
        Below the server's base URL; None while there is none.
    usual_start_seconds
        How long earlier starts of this profile took, median; None if there were none.
    """

    id: str
    name: str
    kind: Kind
    profile: str | None
    owner: str | None
    created_by: Literal["hrlab", "other"]
    mine: bool = True
    state: State
    reason: str = ""
    since_at: float
    steps: tuple[Step, ...] = ()
    workers: WorkerCount
    cores: float = 0
    memory_bytes: int = 0
    tasks: int | None = None
    scheduler_address: str | None = None
    dashboard_path: str | None = None
    created_at: float
    idle_stop_at: float | None = None
    usual_start_seconds: float | None = None
    site: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a request would be refused: which limit, what was asked, what is left, and the sentence for the user.

    `limit` is the name of the option or of the limit, so that a form can say it beside the field.
    """

    limit: str
    asked: Value | None
    left: Value | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a cluster takes at most, with what is beside its workers."""

    workers: int
    cores: float
    memory_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What would become of a request, and what it would take (``asks``; None if it can't be told)."""

    allowed: bool
    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    asks: Taken | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """How many workers a cluster is to have: a number, or bounds between which it adapts."""

    workers: int | None = None
    minimum: int | None = None
    maximum: int | None = None

    @property
    def most(self) -> int:
        """Workers that there may be: the number, or the upper bound."""
        return self.workers if self.workers is not None else self.maximum or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRequest:
    """What a user asks for.

    Attributes
    ----------
    as_many_as_allowed
        Workers beyond what profile and quotas allow are cut instead of refused.
    kernel
        Names the kernelspec whose Python a ``process`` cluster runs.
    """

    profile: str
    name: str | None = None
    options: Mapping[str, Value] = field(default_factory=dict)
    idempotency_key: str | None = None
    dry_run: bool = False
    as_many_as_allowed: bool = False
    kernel: str | None = None
