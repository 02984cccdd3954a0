"""Parse refusals of pods by a Kubernetes quota or limit range.

Its sentences are those of ``plugin/pkg/admission`` in its source: ``exceeded quota: NAME, requested: pods=1, used: pods=2,
limited: pods=2`` and ``maximum cpu usage per Container is 4, but limit is 8``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hrlab.clusters.kubernetes.quantity import quantity
from hrlab.model.quota import UNITS, shown

_EXCEEDED = re.compile(r"exceeded quota: ([^,\s]+), requested: (\S+), used: (\S+), limited: (\S+)")
_MAXIMUM = re.compile(r"maximum (cpu|memory) usage per (?:Container|Pod) is (\S+?),")

#: Resources by the names that quotas of Kubernetes give them.
RESOURCES = {
    "cpu": "cores",
    "requests.cpu": "cores",
    "limits.cpu": "cores",
    "memory": "memory",
    "requests.memory": "memory",
    "limits.memory": "memory",
    "pods": "pods",
    "count/pods": "pods",
}


@dataclass(frozen=True, slots=True)
class Exceeded:
    """An exceeded quota: requested, used and allowed amounts by resource."""

    name: str
    amounts: dict[str, tuple[float, float, float]]

    def format(self) -> str:
        """Return the quota, usage and request as a sentence."""
        parts = [
            f"{shown(_plain(most), UNITS[resource])} are allowed, {shown(_plain(used), UNITS[resource])} are used, "
            f"{shown(_plain(asked), UNITS[resource])} more {'was' if asked == 1 else 'were'} asked for"
            for resource, (asked, used, most) in self.amounts.items()
        ]
        return f"By quota {self.name} {'; '.join(parts)}."


def exceeded(message: str) -> Exceeded | None:
    """Parse the exceeded quota from a refusal; None if it has another cause."""
    found = _EXCEEDED.search(message)
    if found is None:
        return None
    asked, used, most = (_amounts(part) for part in found.groups()[1:])
    return Exceeded(
        found[1],
        {
            RESOURCES[key]: (asked.get(key, 0.0), used[key], most[key])
            for key in most
            if key in RESOURCES and key in used
        },
    )


def maxima(message: str) -> dict[str, float]:
    """Return the maximum per container by resource, as far as a refusal states it."""
    found = {RESOURCES[key]: quantity(amount) for key, amount in _MAXIMUM.findall(message)}
    return {resource: amount for resource, amount in found.items() if amount is not None}


def _amounts(text: str) -> dict[str, float]:
    pairs = (pair.partition("=") for pair in text.rstrip(".").split(","))
    found = {key: quantity(amount) for key, _, amount in pairs}
    return {key: amount for key, amount in found.items() if amount is not None}


def _plain(amount: float) -> float:
    return int(amount) if amount.is_integer() else amount
