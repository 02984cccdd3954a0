"""What every kind of cluster does."""

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
    """A cluster to be made: everything is decided and checked.

    Attributes
    ----------
    id
        Unique; also its name for Kubernetes and in files.
    options
        A value for every option of the profile.
    python
        Interpreter of the kernel that a ``process`` cluster is for.
    kernel
        Name of its kernelspec.
    marks
        Of the common limits for which it counts.
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
    """Makes, finds, watches and closes clusters of one kind.

    All methods run on the server's event loop and never hold it. Errors are `hrlab.model.errors.BackendError` when what is
    behind fails, and `NotFoundError` for an id that is not there.
    """

    async def start(self, changed: Callable[[Sequence[str]], None]) -> None:
        """Find what exists and watch it; `changed` is called with ids, on the event loop, whenever something is new."""

    async def stop(self) -> None:
        """Watch no more. Clusters live on."""

    def clusters(self) -> Sequence[Cluster]:
        """What is known now, without asking anybody; starts that failed stay until they are closed."""

    async def create(self, plan: Plan) -> Cluster:
        """Begin to make a cluster; answers at once, in state ``starting``."""

    async def scale(self, cluster_id: str, target: Target) -> None:
        """Scale, or adapt between bounds."""

    async def extend(self, cluster_id: str) -> None:
        """Begin the idle time anew."""

    async def close(self, cluster_id: str) -> None:
        """Close, cancel a start, or dismiss a failed one: nothing is left behind."""

    async def logs(self, cluster_id: str) -> Mapping[str, str]:
        """The ends of the logs, by component (``scheduler``, workers' names, ``host``)."""

    def dashboard_url(self, cluster_id: str) -> str | None:
        """Where this machine reaches the dashboard (``http://host:port``): for the proxy, never for a browser."""


@runtime_checkable
class MayBeBlind(Protocol):
    """A kind that may be unable to see its clusters for a while, with its API away, say."""

    def problem(self) -> str:
        """Why it cannot see them now, in a sentence for the user; empty when all is well."""


@runtime_checkable
class SeesNeighbours(Protocol):
    """A kind that sees which clusters share machines."""

    def neighbours(self, address: str, started_at: float, ended_at: float) -> int:
        """How many workers of other clusters ran on the nodes of the cluster at that scheduler's address, at least.

        Between two times in UTC epoch seconds; 0 also where nothing is known of that cluster.
        """


@runtime_checkable
class Weighs(Protocol):
    """A kind whose clusters take more than their options say, or another amount."""

    def asks(self, plan: Plan) -> ResourceRequest:
        """What a cluster of this plan would take, with all workers that it may come to have."""


@runtime_checkable
class Tries(Protocol):
    """A kind that can ask beforehand whether a worker would be taken."""

    async def refused(self, plan: Plan) -> str:
        """Why not; empty if it would be, or if nobody can tell."""


@runtime_checkable
class TriesMore(Protocol):
    """A kind that can ask beforehand whether an existing cluster would be given another worker."""

    async def refused_more(self, cluster_id: str) -> str:
        """Why not; empty if it would be, or if nobody can tell."""


@runtime_checkable
class Counts(Protocol):
    """A kind that knows what its clusters hold, better than what can be seen of them says."""

    def claims(self) -> Sequence[ClusterUsage]:
        """What every cluster holds that it knows."""


@runtime_checkable
class Recounts(Counts, Protocol):
    """A kind whose clusters other users make as well, at the same time."""

    async def recount(self) -> Sequence[ClusterUsage]:
        """The claims, asked for anew: what was made by anybody before this call is in it."""

    async def withdraw(self, cluster_id: str, reason: str) -> None:
        """Take back a cluster that was made too late for a limit; it is shown as failed, with the reason."""

    async def shrink(self, cluster_id: str, workers: int, reason: str) -> None:
        """Take back the workers by which a cluster has grown too late for a limit; its card says the reason."""
