"""A whole divided into parts, as a row of characters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hrlab.render.words import Part

UNICODE_FILL: Mapping[str, str] = {"pre": "▒", "dask": "█", "between": "·", "post": "▓"}
ASCII_FILL: Mapping[str, str] = {"pre": ":", "dask": "#", "between": ".", "post": "="}


def bar(parts: Sequence[Part], width: int, fill: Mapping[str, str]) -> str:
    """Return `parts` as `width` characters; every part that took time gets at least one."""
    return "".join(
        fill[part.name] * cells for part, cells in zip(parts, allot(parts, width), strict=True)
    )


def allot(parts: Sequence[Part], width: int) -> list[int]:
    """Return proportional cell counts, at least 1 each, with the sum `width` (or the number of parts if larger)."""
    whole = sum(part.seconds for part in parts)
    if not parts or whole <= 0:
        return [0] * len(parts)
    free = max(0, width - len(parts))
    exact = [free * part.seconds / whole for part in parts]
    cells = [int(share) for share in exact]
    by_remainder = sorted(range(len(parts)), key=lambda i: cells[i] - exact[i])
    for i in by_remainder[: free - sum(cells)]:
        cells[i] += 1
    return [1 + count for count in cells]
