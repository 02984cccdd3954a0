"""Suggestions for misspelled words."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(wrong: str, words: Iterable[str]) -> str:
    """Return a sentence to append to a message: the nearest of `words`, or all of them if none is near."""
    known = sorted(words)
    near = difflib.get_close_matches(wrong.lower(), known, n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(near)}?" if near else f"Known are {', '.join(known)}."
