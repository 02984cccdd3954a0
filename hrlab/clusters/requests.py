"""Reads what is sent about clusters: a request for one, and changes."""

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
#: An id is at most 53 long (:data:`hrlab.model.cluster.ID`), of which a dash and the random end take some.
_LONGEST = 53 - _RANDOM - 1


def free_name(profile: str, taken: Collection[str]) -> str:
    """``zee``, ``zee-2``, ``zee-3``, ...: the first that no cluster has."""
    name, number = profile, 2
    while name in taken:
        name, number = f"{profile}-{number}", number + 1
    return name


def new_id(name: str, choose: Callable[[str], str] = secrets.choice) -> str:
    """An id that tells its name; begins with a letter, because services of Kubernetes must."""
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
#: Larger numbers of workers are mistakes, whatever the profile says.
MOST = 10**6


def read_request(body: object) -> ClusterRequest:
    """The request that a JSON value makes.

    Raises
    ------
    MalformedError
        If it is no object.
    InvalidRequestError
        If a field is unknown, missing, or of another type.
    """
    if not isinstance(body, Mapping):
        raise MalformedError("A request for a cluster is a JSON object with a `profile`.")
    for name in body:
        if name not in _FIELDS:
            hint = did_you_mean(name[:80], _FIELDS)
            raise refused(name[:80], f"A request has no field {name[:80]!r}. {hint}")
    try:
        request = decode(ClusterRequest, body, "request")
    except InvalidRecordError as error:
        raise refused(_field(error), error.message) from error
    if request.idempotency_key is not None and not 1 <= len(request.idempotency_key) <= MAX_KEY:
        raise refused("idempotency_key", f"An idempotency_key has from 1 to {MAX_KEY} characters.")
    if len(request.options) > MAX_OPTIONS:
        raise refused("options", f"A request has at most {MAX_OPTIONS} options.")
    return request


def read_change(body: object) -> Target | Literal["extend"]:
    """What is to become of a cluster: a new size, or more idle time.

    Raises
    ------
    MalformedError
        If it is not exactly one of the three changes.
    InvalidRequestError
        If a value is impossible.
    """
    if not isinstance(body, Mapping) or tuple(sorted(body)) not in {
        tuple(sorted(names)) for names in _CHANGES
    }:
        raise MalformedError(
            'A change is one of {"workers": n}, {"minimum": a, "maximum": b} and {"extend": true}.'
        )
    if "extend" in body:
        if body["extend"] is not True:
            raise refused("extend", "extend can only be true.")
        return "extend"
    for name, value in body.items():
        whole = isinstance(value, int) and not isinstance(value, bool)
        if not whole or not 0 <= value <= MOST:
            raise refused(name, f"{name} must be a whole number from 0 to {MOST}.")
    return Target(**body)


def refused(limit: str, message: str) -> InvalidRequestError:
    """One impossible value."""
    refusal = Refusal(limit=limit, asked=None, left=None, message=message)
    return InvalidRequestError(message, refusals=[encode(refusal)])


def _field(error: InvalidRecordError) -> str:
    if "field" in error.detail:
        return str(error.detail["field"])
    path = str(error.detail.get("path", "")).removeprefix("request.").removeprefix("options.")
    return re.split(r"[\[]", path)[0][:80]
