"""Existing clusters, and requests for clusters."""

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

#: Environment variable with the address of a campaign's cluster, set for the kernel of a point.
CAMPAIGN_ADDRESS = "HRLAB_SCHEDULER_ADDRESS"

#: Ids of clusters created by hrlab; valid Kubernetes names, including the operator's suffixes.
ID = re.compile(r"[a-z0-9]([-a-z0-9]{0,51}[a-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a start: ``resource``, ``scheduler``, ``service``, ``workers``; `detail` says what it is waiting for."""

    name: str
    state: StepState
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerCount:
    """Requested and running workers; `minimum` and `maximum` for adaptive clusters."""

    asked: int
    ready: int = 0
    minimum: int | None = field(default=None, metadata=OMIT_NONE)
    maximum: int | None = field(default=None, metadata=OMIT_NONE)

    @property
    def most(self) -> int:
        """Maximum number of workers, running or reachable by adaptive scaling."""
        return max(self.asked, self.ready, self.maximum or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A cluster as shown in the panel.

    Attributes
    ----------
    owner
        Creator, as named by Jupyter or the hub; None if unknown.
    created_by
        ``other``: in a notebook, by dask-labextension, or by hand.
    mine
        Whether the user may scale and close it here.
    reason
        Reason for its state, in one sentence; empty if all is well.
    since_at, created_at, idle_stop_at
        Start of the state, creation, and idle timeout (None: never, or busy), in seconds since 1970 (UTC).
    cores, memory_bytes
        Of all running workers.
    tasks
        Unfinished tasks on the scheduler; None if unknown.
    dashboard_path
        Below the server's base URL; None without a dashboard.
    usual_start_seconds
        Median duration of earlier starts of this profile; None if there were none.
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
    """Reason for a rejected request: the limit, what was requested, what is left, and a sentence for the user.

    `limit` is the name of the option or limit, so that a form can show it beside the field.
    """

    limit: str
    asked: Value | None
    left: Value | None
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Maximum resources of a cluster, including those besides its workers."""

    workers: int
    cores: float
    memory_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """Result of a dry run, and the resources the cluster would take (``asks``; None if unknown)."""

    allowed: bool
    refusals: tuple[Refusal, ...] = ()
    warnings: tuple[str, ...] = ()
    asks: Taken | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Requested workers of a cluster: a number, or bounds for adaptive scaling."""

    workers: int | None = None
    minimum: int | None = None
    maximum: int | None = None

    @property
    def most(self) -> int:
        """Maximum number of workers: the number, or the upper bound."""
        return self.workers if self.workers is not None else self.maximum or 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterRequest:
    """A user's request for a cluster.

    Attributes
    ----------
    as_many_as_allowed
        Reduce the number of workers to what profile and quotas allow, instead of rejecting the request.
    kernel
        Kernelspec whose Python a ``process`` cluster uses.
    """

    profile: str
    name: str | None = None
    options: Mapping[str, Value] = field(default_factory=dict)
    idempotency_key: str | None = None
    dry_run: bool = False
    as_many_as_allowed: bool = False
    kernel: str | None = None
