"""What a run processed: which of its figures says best how much work that was."""

from __future__ import annotations

from collections.abc import Iterable

#: The names that the field uses, the best measure of work first.
NAMES = ("events", "variations", "bytes")


def by_meaning(names: Iterable[str]) -> list[str]:
    """Names of figures, the best measure of work first: those the field uses, then the others by name."""
    return sorted(names, key=lambda name: (_rank(name), name))


def _rank(name: str) -> int:
    return NAMES.index(name) if name in NAMES else len(NAMES)
