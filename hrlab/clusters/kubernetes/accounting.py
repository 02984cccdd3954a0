"""Resource usage of Kubernetes clusters, and quota-related actions on them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hrlab.clusters.backend import Plan
from hrlab.clusters.kubernetes.api import ApiFailure, KubernetesApi, Object, Plural
from hrlab.clusters.kubernetes.conditions import created_at, ended, is_ending, pods_of
from hrlab.clusters.kubernetes.controller import KubernetesClusters
from hrlab.clusters.kubernetes.informers import with_ids
from hrlab.clusters.kubernetes.manifest import (
    GRANTED,
    GROWN,
    MARKS,
    NAME,
    PROFILE,
    SHRUNK,
    bounds_of,
    resource_of,
)
from hrlab.clusters.kubernetes.operations import bounds_noted
from hrlab.clusters.kubernetes.pod_refusal import exceeded
from hrlab.clusters.kubernetes.quantity import quantity
from hrlab.clusters.kubernetes.status import ClusterObjects, workers_of
from hrlab.model.cluster import Target
from hrlab.model.errors import BackendError, InvalidRequestError
from hrlab.model.quota import ClusterUsage, ResourceRequest

_ENDS = ("Failed", "Succeeded")


def requested(resource: Object, workers: int) -> ResourceRequest:
    """Return what a DaskCluster with this many workers uses, including its scheduler."""
    spec = resource["spec"]
    cores, memory = requests(_pod(spec, "worker"))
    cores_beside, memory_beside = requests(_pod(spec, "scheduler"))
    return ResourceRequest(
        workers=workers,
        cores_each=cores,
        memory_each=memory,
        cores_beside=cores_beside,
        memory_beside=memory_beside,
        pods_beside=1,
    )


def claim_of(
    cluster_id: str, facts: ClusterObjects, profile: str | None, *, mine: bool
) -> ClusterUsage:
    """Return a cluster's usage: its requested size, or its pods' requests if larger."""
    pods = pods_of(facts.pods, "worker")
    alive = [pod for pod in pods if (pod.get("status") or {}).get("phase") not in _ENDS]
    count, bounds = workers_of(facts), bounds_noted(facts)
    workers = max(count.most, len(alive), bounds[1] if bounds and _adapts(facts) else 0)
    resource = {"spec": {**facts.resource["spec"], **_worker(facts)}}
    asks = requested(resource, workers)
    there = [requests(pod["spec"]) for pod in (*alive, *pods_of(facts.pods, "scheduler"))]
    granted = facts.annotations.get(GRANTED, "")
    grown = grown_of(facts)
    metadata = facts.resource["metadata"]
    return ClusterUsage(
        id=cluster_id,
        name=facts.annotations.get(NAME, metadata["name"]),
        mine=mine,
        profile=profile,
        workers=workers,
        cores=max(asks.of("cores"), sum(cores for cores, _ in there)),
        memory_bytes=round(max(asks.of("memory"), sum(memory for _, memory in there))),
        groups=tuple(facts.annotations.get(MARKS, "").split()),
        created_at=created_at(facts.resource),
        uid=str(metadata.get("uid", "")),
        granted=int(granted) if granted.isdecimal() and len(granted) < 10 else None,
        grown_at=grown[0] if grown else 0.0,
        grown_from=grown[1] if grown else None,
    )


def grown_of(facts: ClusterObjects) -> tuple[float, int] | None:
    """Return when hrlab last scaled the cluster up, and its former number of workers."""
    at, _, workers = facts.annotations.get(GROWN, "").partition(" ")
    try:
        return float(at), int(workers)
    except ValueError:
        return None


def requests(pod: Mapping[str, Any]) -> tuple[float, int]:
    """Return cores and memory bytes requested by a pod; its limits where it has no requests."""
    cores = memory = 0.0
    for container in pod.get("containers") or ():
        resources = container.get("resources") or {}
        asked = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
        cores += quantity(asked.get("cpu", 0)) or 0.0
        memory += quantity(asked.get("memory", 0)) or 0.0
    return cores, round(memory)


def sums(pods: Iterable[Object]) -> tuple[float, int]:
    """Return total cores and memory of pods."""
    found = [requests(pod["spec"]) for pod in pods]
    return sum(cores for cores, _ in found), sum(memory for _, memory in found)


def _pod(spec: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    return (spec.get(part) or {}).get("spec") or {}


def _worker(facts: ClusterObjects) -> dict[str, Any]:
    """The worker group's own part, once there is one."""
    return {"worker": facts.group["spec"]["worker"]} if facts.group is not None else {}


