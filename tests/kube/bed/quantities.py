"""Amounts as Kubernetes writes them, and what a pod asks for."""

from __future__ import annotations

import collections
import re
from typing import Any

from tests.kube.bed.failure import ApiError

_UNITS = {"": 1.0, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
_UNITS |= {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40}


def quantity(text: object) -> float:
    """The number that ``500m`` or ``2Gi`` means."""
    found = re.fullmatch(r"([0-9.]+(?:[eE][-+]?\d+)?)([A-Za-z]*)", str(text))
    if not found or found[2] not in _UNITS:
        message = f"quantities must match the regular expression: {text!r}"
        raise ApiError(400, "BadRequest", message)
    return float(found[1]) * _UNITS[found[2]]


def written(key: str, amount: float) -> str:
    """`amount` of a resource as text."""
    if "memory" in key or "storage" in key:
        for unit in ("Gi", "Mi", "Ki"):
            if amount and amount % _UNITS[unit] == 0:
                return f"{int(amount / _UNITS[unit])}{unit}"
    return f"{int(amount)}" if amount == int(amount) else f"{round(amount * 1000)}m"


def pod_usage(pod: dict[str, Any]) -> collections.Counter[str]:
    """What a pod counts for in quotas and on a node."""
    use: collections.Counter[str] = collections.Counter({"pods": 1, "count/pods": 1})
    for container in pod["spec"].get("containers", []):
        resources = container.get("resources") or {}
        limits = resources.get("limits") or {}
        for key, amount in limits.items():
            use[f"limits.{key}"] += quantity(amount)  # type: ignore[assignment]
        for key, amount in {**limits, **(resources.get("requests") or {})}.items():
            use[f"requests.{key}"] += quantity(amount)  # type: ignore[assignment]
            if key in ("cpu", "memory"):
                use[key] += quantity(amount)  # type: ignore[assignment]
    return use
