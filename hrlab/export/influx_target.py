"""Write endpoints of InfluxDB 1, 2 and 3, and interpretation of their responses.

Documented in InfluxData's API references: v1 ``POST /write?db=&rp=&precision=``, v2
``POST /api/v2/write?org=&bucket=&precision=``, v3 ``POST /api/v3/write_lp?db=&precision=``. The body is the same; only
parameters and credentials differ, so a client library is not worth its size (18 MB, with v3's pyarrow 179 MB).
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias, cast, get_args
from urllib.parse import urlencode, urlsplit

from hrlab.model.errors import MalformedError
from hrlab.shared.http_post import PostRequest, basic

Version: TypeAlias = Literal["v1", "v2", "v3"]
VERSIONS: tuple[Version, ...] = get_args(Version)

#: written: stored. refused: permanently rejected. too-large: send fewer at once. later: temporarily unavailable.
Outcome: TypeAlias = Literal["written", "refused", "too-large", "later"]

TOKEN_VARIABLE = "HRLAB_INFLUX_TOKEN"  # noqa: S105 - the name of a variable
_KEYS = ("url", "version", "database", "organisation", "retention_policy", "token", "user")
_KNOWN = (*_KEYS, "password", "tags")
_MESSAGE_LENGTH = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A database that accepts points.

    Attributes
    ----------
    url
        URL of the server, including the path prefix of its API, if any.
    version
        Version of the write endpoint: VictoriaMetrics supports those of v1 and v2.
    database
        Database of v1 and v3, bucket of v2.
    organisation, retention_policy
        For v2 and v1 respectively; empty: the server's default.
    token
        For v2 and v3; v1 uses `user` and `password`.
    tags
        Added to every point.
    """

    url: str
    version: Version
    database: str
    organisation: str = ""
    retention_policy: str = ""
    token: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Displayed name of the target, without credentials."""
        parts = urlsplit(self.url)
        return f"InfluxDB {self.version} at {parts.hostname}:{parts.port or parts.scheme}, {self.database}"

    def request(self, text: str) -> PostRequest:
        """Return the request that writes the lines of `text`."""
        path, query, headers = _ADDRESSES[self.version](self)
        return PostRequest(
            f"{self.url.rstrip('/')}{path}?{urlencode(query)}",
            {
                "Content-Type": "text/plain; charset=utf-8",
                "Content-Encoding": "gzip",
                **headers,
            },
            gzip.compress(text.encode("utf-8"), compresslevel=6, mtime=0),
        )


def _v1(target: Target) -> tuple[str, dict[str, str], dict[str, str]]:
    query = {"db": target.database, "precision": "ns"}
    if target.retention_policy:
        query["rp"] = target.retention_policy
    if not target.user:
        return "/write", query, {}
    return "/write", query, basic(target.user, target.password)


def _v2(target: Target) -> tuple[str, dict[str, str], dict[str, str]]:
    query = {"org": target.organisation, "bucket": target.database, "precision": "ns"}
    headers = {"Authorization": f"Token {target.token}"} if target.token else {}
    return "/api/v2/write", {name: value for name, value in query.items() if value}, headers


def _v3(target: Target) -> tuple[str, dict[str, str], dict[str, str]]:
    query = {"db": target.database, "precision": "nanosecond"}
    headers = {"Authorization": f"Bearer {target.token}"} if target.token else {}
    return "/api/v3/write_lp", query, headers


_ADDRESSES = {"v1": _v1, "v2": _v2, "v3": _v3}


def target_from(configured: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Target:
    """Return the target described by a site's configuration.

    Raises
    ------
    MalformedError
        If a key is unknown or a value invalid; the message names it.
    """
    unknown = sorted(set(configured) - set(_KNOWN))
    if unknown:
        known = ", ".join(_KNOWN)
        raise MalformedError(f"HRLab.influx has no key {unknown[0]!r}. Valid keys are {known}.")
    given = {key: str(configured[key]) for key in (*_KEYS, "password") if configured.get(key)}
    for key in ("url", "version", "database"):
        if key not in given:
            raise MalformedError(f"HRLab.influx needs {key!r}: url, version and database.")
    parts = urlsplit(given["url"])
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        shown = given["url"][:80]
        raise MalformedError(
            f"HRLab.influx: url must be http(s)://host[:port][/path], not {shown!r}."
        )
    if parts.username or parts.password:
        raise MalformedError(
            "HRLab.influx: set user and password as separate keys, not in the url."
        )
    if given["version"] not in VERSIONS:
        known = ", ".join(VERSIONS)
        raise MalformedError(
            f"HRLab.influx: version must be one of {known}, not {given['version']!r}."
        )
    tags = configured.get("tags") or {}
    if not isinstance(tags, Mapping):
        raise MalformedError("HRLab.influx: tags must be a mapping of names to values.")
    given.setdefault("token", environ.get(TOKEN_VARIABLE, ""))
    version = cast("Version", given.pop("version"))
    return Target(
        **given, version=version, tags={str(name): str(value) for name, value in tags.items()}
    )


def outcome_of(status: int) -> Outcome:
    """Return what a response means for the points.

    400 and 422 concern the points: a field with another type, or a time beyond the retention. Problems of the server,
    the
    database (404) or the credentials (401, 403) can be fixed: the points are kept.
    """
    if 200 <= status < 300:
        return "written"
    if status in (400, 422):
        return "refused"
    return "too-large" if status == 413 else "later"


def format_answer(status: int, text: str) -> str:
    """Return the response as one line for people: for JSON its message (`error` of v1 and v3, `message` of v2)."""
    try:
        found = json.loads(text)
        text = found.get("message") or found.get("error") or text
    except (AttributeError, ValueError):
        pass
    return f"{status} {' '.join(str(text).split())[:_MESSAGE_LENGTH]}".strip()
