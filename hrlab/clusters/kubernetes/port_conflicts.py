"""Recreates clusters that lost a race for a port, keeping their names.

Ports are chosen among those that are free, but between that and the making of the Service somebody else may do the same.
While one is removed and not yet made again, nothing in Kubernetes tells of it: it is noted in a file before (see
:mod:`hrlab.clusters.kubernetes.state_file`), for a server that comes after one that was killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hrlab.clusters.backend import Plan
from hrlab.clusters.kubernetes.api import Object
from hrlab.clusters.kubernetes.background_tasks import BackgroundTasks
from hrlab.clusters.kubernetes.conditions import created_at, pods_of
from hrlab.clusters.kubernetes.in_container import tunnel
from hrlab.clusters.kubernetes.manifest import (
    CREATED_AT,
    MARKS,
    NAME,
    OPTIONS,
    PROFILE,
    READY_AT,
    TRIES,
    node_ports,
    resource_of,
)
from hrlab.clusters.kubernetes.offload import tunnel_ports
from hrlab.clusters.kubernetes.operations import Operations
from hrlab.clusters.kubernetes.provisioning import PendingCluster
from hrlab.clusters.kubernetes.status import ClusterObjects
from hrlab.model.cluster import Cluster
from hrlab.model.errors import InvalidRequestError
from hrlab.model.profile import Profile

#: The operator makes the Service in the same breath as the rest; one that is missing for longer was refused.
SERVICE_SECONDS = 3.0
MOST_TRIES = 5
REASON = "Another service took its port at the same moment: recreating it with another port."


def plan_of(cluster_id: str, facts: ClusterObjects, profile: Profile, owner: str) -> Plan:
    """What was asked for, from what is noted in the resource."""
    return Plan(
        id=cluster_id,
        name=facts.annotations.get(NAME, cluster_id),
        profile=profile,
        options=json.loads(facts.annotations.get(OPTIONS, "{}")),
        owner=owner,
        created_at=facts.created_at,
        marks=tuple(facts.annotations.get(MARKS, "").split()),
    )


def lost_its_port(facts: ClusterObjects, services: Iterable[Object]) -> bool:
    """Whether a cluster can't have its ports of the forwarder: that said so, or another was first."""
    if any(_was_taken(pod) for pod in pods_of(facts.pods, "scheduler")):
        return True
    mine = facts.service
    if mine is None or not _leads_elsewhere(mine):
        return False
    return any(
        other["spec"].get("selector") == mine["spec"].get("selector")
        and tunnel_ports(other) & tunnel_ports(mine)
        and _age(other) < _age(mine)
        for other in services
    )


@dataclass(frozen=True, slots=True)
class PortConflict:
    """What a cluster is made again from: what its resource said of the request, and nothing of its containers.

    Attributes
    ----------
    tries
        How many starts came before the one that is to come.
    said
        Those annotations and labels.
    """

    tries: int
    namespace: str
    said: Mapping[str, str]

    def facts(self, cluster_id: str) -> ClusterObjects:
        """As of a cluster of which nothing else is there."""
        labels = {PROFILE: self.said.get(PROFILE, "")}
        place = {"name": cluster_id, "namespace": self.namespace}
        return ClusterObjects(
            resource={"metadata": {**place, "labels": labels, "annotations": dict(self.said)}}
        )

    def written(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"tries": self.tries, "namespace": self.namespace, "said": dict(self.said)}

    @classmethod
    def read(cls, value: Mapping[str, Any]) -> PortConflict | None:
        """Parse it from JSON; None if invalid."""
        match value:
            case {"tries": int(tries), "namespace": str(namespace), "said": dict(said)}:
                return cls(tries, namespace, {str(k): str(v) for k, v in said.items()})
        return None

    @classmethod
    def of(cls, facts: ClusterObjects, tries: int) -> PortConflict:
        """Of a cluster that is to be removed."""
        known = {**facts.annotations, **facts.labels}
        said = {key: known[key] for key in (NAME, OPTIONS, MARKS, PROFILE) if key in known}
        said[CREATED_AT] = repr(facts.created_at)
        return cls(tries, facts.resource["metadata"]["namespace"], said)


