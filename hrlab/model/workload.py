"""Selects the workload figure that best measures the amount of work."""

from __future__ import annotations

from collections.abc import Iterable

#: Common names in the field, the best measure of work first.
NAMES = ("events", "variations", "bytes")


def by_meaning(names: Iterable[str]) -> list[str]:
    """Return names of figures, the best measure of work first: the common ones, then the others by name."""
    return sorted(names, key=lambda name: (_rank(name), name))


def _rank(name: str) -> int:
    return NAMES.index(name) if name in NAMES else len(NAMES)