def _adapts(facts: ClusterObjects) -> bool:
    """Whether bounds that were noted are not yet, or still, those of an autoscaler."""
    return facts.autoscaler is not None or facts.group is None


#: Growths of a cluster within so many seconds are judged as one.
TOGETHER_SECONDS = 10.0


class CountedKubernetes(KubernetesClusters):
    """Backend of kind ``kubernetes`` (see :class:`hrlab.clusters.backend.Counts`, ``Weighs`` and ``Recounts``)."""

    def asks(self, plan: Plan) -> ResourceRequest:
        """Return what a cluster's pods would request, including the scheduler."""
        bounds = bounds_of(plan)
        try:
            resource = resource_of(plan, self._home(plan))
        except InvalidRequestError:  # told when it is made
            return ResourceRequest(workers=bounds[1] if bounds else 0)
        workers = bounds[1] if bounds else int(resource["spec"]["worker"]["replicas"])
        return requested(resource, workers)

    def claims(self) -> Sequence[ClusterUsage]:
        """Return the usage of all clusters, also other users', and of pending starts."""
        starts = [
            self._claim_of_start(start.plan)
            for cluster_id, start in self._starts.items()
            if cluster_id not in self._facts and not start.failed
        ]
        return [*starts, *(self._claim(id_, facts) for id_, facts in self._facts.items())]

    def coming(self, namespace: str) -> Mapping[str, float]:
        """Return by resource what a namespace's clusters will use and no pod requests yet."""
        found = dict.fromkeys(("cores", "memory", "pods"), 0.0)
        for cluster_id, start in self._starts.items():
            if (
                cluster_id not in self._facts
                and self._home(start.plan) == namespace
                and not start.failed
            ):
                asks = self.asks(start.plan)
                for resource in found:
                    found[resource] += asks.of(resource)
        for cluster_id, facts in self._facts.items():
            if facts.resource["metadata"]["namespace"] == namespace and not is_ending(
                facts.resource
            ):
                claim, (cores, memory) = self._claim(cluster_id, facts), sums(facts.pods)
                found["cores"] += max(0.0, claim.cores - cores)
                found["memory"] += max(0.0, claim.memory_bytes - memory)
                found["pods"] += max(0, claim.workers + 1 - len(facts.pods))
        return found

    async def refused(self, plan: Plan) -> str:
        """Return why Kubernetes would refuse a pod of this plan; empty if it would accept it, or cannot tell."""
        if self._api is None:
            return ""
        namespace = self._home(plan)
        spec = resource_of(plan, namespace)["spec"]
        pods = [spec[part]["spec"] for part in ("scheduler", "worker")]
        said = await asyncio.gather(*(self._refused_pod(self._api, namespace, pod) for pod in pods))
        return next(filter(None, said), "")

    async def refused_more(self, cluster_id: str) -> str:
        """Return why Kubernetes would refuse another worker; empty if it would accept it, or cannot tell."""
        facts = self._facts.get(cluster_id)
        if facts is None or self._changes is None:
            return ""
        said = await self._changes.dry_run_pod(facts, "worker")
        over = exceeded(said)
        return over.format() if over and over.amounts else ended(said) if said else ""

    async def _refused_pod(self, api: KubernetesApi, namespace: str, pod: Object) -> str:
        body: Object = {"metadata": {"generateName": "hrlab-trial-"}, "spec": pod}
        try:
            await api.call("POST", "pods", namespace, body=body, params={"dryRun": "All"})
        except ApiFailure as failure:
            if failure.code != 403 or "cannot create resource" in failure.message:
                return ""
            over = exceeded(failure.message)
            said = failure.message.partition(" is forbidden: ")[2] or failure.message
            return over.format() if over and over.amounts else ended(said)
        return ""

    async def recount(self) -> Sequence[ClusterUsage]:
        """The same, asked for anew: what was made by anybody before this call is in it.

        Raises
        ------
        BackendError
            If the API does not answer.
        """
        api = self._api
        if api is None:
            raise BackendError(self.problem() or "Kubernetes has not been queried yet.")
        found: list[ClusterObjects] = []
        for namespace in self._homes():
            try:
                listed = await self._listed(api, namespace)
            except ApiFailure as failure:
                raise BackendError(f"Kubernetes refused: {ended(failure.message)}") from failure
            found += [facts for facts in listed.values() if not is_ending(facts.resource)]
        pods = {facts.resource["metadata"]["uid"]: facts.pods for facts in self._facts.values()}
        named = with_ids(found, self._namespace, self._ownership.is_mine)
        return [
            self._claim(id_, replace(facts, pods=pods.get(facts.resource["metadata"]["uid"], ())))
            for id_, facts in named.items()
        ]

    async def withdraw(self, cluster_id: str, reason: str) -> None:
        """Delete a cluster that lost a race for a limit; show it as failed, with the reason."""
        view, facts = self._shown.get(cluster_id), self._facts.get(cluster_id)
        if view is None or facts is None:
            return
        gone = replace(view, state="failed", reason=reason)
        self._failed[cluster_id] = self._views.aged(gone, time.time())
        self._unwanted[cluster_id] = facts.resource["metadata"]["namespace"]
        self._round()

    async def scale(self, cluster_id: str, target: Target) -> None:
        """Scale, or adapt between bounds; record the granted size, to detect changes from outside."""
        facts, changes = self._found(cluster_id), self._connected()
        if facts.by_hrlab:
            grown = self._grows(cluster_id, facts, target.most)
            notes = {GRANTED: str(target.most), GROWN: grown, SHRUNK: None}
            await self._do(changes.annotate(facts, notes))
        await super().scale(cluster_id, target)

    async def shrink(self, cluster_id: str, workers: int, reason: str) -> None:
        """Undo a scale-up that lost a race for a limit; show the reason on the cluster's card."""
        facts = self._found(cluster_id)
        if workers and facts.autoscaler is not None:
            least = min(workers, int(facts.autoscaler["spec"].get("minimum") or 0))
            await self.scale(cluster_id, Target(minimum=least, maximum=workers))
        else:
            await self.scale(cluster_id, Target(workers=workers))
        await self._do(self._connected().annotate(facts, {SHRUNK: reason}))

    def _grows(self, cluster_id: str, facts: ClusterObjects, workers: int) -> str | None:
        """What is noted of a growth: steps that follow each other at once count as one, from where the first began."""
        now, had = time.time(), self._claim(cluster_id, facts).workers
        before = grown_of(facts)
        if before is not None and now - before[0] < TOGETHER_SECONDS:
            had = min(had, before[1])
        return f"{now!r} {had}" if workers > had else None

    def _claim(self, cluster_id: str, facts: ClusterObjects) -> ClusterUsage:
        profile = self._views.profile(facts)
        label = profile.name if profile else facts.labels.get(PROFILE)
        return claim_of(cluster_id, facts, label, mine=self._views.is_mine(facts))

    def _claim_of_start(self, plan: Plan) -> ClusterUsage:
        asks = self.asks(plan)
        return ClusterUsage(
            id=plan.id,
            name=plan.name,
            mine=True,
            profile=plan.profile.name,
            workers=asks.workers,
            cores=asks.of("cores"),
            memory_bytes=round(asks.of("memory")),
            groups=plan.marks,
            created_at=plan.created_at,
            granted=asks.workers,
        )

    def _home(self, plan: Plan) -> str:
        return str(plan.profile.template.get("namespace") or self._namespace)

    def _homes(self) -> list[str]:
        given = (one.template.get("namespace") for one in self._profiles.values())
        return list(dict.fromkeys([self._namespace, *(str(one) for one in given if one)]))

    async def _listed(self, api: KubernetesApi, namespace: str) -> dict[str, ClusterObjects]:
        async def items(plural: Plural) -> dict[str, Object]:
            answer = await api.call("GET", plural, namespace)
            return {item["metadata"]["name"]: item for item in answer["items"]}

        # Clusters last: one that is there has what belongs to it, or will be asked for its own word.
        groups, scalers = await items("daskworkergroups"), await items("daskautoscalers")
        return {
            name: ClusterObjects(
                resource=resource, group=groups.get(f"{name}-default"), autoscaler=scalers.get(name)
            )
            for name, resource in (await items("daskclusters")).items()
        }