class PortConflictRecovery:
    """Clusters that are removed in order to be recreated.

    Parameters
    ----------
    keep
        Writes what `noted` says to where the next server finds it.
    """

    def __init__(
        self, changes: Operations, errands: BackgroundTasks, keep: Callable[[], Awaitable[None]]
    ) -> None:
        self._changes = changes
        self._errands = errands
        self._keep = keep
        self._plans: dict[str, Plan] = {}
        self._notes: dict[str, PortConflict] = {}

    def __contains__(self, cluster_id: str) -> bool:
        return cluster_id in self._plans

    def noted(self) -> dict[str, dict[str, Any]]:
        """What the next server must know: of those that were begun, until they are there again."""
        return {cluster_id: note.written() for cluster_id, note in self._notes.items()}

    def claim(
        self,
        noted: Mapping[str, Mapping[str, Any]],
        profile_of: Callable[[ClusterObjects], Profile | None],
        owner: str,
        namespaces: Collection[str],
    ) -> None:
        """Go on with what a server has noted that is gone; not where profile or namespace are no more, or are others."""
        for cluster_id, value in noted.items():
            note = PortConflict.read(value)
            if note is None or note.namespace not in namespaces:
                continue
            facts = note.facts(cluster_id)
            profile = profile_of(facts)
            with contextlib.suppress(ValueError, InvalidRequestError):
                if profile is not None:
                    plan = plan_of(cluster_id, facts, profile, owner)
                    resource_of(plan, note.namespace)
                    self._plans[cluster_id], self._notes[cluster_id] = plan, note

    def discard(self, cluster_ids: Iterable[str]) -> None:
        """Cancel the recreation of these clusters."""
        for cluster_id in cluster_ids:
            self._plans.pop(cluster_id, None)
            self._notes.pop(cluster_id, None)

    def poll(
        self, cluster_id: str, facts: ClusterObjects, plan: Plan, services: Iterable[Object]
    ) -> None:
        """See whether a cluster of the user's has the ports that it was given."""
        tries = int(facts.annotations.get(TRIES, "0"))
        note = self._notes.get(cluster_id)
        if note is not None and tries >= note.tries:  # by this server, or by another of the user's
            self.discard([cluster_id])
        if cluster_id in self._plans:
            self._errands.run(f"{cluster_id} again", lambda: self._remove(facts), again=1)
            return
        if facts.time(READY_AT) is not None or tries >= MOST_TRIES:
            return
        if lost_its_port(facts, services):
            self._start(cluster_id, facts, plan, tries)
            return
        service = facts.resource["spec"]["scheduler"].get("service") or {}
        ports = node_ports([{"spec": service}])
        waits = time.time() - created_at(facts.resource) > SERVICE_SECONDS
        taken_up = (facts.resource.get("status") or {}).get("phase") == "Created"
        if ports and facts.service is None and waits and taken_up:

            async def ask() -> None:
                if await self._changes.holds_port(min(ports)):
                    self._start(cluster_id, facts, plan, tries)

            self._errands.run(f"{cluster_id} port", ask)

    def ready_to_recreate(self, remains: Callable[[str, str], bool]) -> dict[str, PendingCluster]:
        """Starts of those of which nothing is left: `remains` says whether there is, by namespace and name."""
        found = {}
        for cluster_id, plan in list(self._plans.items()):
            note = self._notes[cluster_id]
            if not remains(note.namespace, cluster_id):
                del self._plans[cluster_id]
                resource = resource_of(plan, note.namespace)
                found[cluster_id] = PendingCluster(plan, resource, tries=note.tries)
        return found

    def show_as_starting(self, views: dict[str, Cluster], before: Mapping[str, Cluster]) -> None:
        """Show them as starting, also while nothing of them is there: as they were shown `before`."""
        for cluster_id in self._plans:
            if known := views.get(cluster_id) or before.get(cluster_id):
                views[cluster_id] = replace(known, state="starting", reason=REASON)

    def _start(self, cluster_id: str, facts: ClusterObjects, plan: Plan, tries: int) -> None:
        self._notes[cluster_id] = PortConflict.of(facts, tries + 1)
        self._plans[cluster_id] = plan

    async def _remove(self, facts: ClusterObjects) -> None:
        """Without the operator, which holds on to what it could not make."""
        await self._keep()
        metadata = facts.resource["metadata"]
        if metadata["name"] not in self._plans:
            return  # closed meanwhile
        await self._changes.delete(metadata["namespace"], metadata["name"])
        await asyncio.sleep(0.2)
        await self._changes.remove_finalizers(metadata["namespace"], metadata["name"])


def _was_taken(pod: Object) -> bool:
    return any(
        (state.get("terminated") or {}).get("exitCode") == tunnel.TAKEN
        for container in (pod.get("status") or {}).get("containerStatuses") or ()
        for state in (container.get("state") or {}, container.get("lastState") or {})
    )


def _leads_elsewhere(service: Object) -> bool:
    """Return whether a Service selects pods of another cluster."""
    selector: Mapping[str, str] = service["spec"].get("selector") or {}
    return "dask.org/cluster-name" not in selector


def _age(service: Object) -> tuple[float, str]:
    return created_at(service), service["metadata"]["name"]
