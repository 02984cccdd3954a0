"""Interfaces of cluster backends: the mandatory one, and optional capabilities."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from hrlab.model.cluster import Cluster, Target
from hrlab.model.options import Value
from hrlab.model.profile import Profile
from hrlab.model.quota import ClusterUsage, ResourceRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A cluster to be created, fully resolved and validated.

    Attributes
    ----------
    id
        Unique; also its name in Kubernetes and in files.
    options
        A value for every option of the profile.
    python
        Interpreter of the kernel that a ``process`` cluster is for.
    kernel
        Name of its kernelspec.
    marks
        Marks of the shared limits that apply to it.
    """

    id: str
    name: str
    profile: Profile
    options: Mapping[str, Value]
    owner: str
    created_at: float
    python: str | None = None
    kernel: str | None = None
    marks: tuple[str, ...] = ()


class ClusterBackend(Protocol):
    """Creates, discovers, monitors and closes clusters of one kind.

    All methods run on the server's event loop and must not block it. They raise `hrlab.model.errors.BackendError`
    if the underlying system fails, and `NotFoundError` for an unknown id.
    """

    async def start(self, changed: Callable[[Sequence[str]], None]) -> None:
        """Discover existing clusters and watch them; call `changed` with ids, on the event loop, on each change."""

    async def stop(self) -> None:
        """Stop watching. Clusters keep running."""

    def clusters(self) -> Sequence[Cluster]:
        """Return the last known state, without I/O; failed starts are included until closed."""

    async def create(self, plan: Plan) -> Cluster:
        """Start creating a cluster; return immediately, with state ``starting``."""

    async def scale(self, cluster_id: str, target: Target) -> None:
        """Scale to a number of workers, or adapt between bounds."""

    async def extend(self, cluster_id: str) -> None:
        """Reset the idle timeout."""

    async def close(self, cluster_id: str) -> None:
        """Close a cluster, cancel its start, or dismiss a failed one; leave nothing behind."""

    async def logs(self, cluster_id: str) -> Mapping[str, str]:
        """Return the last part of the logs by component (``scheduler``, names of workers, ``host``)."""

    def dashboard_url(self, cluster_id: str) -> str | None:
        """Return the dashboard's URL as this machine reaches it (``http://host:port``): for the proxy only."""


@runtime_checkable
class MayBeBlind(Protocol):
    """A backend that may temporarily lose sight of its clusters, for example when its API is down."""

    def problem(self) -> str:
        """Return the reason as a sentence for the user; empty if all is well."""


@runtime_checkable
class SeesNeighbours(Protocol):
    """A backend that knows which clusters share nodes."""

    def neighbours(self, address: str, started_at: float, ended_at: float) -> int:
        """Return a lower bound of the workers of other clusters that shared nodes with this cluster.

        Parameters
        ----------
        address
            Scheduler address of the cluster.
        started_at, ended_at
            Period in UTC epoch seconds.

        Returns
        -------
        int
            0 if the cluster is unknown.
        """


@runtime_checkable
class Weighs(Protocol):
    """A backend whose clusters use more than their options say, or other amounts."""

    def asks(self, plan: Plan) -> ResourceRequest:
        """Return what a cluster of this plan would use at its largest size."""


@runtime_checkable
class Tries(Protocol):
    """A backend that can dry-run the creation of a worker."""

    async def refused(self, plan: Plan) -> str:
        """Return why a worker would be refused; empty if it would be accepted or cannot be tested."""


@runtime_checkable
class TriesMore(Protocol):
    """A backend that can dry-run adding a worker to an existing cluster."""

    async def refused_more(self, cluster_id: str) -> str:
        """Return why it would be refused; empty if it would be accepted or cannot be tested."""


@runtime_checkable
class Counts(Protocol):
    """A backend that knows its clusters' resource usage better than their state shows."""

    def claims(self) -> Sequence[ClusterUsage]:
        """Return the usage of every known cluster."""


@runtime_checkable
class Recounts(Counts, Protocol):
    """A backend whose quota is shared with other users, who may create clusters at the same time."""

    async def recount(self) -> Sequence[ClusterUsage]:
        """Return usage read anew; includes everything created before the call."""

    async def withdraw(self, cluster_id: str, reason: str) -> None:
        """Delete a cluster that lost a race for a limit; show it as failed with `reason`."""

    async def shrink(self, cluster_id: str, workers: int, reason: str) -> None:
        """Undo a scale-up that lost a race for a limit; show `reason` on the cluster's card."""
