"""Detect whether a user's clusters are busy, so that an idle culler does not stop their server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from hrlab.model.cluster import Cluster

#: States with a scheduler that may have work; an unreachable one may just be busy.
_STATES = ("ready", "unreachable")
_KINDS = ("process", "kubernetes")


class ClusterActivity:
    """Unfinished tasks of the user's own clusters, counted for a limited time.

    Parameters
    ----------
    most_seconds
        How long work counts after it was first seen, so that hanging tasks do not keep a server alive for ever.
    clock
        Monotonic seconds.
    """

    def __init__(self, most_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.most_seconds = most_seconds
        self.clock = clock
        #: When the current period of work was first seen, by id of busy cluster.
        self._since: dict[str, float] = {}

    def is_on(self, clusters: Iterable[Cluster]) -> bool:
        """Return whether one of `clusters` has had work for less than `most_seconds`."""
        now = self.clock()
        busy = [cluster.id for cluster in clusters if _is_at_work(cluster)]
        self._since = {name: self._since.get(name, now) for name in busy}
        return any(now - since < self.most_seconds for since in self._since.values())


def _is_at_work(cluster: Cluster) -> bool:
    ours = cluster.mine and cluster.created_by == "hrlab" and cluster.kind in _KINDS
    return ours and cluster.state in _STATES and bool(cluster.tasks)
