"""Requests to a database of hosts' metrics, and what its answers say.

Documented in Prometheus' HTTP API (``POST /api/v1/query_range``) and InfluxData's API reference (``POST /query``, InfluxQL,
which InfluxDB 1, 2 and 3 answer). In the body of a POST, because a list of hosts may be longer than an address may be.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from hrlab.hosts.config import HostSource
from hrlab.hosts.window import HostLine, Window, hosts_pattern, words_pattern
from hrlab.model.run import Run
from hrlab.shared.http_post import PostAnswer, PostRequest, basic

_VARIABLE = re.compile(r"\$(hosts|clusters|user|window|time|step)\b")
_MESSAGE_LENGTH = 200
#: Rates need two values at least; three windows of the interval have them even if one is late.
_INTERVALS_PER_RATE = 3


class UnansweredError(Exception):
    """A query without values, and the reason as one line for users."""


def variables(run: Run, source: HostSource, window: Window, hosts: Sequence[str]) -> dict[str, str]:
    """Return the values of ``$words`` in queries; words unknown to the record are missing."""
    rate = max(_INTERVALS_PER_RATE * source.interval_seconds, window.step_seconds)
    begin, step = round(window.started_at * 1000), round(window.step_seconds * 1000)
    stop = begin + window.points * step
    found = {
        "hosts": hosts_pattern(hosts),
        "clusters": words_pattern(cluster.id or cluster.name for cluster in run.clusters),
        "user": words_pattern(filter(None, [run.environment.user])),
        "window": f"{math.ceil(rate)}s",
        # A growth is from the step before: without it there would be none in the first.
        "time": f"time >= {begin - round(rate * 1000)}ms AND time < {stop}ms",
        "step": f"{step}ms, {begin % step}ms",
    }
    return {name: value for name, value in found.items() if value}


def filled(query: str, values: Mapping[str, str]) -> str | None:
    """Substitute `values` into the query; None if one is missing."""
    if any(word not in values for word in _VARIABLE.findall(query)):
        return None
    return _VARIABLE.sub(lambda match: values[match[1]], query)


def request_of(source: HostSource, query: str, window: Window) -> PostRequest:
    """Return the HTTP request for `query`."""
    step = round(window.step_seconds, 3)
    if source.kind == "prometheus":
        # A value of a moment tells of the time before it.
        first = round(window.started_at, 3) + step
        last = first + (window.points - 0.5) * step
        path, form = "/api/v1/query_range", {"query": query, "step": f"{step:.3f}"}
        form |= {"start": f"{first:.3f}", "end": f"{last:.3f}", "timeout": _timeout(source)}
    else:
        path, form = "/query", {"db": source.database, "q": query, "epoch": "ms"}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return PostRequest(
        f"{source.url.rstrip('/')}{path}", headers | _credentials(source), urlencode(form).encode()
    )


def _timeout(source: HostSource) -> str:
    return f"{round(source.timeout_seconds * 1000)}ms"


def _credentials(source: HostSource) -> dict[str, str]:
    if source.user:
        return basic(source.user, source.password)
    if source.token:
        word = "Bearer" if source.kind == "prometheus" else "Token"
        return {"Authorization": f"{word} {source.token}"}
    return {}


def lines_of(source: HostSource, name: str, answer: PostAnswer, window: Window) -> list[HostLine]:
    """Parse a response into lines: one named `name`, or several named by the database.

    Raises
    ------
    UnansweredError
        If the answer is a refusal, or not what such a database answers.
    """
    try:
        body = json.loads(answer.text) if answer.text else None
    except (ValueError, RecursionError):
        body = None
    if answer.status != 200:
        raise UnansweredError(_refusal(source, answer, body))
    read = _prometheus if source.kind == "prometheus" else _influx
    try:
        found = [(label, sorted(values)) for label, values in read(body, window) if values]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise UnansweredError(
            f"The response is not from {source.name.partition(' ')[0]}."
        ) from error
    return [
        HostLine(f"{name} {label}".strip() if len(found) > 1 else name, tuple(values))
        for label, values in found
    ]


def _prometheus(body: Any, window: Window) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    if body["status"] != "success":
        raise ValueError
    for series in body["data"]["result"]:
        labels = [str(value) for key, value in sorted(series["metric"].items()) if key != "job"]
        # It tells of the time before it.
        moments = (
            (float(at) - window.step_seconds, float(value)) for at, value in series["values"]
        )
        yield " ".join(labels), _known(moments)


def _influx(body: Any, _: Window) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    for result in body["results"]:
        if "error" in result:
            raise UnansweredError(_short(result["error"]))
        for series in result.get("series", ()):
            labels = [str(value) for _, value in sorted(series.get("tags", {}).items())]
            rows = (
                (row[0] / 1000, float(row[1])) for row in series["values"] if row[1] is not None
            )
            yield " ".join(labels), _known(rows)


def _known(values: Any) -> list[tuple[float, float]]:
    return [(at, value) for at, value in values if math.isfinite(value) and math.isfinite(at)]


def _refusal(source: HostSource, answer: PostAnswer, body: Any) -> str:
    """Return the database's error message without secrets."""
    if answer.status == 0:
        return _short(answer.text)
    said = body.get("error") if isinstance(body, dict) else None
    text = _short(f"it answered {answer.status} {said or ''}".strip())
    for secret in (source.token, source.password):
        text = text.replace(secret, "…") if secret else text
    return text


def _short(text: object) -> str:
    return " ".join(str(text).split())[:_MESSAGE_LENGTH]
