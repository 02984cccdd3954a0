"""Overlap of other clusters' workers on the nodes of a cluster. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stay:
    """A worker's time on a node.

    Attributes
    ----------
    cluster, node
        Which cluster's worker, and where.
    started_at, ended_at
        UTC epoch seconds; `ended_at` is None while it is there.
    """

    cluster: str
    node: str
    started_at: float
    ended_at: float | None = None


def neighbours(stays: Iterable[Stay], cluster: str, started_at: float, ended_at: float) -> int:
    """Return how many workers of other clusters overlapped with a worker of `cluster` on a node, between two times."""
    meanwhile = []
    for stay in stays:
        begin = max(stay.started_at, started_at)
        end = ended_at if stay.ended_at is None else min(stay.ended_at, ended_at)
        if begin < end:
            meanwhile.append((stay, begin, end))
    mine: dict[str, list[tuple[float, float]]] = {}
    for stay, begin, end in meanwhile:
        if stay.cluster == cluster:
            mine.setdefault(stay.node, []).append((begin, end))
    return sum(
        any(begin < until and since < end for since, until in mine.get(stay.node, ()))
        for stay, begin, end in meanwhile
        if stay.cluster != cluster
    )
