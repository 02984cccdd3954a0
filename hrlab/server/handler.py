"""What all handlers share: who may ask, how a body is read, how answers and errors are written."""

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

#: A body of more bytes is read beside the event loop.
LARGE_BYTES = 100_000
VERBS = ("get", "head", "post", "put", "patch", "delete")

Verb: TypeAlias = Callable[..., Awaitable[None] | None]


class _InSteps(json.JSONDecoder):
    """Reads JSON in Python, so that other threads go on meanwhile: the decoder in C keeps the interpreter to itself."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.scan_once = json.scanner.py_make_scanner(self)  # type: ignore[attr-defined]


def from_json(body: bytes) -> Any:
    """The JSON value that `body` writes; to be called in a thread where the body is large."""
    decoder = _InSteps if len(body) > LARGE_BYTES else json.JSONDecoder
    try:
        return json.loads(body, cls=decoder, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"The body is not JSON: {error}.") from error


def to_json(value: object) -> str:
    """The JSON text of `value`; a number that JSON does not have (nan, inf) is null: browsers read no text with it."""
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
    raise ValueError(f"{word} is no number")


def _refusal() -> Verb:
    # One function for each verb: `authorized` remembers the action of the first verb it met.
    @web.authenticated
    @authorized
    async def refuse(self: HrlabHandler, *_: str) -> None:
        offered, request = " and ".join(self.offered()), self.request
        raise web.HTTPError(405, f"{request.path} has no {request.method}; it has {offered}.")

    return refuse


class HrlabHandler(ErrorsInOneShape, APIHandler):
    """A handler of hrlab's API.

    A subclass defines the verbs it has, each ``@web.authenticated`` and ``@authorized``; others
    are refused, likewise only to those who may ask.
    """

    auth_resource = "hrlab"

    get = _refusal()
    head = _refusal()
    post = _refusal()
    put = _refusal()
    patch = _refusal()
    delete = _refusal()

    def initialize(self, backend: Backend) -> None:
        """Take what the extension composed."""
        self.backend = backend

    @classmethod
    def offered(cls) -> list[str]:
        """Verbs that this handler has."""
        return [verb.upper() for verb in VERBS if getattr(cls, verb).__name__ == verb]

    def query(self) -> dict[str, list[str]]:
        """Parameters in the address."""
        return {
            name: self.get_query_arguments(name, strip=False) for name in self.request.arguments
        }

    def body(self) -> bytes:
        """Body of the request, within the limit."""
        body, limit = self.request.body, self.backend.max_record_bytes
        if limit and len(body) > limit:
            message = (
                f"The body has {len(body)} bytes; at most {limit} are taken. "
                "Ask your admin to raise HRLab.max_record_bytes if the record is right."
            )
            raise TooLargeError(message, bytes=len(body), limit_bytes=limit)
        return body

    async def json_body(self) -> Any:
        """JSON value in the body; a large one is read in a thread."""
        body = self.body()
        return (
            await asyncio.to_thread(from_json, body) if len(body) > LARGE_BYTES else from_json(body)
        )

    def answer(self, text: str, status: int = HTTPStatus.OK) -> None:
        """Write JSON text."""
        self.set_status(status)
        self.finish(text)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Tell an error in the one shape, and which verbs there are where another was asked for."""
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", ", ".join(self.offered()))
        super().write_error(status_code, **kwargs)
