"""Repeatable options of the form NAME=VALUE."""

from __future__ import annotations

from collections.abc import Iterable

from hrlab.model.errors import UsageError


def pair(word: str, option: str) -> tuple[str, str]:
    """Split ``NAME=VALUE`` into name and value.

    Raises
    ------
    UsageError
        If `word` has another form; the message names the option.
    """
    key, equals, value = word.partition("=")
    if not key or not equals:
        raise UsageError(f"{option} takes NAME=VALUE, not {word!r}.")
    return key, value


def pairs(words: Iterable[str], option: str) -> dict[str, str]:
    """Return the values by name; the last one wins if a name is repeated."""
    return dict(pair(word, option) for word in words)
