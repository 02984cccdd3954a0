"""Fills placeholders of a profile's template with the values of a request.

A text that is a single placeholder, ``"{workers}"``, becomes the value with its type; placeholders within a longer text
are
inserted as text, and ``"{workers:text}"`` is always text (required for Kubernetes quantities). ``{{`` and ``}}`` are
braces.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PLACE = re.compile(r"\{\{|\}\}|\{([a-z_][a-z0-9_]*)(:text)?\}")


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """Return `template`, a JSON value, with all placeholders filled.

    Raises
    ------
    KeyError
        If a placeholder has no value.
    """
    if isinstance(template, str):
        return _filled(template, values)
    if isinstance(template, Mapping):
        return {str(key): fill(item, values) for key, item in template.items()}
    if isinstance(template, (list, tuple)):
        return [fill(item, values) for item in template]
    return template


def places(template: Any) -> set[str]:
    """Return the names of all placeholders in `template`."""
    if isinstance(template, str):
        return {match[1] for match in _PLACE.finditer(template) if match[1]}
    if isinstance(template, Mapping):
        return set().union(*map(places, template.values()))
    if isinstance(template, (list, tuple)):
        return set().union(*map(places, template))
    return set()


def _filled(text: str, values: Mapping[str, Any]) -> Any:
    whole = _PLACE.fullmatch(text)
    if whole and whole[1] and not whole[2]:
        return values[whole[1]]

    def put(match: re.Match[str]) -> str:
        return str(values[match[1]]) if match[1] else match[0][0]

    return _PLACE.sub(put, text)
