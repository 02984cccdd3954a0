"""Displays user-chosen names: on one line, and distinct."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


def one_line(said: str) -> str:
    """Return user text on one line and without control characters.

    They could control a terminal, and make an SVG that parsers reject: vl-convert aborts its process at one.
    """
    return "".join(char if char.isprintable() else " " for char in said).strip()


def numbered(names: Sequence[str]) -> list[str]:
    """Make `names` distinct: the second ``scan`` becomes ``scan #2``, unless that name is taken."""
    taken, times, found = set(names), Counter[str](), list[str]()
    for name in names:
        times[name] += 1
        free = name
        while times[name] > 1 and free in taken:
            free = f"{name} #{times[name]}"
            times[name] += free in taken
        taken.add(free)
        found.append(free)
    return found
