"""Parse request bodies: cluster creation and changes."""

from __future__ import annotations

import dataclasses
import re
import secrets
import unicodedata
from collections.abc import Callable, Collection, Mapping
from typing import Literal

from hrlab.model.cluster import ClusterRequest, Refusal, Target
from hrlab.model.errors import InvalidRecordError, InvalidRequestError, MalformedError
from hrlab.model.suggest import did_you_mean
from hrlab.model.wire import decode, encode

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
_RANDOM = 6
#: Ids have at most 53 characters (:data:`hrlab.model.cluster.ID`), including a dash and the random suffix.
_LONGEST = 53 - _RANDOM - 1


def free_name(profile: str, taken: Collection[str]) -> str:
    """Return the first free name of ``zee``, ``zee-2``, ``zee-3``, ..."""
    name, number = profile, 2
    while name in taken:
        name, number = f"{profile}-{number}", number + 1
    return name


def new_id(name: str, choose: Callable[[str], str] = secrets.choice) -> str:
    """Derive an id from a name; it starts with a letter, as Kubernetes services require."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    plain = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
    if not plain[:1].isalpha():
        plain = f"c-{plain}"
    random = "".join(choose(_LETTERS) for _ in range(_RANDOM))
    return f"{plain[:_LONGEST].strip('-')}-{random}"


_FIELDS = tuple(field.name for field in dataclasses.fields(ClusterRequest))
_CHANGES = (("workers",), ("minimum", "maximum"), ("extend",))
MAX_KEY = 200
MAX_OPTIONS = 200
#: Larger numbers of workers are always mistakes.
MOST = 10**6


def read_request(body: object) -> ClusterRequest:
    """Parse a request for a cluster.

    Raises
    ------
    MalformedError
        If `body` is not an object.
    InvalidRequestError
        If a field is unknown, missing, or of the wrong type.
    """
    if not isinstance(body, Mapping):
        raise MalformedError("A cluster request must be a JSON object with a `profile`.")
    for name in body:
        if name not in _FIELDS:
            hint = did_you_mean(name[:80], _FIELDS)
            raise refused(name[:80], f"Unknown request field {name[:80]!r}. {hint}")
    try:
        request = decode(ClusterRequest, body, "request")
    except InvalidRecordError as error:
        raise refused(_field(error), error.message) from error
    if request.idempotency_key is not None and not 1 <= len(request.idempotency_key) <= MAX_KEY:
        raise refused("idempotency_key", f"idempotency_key must have 1 to {MAX_KEY} characters.")
    if len(request.options) > MAX_OPTIONS:
        raise refused("options", f"A request may have at most {MAX_OPTIONS} options.")
    return request


def read_change(body: object) -> Target | Literal["extend"]:
    """Parse a change: a new size, or a reset of the idle timeout.

    Raises
    ------
    MalformedError
        If it is not exactly one of the three changes.
    InvalidRequestError
        If a value is out of range.
    """
    if not isinstance(body, Mapping) or tuple(sorted(body)) not in {
        tuple(sorted(names)) for names in _CHANGES
    }:
        raise MalformedError(
            'A change must be one of {"workers": n}, {"minimum": a, "maximum": b} and {"extend": true}.'
        )
    if "extend" in body:
        if body["extend"] is not True:
            raise refused("extend", "extend must be true.")
        return "extend"
    for name, value in body.items():
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not 0 <= value <= MOST:
            raise refused(name, f"{name} must be a whole number from 0 to {MOST}.")
    return Target(**body)


def refused(limit: str, message: str) -> InvalidRequestError:
    """Return the error for one invalid value."""
    refusal = Refusal(limit=limit, asked=None, left=None, message=message)
    return InvalidRequestError(message, refusals=[encode(refusal)])


def _field(error: InvalidRecordError) -> str:
    if "field" in error.detail:
        return str(error.detail["field"])
    path = str(error.detail.get("path", "")).removeprefix("request.").removeprefix("options.")
    return re.split(r"[\[]", path)[0][:80]
