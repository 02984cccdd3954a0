"""Compute the state of a Kubernetes cluster from its objects: a pure function of objects and time."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import Any

from hrlab.clusters.kubernetes.api import Object
from hrlab.clusters.kubernetes.conditions import (
    PATIENCE_SECONDS,
    closing_reason,
    commonest,
    created_at,
    ended,
    epoch,
    is_ending,
    missing_reason,
    operator_reason,
    pod_reason,
    pods_of,
)
from hrlab.clusters.kubernetes.manifest import (
    CREATED_AT,
    IDLE_SINCE,
    NAME,
    OWNER,
    READY_AT,
    SHRUNK,
    node_ports,
)
from hrlab.clusters.kubernetes.scheduler_health import Health, Place, place_of
from hrlab.model.cluster import State, Step, StepState, WorkerCount
from hrlab.model.options import OptionError, memory_bytes
from hrlab.model.units import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterObjects:
    """Known objects of one cluster.

    Attributes
    ----------
    resource, group, autoscaler, service, pods
        As the API gives them; None and empty if they are not there.
    health
        What came of asking the scheduler last; None if it was not asked yet.
    unanswered_seconds
        For how long it has not answered.
    api_problem
        Why the API can't be asked at present; empty if it can.
    refusals
        By component, what the API said to a trial of a pod that does not appear.
    """

    resource: Object
    group: Object | None = None
    autoscaler: Object | None = None
    service: Object | None = None
    pods: tuple[Object, ...] = ()
    health: Health | None = None
    unanswered_seconds: float = 0.0
    api_problem: str = ""
    refusals: dict[str, str] = field(default_factory=dict)

    @property
    def place(self) -> Place | None:
        """Where the scheduler is reached, as far as its Service says."""
        return place_of(self.service) if self.service else None

    @property
    def answers(self) -> bool:
        """Whether the scheduler answered when it was last asked."""
        return self.health is not None and not self.health.problem

    @property
    def annotations(self) -> dict[str, str]:
        """Of the resource."""
        return self.resource["metadata"].get("annotations") or {}

    @property
    def labels(self) -> dict[str, str]:
        """Of the resource."""
        return self.resource["metadata"].get("labels") or {}

    @property
    def by_hrlab(self) -> bool:
        """Whether it says that hrlab made it."""
        return OWNER in self.labels and NAME in self.annotations

    @property
    def created_at(self) -> float:
        """When it was asked for."""
        return self.time(CREATED_AT) or created_at(self.resource)

    def time(self, annotation: str) -> float | None:
        """A time that hrlab noted in the resource."""
        try:
            noted = float(self.annotations[annotation])
        except (KeyError, ValueError):
            return None
        # Anybody who may change the resource can write here, and JSON has neither nan nor inf.
        return noted if math.isfinite(noted) else None


def is_hanging(facts: ClusterObjects) -> bool:
    """Whether a cluster was told to go long ago."""
    metadata = facts.resource["metadata"]
    return is_ending(facts.resource) and (
        time.time() - epoch(metadata["deletionTimestamp"]) > PATIENCE_SECONDS
    )


def was_made(facts: ClusterObjects) -> bool:
    """Whether the operator has come to the end of making it: before, it may hold on to one that is to go for minutes."""
    return (facts.resource.get("status") or {}).get("phase") not in (None, "Created")


#: A scheduler that has once answered may be silent for so long before its cluster counts as unreachable.
SILENCE_SECONDS = 8.0


def state_of(facts: ClusterObjects, now: float) -> tuple[State, str]:
    """Return the state of a cluster, and the reason."""
    if is_ending(facts.resource):
        return "closing", closing_reason(facts.resource, now)
    if facts.answers:
        return "ready", _workers_reason(facts, now) or facts.annotations.get(SHRUNK, "")
    scheduler = _scheduler_reason(facts, now)
    was_ready = facts.time(READY_AT) is not None
    if was_ready or not facts.by_hrlab:
        if facts.health is None or (was_ready and facts.unanswered_seconds < SILENCE_SECONDS):
            return ("ready", "") if was_ready else ("starting", scheduler)
        return "unreachable", _silence(facts, scheduler)
    if facts.api_problem:
        return "starting", f"The Kubernetes API does not answer: {ended(facts.api_problem)}"
    return "starting", scheduler


def steps_of(facts: ClusterObjects, now: float) -> tuple[Step, ...]:
    """Return the steps of a start, with what each waits for."""
    phase = (facts.resource.get("status") or {}).get("phase")
    reason = operator_reason(facts.resource, now)
    resource: StepState = "failed" if phase == "Error" else "done" if phase else "running"
    if facts.answers:
        resource, reason = "done", ""
    return (
        Step(name="resource", state=resource, detail=reason),
        _scheduler_step(facts, now)
        if resource == "done"
        else Step(name="scheduler", state="waiting"),
        _service_step(facts, now),
        _workers_step(facts, now),
    )


def workers_of(facts: ClusterObjects) -> WorkerCount:
    """Return requested and ready workers."""
    if facts.group is not None:
        asked = int(facts.group["spec"]["worker"].get("replicas") or 0)
    else:
        asked = int((facts.resource["spec"].get("worker") or {}).get("replicas") or 0)
    ready = facts.health.workers if facts.answers and facts.health else None
    if facts.autoscaler is None:
        return WorkerCount(asked=asked, ready=ready or 0)
    bounds = facts.autoscaler["spec"]
    return WorkerCount(
        asked=asked,
        ready=ready or 0,
        minimum=int(bounds["minimum"]),
        maximum=int(bounds["maximum"]),
    )


def idle_stop_at(facts: ClusterObjects) -> float | None:
    """Return when the operator will close the idle cluster, in UTC epoch seconds."""
    limit = facts.resource["spec"].get("idleTimeout")
    health = facts.health
    if not limit or not facts.answers or health is None or health.tasks:
        return None
    since = facts.time(IDLE_SINCE) or facts.time(READY_AT) or facts.created_at
    return since + float(limit)


def worker_memory_bytes(facts: ClusterObjects) -> int:
    """Return the memory of one worker in bytes, from its pod's limits; 0 if unset."""
    worker: dict[str, Any] = (facts.group or facts.resource)["spec"].get("worker") or {}
    containers: list[Object] = (worker.get("spec") or {}).get("containers") or [{}]
    resources = containers[0].get("resources") or {}
    amounts = {**(resources.get("requests") or {}), **(resources.get("limits") or {})}
    try:
        return memory_bytes(amounts.get("memory", 0))
    except OptionError:
        return 0


