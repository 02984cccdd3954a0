"""Base class of all API handlers: authorization, request bodies, responses and errors."""

from __future__ import annotations

import asyncio
import json
import json.scanner
import math
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, TypeAlias

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from hrlab.model.errors import MalformedError, TooLargeError
from hrlab.server.errors import ErrorsInOneShape
from hrlab.server.store_threads import Backend

#: Larger bodies, in bytes, are parsed in a thread.
LARGE_BYTES = 100_000
VERBS = ("get", "head", "post", "put", "patch", "delete")

Verb: TypeAlias = Callable[..., Awaitable[None] | None]


class _InSteps(json.JSONDecoder):
    """Pure-Python JSON decoder: unlike the C decoder, it lets other threads run meanwhile."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.scan_once = json.scanner.py_make_scanner(self)  # type: ignore[attr-defined]


def from_json(body: bytes) -> Any:
    """Parse a JSON body; call this in a thread if the body is large."""
    decoder = _InSteps if len(body) > LARGE_BYTES else json.JSONDecoder
    try:
        return json.loads(body, cls=decoder, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"The request body is not valid JSON: {error}.") from error


def to_json(value: object) -> str:
    """Serialize `value` as JSON; numbers that JSON lacks (nan, inf) become null, because browsers reject them."""
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, (list, tuple)) else value


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is not a number")


def _refusal() -> Verb:
    # One function for each verb: `authorized` caches the action of the first verb.
    @web.authenticated
    @authorized
    async def refuse(self: HrlabHandler, *_: str) -> None:
        offered, request = " and ".join(self.offered()), self.request
        raise web.HTTPError(
            405, f"{request.path} does not support {request.method}; supported: {offered}."
        )

    return refuse


class HrlabHandler(ErrorsInOneShape, APIHandler):
    """A handler of hrlab's API.

    Subclasses define the supported verbs, each ``@web.authenticated`` and ``@authorized``; other verbs are rejected,
    with the
    same access checks.
    """

    auth_resource = "hrlab"

    get = _refusal()
    head = _refusal()
    post = _refusal()
    put = _refusal()
    patch = _refusal()
    delete = _refusal()

    def initialize(self, backend: Backend) -> None:
        """Store the objects that the extension composed."""
        self.backend = backend

    @classmethod
    def offered(cls) -> list[str]:
        """Return the supported verbs."""
        return [verb.upper() for verb in VERBS if getattr(cls, verb).__name__ == verb]

    def query(self) -> dict[str, list[str]]:
        """Return the query parameters."""
        return {
            name: self.get_query_arguments(name, strip=False) for name in self.request.arguments
        }

    def body(self) -> bytes:
        """Return the request body, or raise if it exceeds the limit."""
        body, limit = self.request.body, self.backend.max_record_bytes
        if limit and len(body) > limit:
            message = (
                f"The request body has {len(body)} bytes; the limit is {limit}. "
                "If the record is valid, ask your administrator to raise HRLab.max_record_bytes."
            )
            raise TooLargeError(message, bytes=len(body), limit_bytes=limit)
        return body

    async def json_body(self) -> Any:
        """Return the JSON value of the body; a large one is parsed in a thread."""
        body = self.body()
        return (
            await asyncio.to_thread(from_json, body) if len(body) > LARGE_BYTES else from_json(body)
        )

    def answer(self, text: str, status: int = HTTPStatus.OK) -> None:
        """Write a JSON response."""
        self.set_status(status)
        self.finish(text)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write an error in the common format, with the supported verbs if another was used."""
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", ", ".join(self.offered()))
        super().write_error(status_code, **kwargs)
