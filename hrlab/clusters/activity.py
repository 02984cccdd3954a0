"""Whether clusters are at work, so that the server of their user is not taken for idle."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from hrlab.model.cluster import Cluster

#: In these states there is a scheduler that may have work; one that is silent may be busy.
_STATES = ("ready", "unreachable")
_KINDS = ("process", "kubernetes")


class ClusterActivity:
    """Unfinished tasks of the user's own clusters, for a bounded time.

    Parameters
    ----------
    most_seconds
        Work counts for so long since it was first seen: tasks that hang do not keep a server for ever.
    clock
        Seconds of a monotonic clock.
    """

    def __init__(self, most_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.most_seconds = most_seconds
        self.clock = clock
        #: When work was first seen on clusters that had some when they were looked at last, by id.
        self._since: dict[str, float] = {}

    def is_on(self, clusters: Iterable[Cluster]) -> bool:
        """Whether one of `clusters` has work that still counts."""
        now = self.clock()
        busy = [cluster.id for cluster in clusters if _is_at_work(cluster)]
        self._since = {name: self._since.get(name, now) for name in busy}
        return any(now - since < self.most_seconds for since in self._since.values())


def _is_at_work(cluster: Cluster) -> bool:
    ours = cluster.mine and cluster.created_by == "hrlab" and cluster.kind in _KINDS
    return ours and cluster.state in _STATES and bool(cluster.tasks)
