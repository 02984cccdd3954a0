"""Parses the query parameters of lists."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, get_args

from hrlab.model.errors import MalformedError
from hrlab.model.run import Status
from hrlab.model.suggest import did_you_mean
from hrlab.store.query import MAX_LABELS, MAX_LIMIT, MAX_WORDS, RunQuery

#: Parameters that Jupyter itself reads.
_JUPYTERS = frozenset(["token", "_xsrf", "no_track_activity"])


def given(arguments: Mapping[str, Sequence[str]], known: Sequence[str]) -> dict[str, list[str]]:
    """Return the values of the given parameters; raises :class:`MalformedError` for an unknown one."""
    found: dict[str, list[str]] = {}
    for name, values in arguments.items():
        # JupyterLab appends the time as a name without a value, to bypass caches.
        if name in _JUPYTERS or (name.isdecimal() and not any(values)):
            continue
        if name not in known:
            hint = did_you_mean(name, known)
            raise MalformedError(f"Unknown parameter {name!r}. {hint}", parameter=name)
        found[name] = list(values)
    return found


def run_query(arguments: Mapping[str, Sequence[str]]) -> RunQuery:
    """Parse the query of a page of runs."""
    fields: dict[str, Any] = {}
    for name, values in given(arguments, tuple(_READERS)).items():
        field, read = _READERS[name]
        if name != "label" and len(values) > 1:
            raise _bad(name, ", ".join(values), "given once")
        fields[field] = read(name, values)
    return RunQuery(**fields)


def _whole(minimum: int, maximum: int) -> Callable[[str, list[str]], int]:
    def read(name: str, values: list[str]) -> int:
        text = values[0]
        # int() would accept "1_0" and blanks
        if not (text.isascii() and text.isdecimal()) or len(text) > 15:
            raise _bad(name, text, f"a whole number from {minimum} to {maximum}")
        if not minimum <= int(text) <= maximum:
            raise _bad(name, text, f"a whole number from {minimum} to {maximum}")
        return int(text)

    return read


def _seconds(name: str, values: list[str]) -> float:
    try:
        seconds = float(values[0])
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise _bad(name, values[0], "a time in seconds since 1970, UTC")
    return seconds


def _text(name: str, values: list[str]) -> str:
    del name
    return values[0]


def _words(name: str, values: list[str]) -> str:
    count = len(values[0].split())
    if count > MAX_WORDS:
        raise MalformedError(f"{name} has {count} words; the limit is {MAX_WORDS}.", parameter=name)
    return values[0]


def _status(name: str, values: list[str]) -> str:
    known = get_args(Status)
    if values[0] not in known:
        hint = did_you_mean(values[0], known)
        raise MalformedError(f"status={values[0][:80]} is not known. {hint}", parameter=name)
    return values[0]


def _labels(name: str, values: list[str]) -> tuple[tuple[str, str], ...]:
    if len(values) > MAX_LABELS:
        raise MalformedError(
            f"{name} is given {len(values)} times; the limit is {MAX_LABELS}.",
            parameter=name,
        )
    pairs = []
    for value in values:
        key, equals, text = value.partition("=")
        if not key or not equals:
            raise _bad(name, value, "of the form key=value")
        pairs.append((key, text))
    return tuple(pairs)


def _bad(name: str, value: str, wanted: str) -> MalformedError:
    return MalformedError(f"{name}={value[:80]} is not {wanted}.", parameter=name)


#: Parameters of the list: field of the query, and how to read it.
_READERS: dict[str, tuple[str, Callable[[str, list[str]], object]]] = {
    "offset": ("offset", _whole(0, 10**9)),
    "limit": ("limit", _whole(1, MAX_LIMIT)),
    "text": ("text", _words),
    "notebook": ("notebook", _text),
    "label": ("labels", _labels),
    "status": ("status", _status),
    "since": ("since_at", _seconds),
}
