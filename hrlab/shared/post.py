"""What is sent to a database of the site, and what comes back."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass


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
