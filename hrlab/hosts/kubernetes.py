"""Kubernetes backend that also records which workers shared a node, from the watched pods.

Only what the account sees counts: workers of Dask clusters in the namespaces that are watched. Nodes that stand for a whole
site (interLink's virtual ones) are no machines, and say nothing about who shared one.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from hrlab.clusters.kubernetes.accounting import CountedKubernetes
from hrlab.clusters.kubernetes.api import Object
from hrlab.clusters.kubernetes.conditions import epoch
from hrlab.clusters.kubernetes.scheduler_health import Place
from hrlab.clusters.kubernetes.status import ClusterObjects
from hrlab.hosts.overlap import Stay, neighbours

#: How long a pod that has gone is remembered: longer than runs last; and how many at most, the oldest forgotten first.
REMEMBERED_SECONDS = 24 * 3600.0
MOST_GONE = 10_000

#: Taints of virtual nodes, which a pod must tolerate to be there.
_VIRTUAL = ("virtual-node.interlink", "virtual-kubelet.io")


class Stays:
    """Records when each worker ran on which node."""

    def __init__(self) -> None:
        self._there: dict[str, Stay] = {}
        self._gone: list[Stay] = []
        self._places: dict[str, Place] = {}

    def poll(self, clusters: Mapping[str, ClusterObjects], now: float) -> None:
        """Record current and vanished pods; `now` is in UTC epoch seconds."""
        found: dict[str, Stay] = {}
        for cluster_id, facts in clusters.items():
            if facts.place is not None:
                self._places[cluster_id] = facts.place
            for pod in facts.pods:
                if stay := _stay(cluster_id, pod):
                    found[str(pod["metadata"]["uid"])] = stay
        for uid, stay in self._there.items():
            if uid not in found:
                self._gone.append(replace(stay, ended_at=now))
        self._there = found
        if self._gone:
            kept = [s for s in self._gone if now - (s.ended_at or now) < REMEMBERED_SECONDS]
            self._gone = kept[-MOST_GONE:]
        if len(self._places) > len(clusters):
            known = {*clusters, *(stay.cluster for stay in self._gone)}
            self._places = {one: place for one, place in self._places.items() if one in known}

    def beside(self, address: str, started_at: float, ended_at: float) -> int:
        """Return how many workers of other clusters shared nodes with the cluster at `address`; 0 if unknown."""
        for cluster_id, place in self._places.items():
            if _leads_to(address, place):
                stays = (*self._gone, *self._there.values())
                return neighbours(stays, cluster_id, started_at, ended_at)
        return 0


class KubernetesWithNeighbours(CountedKubernetes):
    """Backend of kind ``kubernetes`` (see :class:`hrlab.clusters.backend.SeesNeighbours`)."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._stays = Stays()

    def neighbours(self, address: str, started_at: float, ended_at: float) -> int:
        """See :class:`hrlab.clusters.backend.SeesNeighbours`."""
        return self._stays.beside(address, started_at, ended_at)

    def _round(self) -> None:
        super()._round()
        self._stays.poll(self._facts, time.time())


def _stay(cluster_id: str, pod: Object) -> Stay | None:
    """A worker that runs on a node of the cluster's own Kubernetes."""
    spec, status = pod["spec"], pod.get("status") or {}
    is_worker = pod["metadata"]["labels"].get("dask.org/component") == "worker"
    if not is_worker or status.get("phase") != "Running" or not spec.get("nodeName"):
        return None
    tolerated = [str(one.get("key") or "") for one in spec.get("tolerations") or ()]
    if any(key.startswith(_VIRTUAL) for key in tolerated):
        return None
    states = [one.get("state") or {} for one in status.get("containerStatuses") or ()]
    started = [
        one["running"]["startedAt"] for one in states if one.get("running", {}).get("startedAt")
    ]
    if states and not started:  # between two attempts of a container that fails
        return None
    began = min(started) if started else status.get("startTime")
    return Stay(cluster_id, str(spec["nodeName"]), epoch(began)) if began else None


def _leads_to(address: str, place: Place) -> bool:
    """Whether a client that connected to `address` was at that place: by any of a Service's names."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    same = host == place.host.lower() or host.startswith(f"{place.host.lower()}.")
    return same and port == place.comm
