"""Names that users chose, as they are shown: on one line, and told apart where two are the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence


def one_line(said: str) -> str:
    """What a user wrote, on one line and without control characters.

    They would drive a terminal, and make an SVG that no parser takes: vl-convert aborts the process at one.
    """
    return "".join(char if char.isprintable() else " " for char in said).strip()


def numbered(names: Sequence[str]) -> list[str]:
    """`names` without two that are the same: the second ``scan`` is ``scan #2``, unless another is called so."""
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