def _scheduler_reason(facts: ClusterObjects, now: float) -> str:
    """Return the first problem that keeps the scheduler from responding."""
    if reason := operator_reason(facts.resource, now):
        return reason
    if not (facts.resource.get("status") or {}).get("phase"):
        return ""
    return _pods_reason(facts, "scheduler", now) or _missing_service(facts, now)


def _missing_service(facts: ClusterObjects, now: float) -> str:
    """Return why the operator has not created the Service."""
    if facts.service is not None or now - created_at(facts.resource) < PATIENCE_SECONDS:
        return ""
    service = facts.resource["spec"]["scheduler"].get("service") or {}
    if ports := node_ports([{"spec": service}]):
        return (
            f"The scheduler's Service has not appeared: another service may have taken port "
            f"{min(ports)} at the same moment. Close the cluster and start it again."
        )
    return "The scheduler's Service has not appeared: the Dask operator may not be running."


def _pods_reason(facts: ClusterObjects, component: str, now: float) -> str:
    pods = pods_of(facts.pods, component)
    refusal = facts.refusals.get(component, "")
    if not pods:
        return missing_reason(component, now - created_at(facts.resource), refusal)
    return commonest([pod_reason(pod, component) for pod in pods])


def _workers_reason(facts: ClusterObjects, now: float) -> str:
    count = workers_of(facts)
    if facts.health and facts.health.trouble:
        return ended(facts.health.trouble)
    if count.ready >= count.asked:
        return ""
    pods = pods_of(facts.pods, "worker")
    if reason := commonest([pod_reason(pod, "worker") for pod in pods]):
        return reason
    if len(pods) < count.asked and (refusal := facts.refusals.get("worker")):
        return missing_reason("worker", 0, refusal)
    return "" if pods else _pods_reason(facts, "worker", now)


def _silence(facts: ClusterObjects, scheduler: str) -> str:
    problem = facts.health.problem if facts.health else ""
    if scheduler:
        return scheduler
    return f"Cannot connect to the scheduler from the Jupyter server: {ended(problem)}"


def _scheduler_step(facts: ClusterObjects, now: float) -> Step:
    if facts.answers:
        return Step(name="scheduler", state="done")
    reason = _scheduler_reason(facts, now)
    running = any(
        (pod.get("status") or {}).get("phase") == "Running"
        for pod in pods_of(facts.pods, "scheduler")
    )
    state: StepState = "done" if running and not reason else "running"
    return Step(name="scheduler", state=state, detail=reason)


def _service_step(facts: ClusterObjects, now: float) -> Step:
    if facts.answers:
        return Step(name="service", state="done")
    if facts.service is None:
        detail = _missing_service(facts, now)
        return Step(name="service", state="running" if detail else "waiting", detail=detail)
    if facts.place is None:
        return Step(name="service", state="running", detail="The load balancer has no address yet.")
    problem = facts.health.problem if facts.health else ""
    detail = f"Cannot connect to the scheduler yet: {ended(problem)}" if problem else ""
    return Step(name="service", state="running", detail=detail)


def _workers_step(facts: ClusterObjects, now: float) -> Step:
    count = workers_of(facts)
    done = facts.answers and count.ready >= count.asked
    said = f"{count.ready} of {counted(count.asked, 'worker')}"
    reason = "" if done or not facts.answers else _workers_reason(facts, now)
    state: StepState = "done" if done else "running" if facts.answers else "waiting"
    return Step(name="workers", state=state, detail=f"{said}. {reason}" if reason else said)
