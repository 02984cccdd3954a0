"""Which node a pod goes to, or why none takes it."""

from __future__ import annotations

import collections
import random
from collections.abc import Sequence
from typing import Any

from tests.kube.bed.quantities import pod_usage, quantity

Object = dict[str, Any]
Usage = dict[str, collections.Counter[str]]


def used_by_node(pods: Sequence[Object]) -> Usage:
    """What the pods on each node ask for."""
    used: Usage = collections.defaultdict(collections.Counter)
    for pod in pods:
        if pod["spec"].get("nodeName") and pod["status"].get("phase") not in (
            "Succeeded",
            "Failed",
        ):
            used[pod["spec"]["nodeName"]].update(pod_usage(pod))
    return used


def placed(pod: Object, nodes: Sequence[Object], used: Usage) -> tuple[str | None, str]:
    """A node's name, or None and the scheduler's sentence."""
    reasons = {node["metadata"]["name"]: _unfit(pod, node, used) for node in nodes}
    fit = [name for name, reason in reasons.items() if not reason]
    if fit:
        return random.choice(fit), ""
    counted = collections.Counter(reasons.values())
    said = ", ".join(f"{count} {reason}" for reason, count in sorted(counted.items()))
    return None, f"0/{len(nodes)} nodes are available: {said}."


def _unfit(pod: Object, node: Object, used: Usage) -> str:
    labels = node["metadata"].get("labels") or {}
    conditions = node.get("status", {}).get("conditions", ())
    if not any(c["type"] == "Ready" and c["status"] == "True" for c in conditions):
        return "node(s) were not ready"
    selector = pod["spec"].get("nodeSelector") or {}
    if any(labels.get(key) != value for key, value in selector.items()):
        return "node(s) didn't match Pod's node affinity/selector"
    for taint in node["spec"].get("taints") or ():
        tolerations = pod["spec"].get("tolerations") or ()
        if not any(_tolerates(toleration, taint) for toleration in tolerations):
            return f"node(s) had untolerated taint {{{taint['key']}: {taint.get('value', '')}}}"
    return _too_small(pod, node, used[node["metadata"]["name"]])


def _tolerates(toleration: Object, taint: Object) -> bool:
    if toleration.get("key") not in (None, taint["key"]):
        return False
    if toleration.get("effect") not in (None, "", taint["effect"]):
        return False
    exists = toleration.get("operator") == "Exists"
    return exists or toleration.get("value", "") == taint.get("value", "")


def _too_small(pod: Object, node: Object, used: collections.Counter[str]) -> str:
    asked, room = pod_usage(pod), node["status"].get("allocatable") or {}
    for key in ("cpu", "memory"):
        if key in room and used[key] + asked[key] > quantity(room[key]):
            return f"Insufficient {key}"
    return "Too many pods" if used["pods"] + 1 > quantity(room.get("pods", 110)) else ""
