"""Removes sensitive data from exported records: code, paths, user and host names.

Operates on the record's JSON values, so that unknown fields are searched too. Numeric values are kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, TypeAlias, cast, get_args

from hrlab.model.errors import MalformedError

Secret: TypeAlias = Literal["code", "paths", "user", "host"]

#: Description of each secret, for help and documentation.
SECRETS: Mapping[Secret, str] = {
    "code": "the source of the run and its error message",
    "paths": "the notebook, names of inputs, and paths in texts",
    "user": "the user's name, wherever it occurs",
    "host": "names and addresses of machines, wherever they occur",
}
ALL: tuple[Secret, ...] = get_args(Secret)

_REDACTED = "(redacted)"
#: Maximum depth that is searched; deeper values are removed entirely.
_DEEPEST = 64
# Words of the format itself: a user may be named "ok".
_FIXED = frozenset(
    ("id", "status", "approach", "kind", "phase", "stage_intervals", "code_sha256", "digest")
)
_PATH = re.compile(
    r"\b\w+://[^\s'\",;)\]>]+"  # root://eos//store/f.root
    r"|(?<![\w/.])(?:~|[A-Za-z]:)?[/\\](?=[\w.~+@/\\-])[^\s'\",;:)\]>]*"  # absolute
    r"|(?<![\w/])[\w.~+@-]+(?:[/\\][\w.~+@-]+)+\.\w+"  # relative, to a file
)
_ADDRESS = re.compile(
    r"\b(?:tcp|tls|ws|wss|ucx|ucxx|inproc|http|https)://[^\s'\",;)\]>]+"
    r"|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b"
)


def secrets_of(text: str) -> tuple[Secret, ...]:
    """Parse ``code,paths``, ``all`` or an empty text.

    Raises
    ------
    MalformedError
        If a word is unknown; the message lists the valid ones.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if words == ["all"]:
        return ALL
    for word in words:
        if word not in ALL:
            known = ", ".join(ALL)
            raise MalformedError(f"{word[:40]!r} cannot be redacted. Use any of {known}, or all.")
    return tuple(cast("Secret", word) for word in dict.fromkeys(words))


def redacted(record: Mapping[str, Any], secrets: Collection[Secret]) -> dict[str, Any]:
    """Return the record without `secrets`; the result is still a valid record."""
    found = dict(record)
    clean = _cleaner(record, secrets)
    if "code" in secrets:
        # The smallest valid record has no source: a partial one would be invalid.
        if record.get("source"):
            found["source"] = {**_part(record, "source"), "code": None}
        if record.get("error"):
            found["error"] = {**_part(record, "error"), "message": _REDACTED}
    if "paths" in secrets:
        if found.get("source"):
            found["source"] = _without(_part(found, "source"), "notebook")
        found["inputs"] = [_anonymous(one) for one in record.get("inputs", ())]
    environment = _part(record, "environment")
    if "user" in secrets:
        environment = _without(environment, "user")
    if "host" in secrets:
        environment = _without(environment, "hostname")
        found["clusters"] = [
            {**_without(one, "hosts"), "scheduler_address": None}
            for one in record.get("clusters", ())
        ]
    if found.get("clusters"):  # their ids tell their names, unlike others
        found["clusters"] = [
            {**one, "id": clean(one["id"])} if isinstance(one.get("id"), str) else one
            for one in found["clusters"]
        ]
    if "environment" in record:
        found["environment"] = environment
    return cast("dict[str, Any]", _walk(found, clean)) if secrets else found


def _part(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    return dict(record.get(name) or {})


def _without(part: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key != name}


def _anonymous(one: Mapping[str, Any]) -> dict[str, Any]:
    # Runs of different inputs must stay distinguishable.
    name = hashlib.sha256(str(one.get("name", "")).encode("utf-8", "replace")).hexdigest()[:8]
    return {**one, "name": f"input-{name}"}


def _cleaner(record: Mapping[str, Any], secrets: Collection[Secret]) -> Callable[[str], str]:
    environment = _part(record, "environment")
    steps: list[tuple[re.Pattern[str], str]] = []
    if "host" in secrets:
        steps.append((_ADDRESS, "(address)"))
        names = [environment.get("hostname")]
        names += [host for one in record.get("clusters", ()) for host in one.get("hosts") or ()]
        steps += [(_word(name), "(host)") for name in dict.fromkeys(names) if name]
    if "paths" in secrets:
        steps.append((_PATH, "(path)"))
    if "user" in secrets and environment.get("user"):
        steps.append((_word(environment["user"]), "(user)"))

    def clean(text: str) -> str:
        for pattern, instead in steps:
            text = pattern.sub(instead, text)
        return text

    return clean


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


def _walk(value: Any, clean: Callable[[str], str], key: str = "", depth: int = 0) -> Any:
    if depth > _DEEPEST and isinstance(value, (Mapping, list, tuple)):
        return _REDACTED  # only in records stored before depth was limited; redact to be safe
    if isinstance(value, str):
        return value if key in _FIXED else clean(value)
    if isinstance(value, Mapping):
        free = key in ("labels", "workload", "activities")
        return {
            (clean(name) if free else name): _walk(item, clean, "" if free else name, depth + 1)
            for name, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_walk(item, clean, key, depth + 1) for item in value]
    return value
