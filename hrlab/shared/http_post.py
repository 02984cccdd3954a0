"""Sends requests to databases of the site, with one of Tornado's clients, which come with the server."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tornado.httpclient import HTTPError


@dataclass(frozen=True, slots=True)
class PostRequest:
    """A POST."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class PostAnswer:
    """What came back: HTTP status, 0 if nothing did and `text` says why."""

    status: int
    text: str


def basic(user: str, password: str) -> dict[str, str]:
    """The header by which `user` logs in."""
    both = f"{user}:{password}".encode()
    return {"Authorization": f"Basic {base64.b64encode(both).decode()}"}


async def sent(client: Any, request: PostRequest, limit_seconds: float) -> PostAnswer:
    """The answer to `request`; never raises, and follows no redirection, which may lead the credentials elsewhere."""
    try:
        response = await client.fetch(
            request.url,
            method="POST",
            headers=dict(request.headers),
            body=request.body,
            raise_error=False,
            follow_redirects=False,
            connect_timeout=limit_seconds,
            request_timeout=limit_seconds,
        )
    except (HTTPError, OSError, ValueError) as error:
        return PostAnswer(0, f"no answer ({error})")
    if response.code == 599:
        return PostAnswer(0, f"no answer ({response.error})")
    return PostAnswer(response.code, (response.body or b"").decode("utf-8", "replace"))
