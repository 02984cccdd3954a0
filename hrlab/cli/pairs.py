"""Options of the form NAME=VALUE, which may be repeated."""

from __future__ import annotations

from collections.abc import Iterable

from hrlab.model.errors import UsageError


def pair(word: str, option: str) -> tuple[str, str]:
    """Name and value of one.

    Raises
    ------
    UsageError
        If it is not of that form; names the option.
    """
    key, equals, value = word.partition("=")
    if not key or not equals:
        raise UsageError(f"{option} takes NAME=VALUE, not {word!r}.")
    return key, value


def pairs(words: Iterable[str], option: str) -> dict[str, str]:
    """Values by name; of a name that is repeated the last one counts."""
    return dict(pair(word, option) for word in words)
