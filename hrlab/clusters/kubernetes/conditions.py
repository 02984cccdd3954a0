"""Explain in one sentence why something waits, using only objects that every user's pod may read."""

from __future__ import annotations

import calendar
import time
from collections.abc import Iterable, Sequence
from typing import Any

from hrlab.clusters.kubernetes.api import Object
from hrlab.clusters.kubernetes.offload import VARIABLE as TUNNEL
from hrlab.clusters.kubernetes.offload import end_reason
from hrlab.model.units import format_duration

#: A step that took longer than this says what may be wrong.
PATIENCE_SECONDS = 10.0

_PULL = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull")
_ENDS = ("Failed", "Succeeded")


def epoch(text: str) -> float:
    """Return a Kubernetes timestamp as UTC epoch seconds."""
    return float(calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")))


def created_at(item: Object) -> float:
    """Return an object's creation time in UTC epoch seconds."""
    return epoch(item["metadata"]["creationTimestamp"])


def is_ending(item: Object) -> bool:
    """Return whether an object is being deleted."""
    return bool(item["metadata"].get("deletionTimestamp"))


def pods_of(pods: Iterable[Object], component: str) -> list[Object]:
    """Return a component's pods that are not being deleted, oldest first."""
    found = [
        pod
        for pod in pods
        if pod["metadata"].get("labels", {}).get("dask.org/component") == component
        and not is_ending(pod)
    ]
    return sorted(found, key=lambda pod: (created_at(pod), pod["metadata"]["name"]))


def operator_reason(resource: Object, now: float) -> str:
    """Return why the operator has created nothing yet; empty if it may still be about to."""
    phase = (resource.get("status") or {}).get("phase")
    age = now - created_at(resource)
    if phase == "Error":
        return "The Dask operator rejected the cluster: its name or specification is invalid."
    if not phase and age > PATIENCE_SECONDS:
        return (
            f"The Dask operator has not processed the cluster for {waited(age)}: it may not be running. "
            "Tell your admin."
        )
    return ""


def missing_reason(what: str, seconds: float, refusal: str) -> str:
    """Return why a pod is missing; `refusal` is the API's answer to a dry run of it."""
    if refusal:
        return f"The {what} pod cannot be created: {ended(refusal)}"
    if seconds < PATIENCE_SECONDS:
        return ""
    return (
        f"No {what} pod has appeared for {waited(seconds)}. A quota may be exhausted, or the Dask operator may "
        "not be running; your account is not allowed to check which."
    )


def closing_reason(resource: Object, now: float) -> str:
    """Return why a closed cluster still exists."""
    metadata = resource["metadata"]
    since = now - epoch(metadata["deletionTimestamp"])
    if since < PATIENCE_SECONDS:
        return ""
    holders = ", ".join(metadata.get("finalizers") or ())
    return (
        f"The Dask operator has not finished the deletion for {waited(since)}{f' ({holders})' if holders else ''}: "
        "it may not be running, and the pods keep running. Close the cluster again to remove it without the operator."
    )


def pod_reason(pod: Object, what: str) -> str:
    """Return why a pod does not run, as far as its status tells; empty if it runs."""
    status = pod.get("status") or {}
    for container in status.get("containerStatuses") or ():
        if reason := _tunnel_reason(pod, container):
            return reason
        if reason := _container_reason(container, what):
            return reason
    for condition in status.get("conditions") or ():
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            said = condition.get("message") or condition.get("reason") or "no reason given"
            return f"No node can run the {what}: {ended(said)}"
    if status.get("phase") in _ENDS:
        said = status.get("message") or status.get("reason")
        return f"The {what} has ended{f': {ended(said)}' if said else '.'}"
    return ""


def waited(seconds: float) -> str:
    """Format a duration in steps of 10 s, later minutes: each change of text is announced to every browser."""
    if seconds < 60:
        return f"{seconds // 10 * 10:.0f} s"
    return format_duration(seconds // 60 * 60)


def commonest(reasons: Sequence[str]) -> str:
    """Return the most frequent reason."""
    said = [reason for reason in reasons if reason]
    return max(said, key=said.count) if said else ""


def ended(text: str) -> str:
    """Format `text` as the end of a sentence, on one line and bounded."""
    line = " ".join(text.split()).rstrip(".")
    return f"{line[:300]}." if len(line) <= 300 else f"{line[:299]}…"


def _container_reason(container: Object, what: str) -> str:
    state = container.get("state") or {}
    waiting = state.get("waiting") or {}
    reason = waiting.get("reason", "")
    last = (container.get("lastState") or {}).get("terminated")
    if reason in _PULL:
        return (
            f"Cannot pull the image {container.get('image') or '?'} of the {what}: "
            f"{ended(waiting.get('message') or reason)}"
        )
    if over := state.get("terminated") or (last if "running" not in state else None):
        return f"The {what} exits right after its start: {ended(_exit(over))}"
    if last and not container.get("ready"):
        return f"The {what} was restarted after it exited: {ended(_exit(last))}"
    if reason and reason not in ("ContainerCreating", "PodInitializing"):
        said = waiting.get("message")
        return f"The {what} is waiting: {ended(f'{reason}: {said}' if said else reason)}"
    return ""


def _tunnel_reason(pod: Object, container: Object) -> str:
    """Return why the tunnel program exited."""
    variables = ((pod.get("spec") or {}).get("containers") or [{}])[0].get("env") or ()
    if not any(variable.get("name") == TUNNEL for variable in variables):
        return ""
    states = (container.get("state") or {}, container.get("lastState") or {})
    codes = [(state.get("terminated") or {}).get("exitCode") for state in states]
    return next((reason for code in codes if (reason := end_reason(code))), "")


def _exit(over: dict[str, Any]) -> str:
    """Format a container's termination."""
    reason, code = over.get("reason") or "Error", over.get("exitCode")
    if reason == "OOMKilled":
        return "it used more memory than it was given (OOMKilled)"
    said = f"{reason}, exit code {code}"
    return f"{said}: {over['message']}" if over.get("message") else said
