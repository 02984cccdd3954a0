"""Sends requests to databases of the site with Tornado's HTTP client."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tornado.httpclient import HTTPError


@dataclass(frozen=True, slots=True)
class PostRequest:
    """A POST request."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class PostAnswer:
    """The response: HTTP status, or 0 with the reason in `text`."""

    status: int
    text: str


def basic(user: str, password: str) -> dict[str, str]:
    """Return the header for basic authentication."""
    both = f"{user}:{password}".encode()
    return {"Authorization": f"Basic {base64.b64encode(both).decode()}"}


async def sent(client: Any, request: PostRequest, limit_seconds: float) -> PostAnswer:
    """Send `request`; never raises and never follows redirects, which could leak the credentials."""
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
