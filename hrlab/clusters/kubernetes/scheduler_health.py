"""Check schedulers directly by TCP and HTTP: the status of their pods is not proof of health."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from hrlab.clusters.kubernetes.api import Object


@dataclass(slots=True)
class _Probe:
    """State of one scheduler; times are monotonic."""

    place: Place
    health: Health | None = None
    asked_at: float = float("-inf")
    silent_since: float | None = None
    task: asyncio.Task[None] | None = None


class Probes:
    """Latest health of schedulers, by cluster."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._probes: dict[str, _Probe] = {}

    def poll(self, cluster_id: str, place: Place, every_seconds: float) -> None:
        """Start a check, unless one is pending or was made less than `every_seconds` ago."""
        probe = self._probes.get(cluster_id)
        if probe is None or probe.place != place:
            self.discard([cluster_id])
            probe = self._probes[cluster_id] = _Probe(place)
        now = time.monotonic()
        if probe.task is None and now - probe.asked_at >= every_seconds:
            probe.asked_at = now
            probe.task = asyncio.create_task(self._request(probe))

    def health(self, cluster_id: str) -> Health | None:
        """Return the latest health; None before the first check."""
        probe = self._probes.get(cluster_id)
        return probe.health if probe else None

    def silent_seconds(self, cluster_id: str) -> float:
        """Return for how many seconds it has not responded."""
        probe = self._probes.get(cluster_id)
        if probe is None or probe.silent_since is None:
            return 0.0
        return time.monotonic() - probe.silent_since

    def discard(self, cluster_ids: Collection[str]) -> None:
        """Stop checking these clusters."""
        for cluster_id in cluster_ids:
            probe = self._probes.pop(cluster_id, None)
            if probe and probe.task:
                probe.task.cancel()

    def known(self) -> list[str]:
        """Clusters that are asked."""
        return list(self._probes)

    async def _request(self, probe: _Probe) -> None:
        try:
            health = await request(probe.place, probe.health)
        finally:
            probe.task = None  # else it would never be asked again
        before, probe.health = probe.health, health
        if not health.problem:
            probe.silent_since = None
        elif probe.silent_since is None:
            probe.silent_since = time.monotonic()
        if health != before:
            self._changed()


PROBE_SECONDS = 3.0

#: Most that is read of an answer.
_MAX_BYTES = 1_000_000

COMM, DASHBOARD = ("tcp-comm", 8786), ("http-dashboard", 8787)


@dataclass(frozen=True, slots=True)
class Place:
    """Address of a scheduler: host, comm port and HTTP port."""

    host: str
    comm: int
    http: int

    @property
    def address(self) -> str:
        """Address for ``distributed.Client``."""
        return f"tcp://{self.host}:{self.comm}"

    @property
    def dashboard(self) -> str:
        """URL of its HTTP server."""
        return f"http://{self.host}:{self.http}"


@dataclass(frozen=True, slots=True)
class Health:
    """Result of one check.

    Attributes
    ----------
    problem
        Why it can't be used; empty if it answered.
    workers, cores, tasks
        As the scheduler counts them: connected workers, their threads, unfinished tasks; None if it does not say.
    versions, trouble
        What a worker tells of its packages, and why one could not be set up; empty if none tells.
    """

    problem: str = ""
    workers: int | None = None
    cores: int | None = None
    tasks: int | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    trouble: str = ""


def place_of(service: Object) -> Place | None:
    """Return the address from a scheduler's Service; None while a load balancer has no address."""
    metadata, spec = service["metadata"], service.get("spec", {})
    host = f"{metadata['name']}.{metadata['namespace']}"
    if spec.get("type") == "LoadBalancer":
        ingress = (service.get("status", {}).get("loadBalancer") or {}).get("ingress") or []
        if not ingress:
            return None
        host = ingress[0].get("ip") or ingress[0].get("hostname") or host
    ports = spec.get("ports") or []
    return Place(host, _port(ports, *COMM), _port(ports, *DASHBOARD))


async def request(place: Place, before: Health | None = None) -> Health:
    """Connect, and ask for health and counts; of workers only what is new since `before`, for there may be hundreds."""
    try:
        return await asyncio.wait_for(_request(place, before), PROBE_SECONDS)
    except asyncio.TimeoutError:
        return Health(f"no response within {PROBE_SECONDS:g} s")
    except OSError as error:
        return Health(error.strerror or str(error) or type(error).__name__)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        # JSON of any shape may come: whatever is not what a scheduler tells ends here.
        return Health("what answers there is no Dask scheduler")


async def _request(place: Place, before: Health | None) -> Health:
    _, writer = await asyncio.open_connection(place.host, place.comm)
    writer.close()
    if await _get(place, "/health") is None:
        return Health("its HTTP server is not healthy")
    counts = await _get(place, "/json/counts.json")
    if counts is None:
        return Health()
    found: dict[str, Any] = json.loads(counts)
    unfinished = ("processing", "waiting", "unrunnable")
    told = before
    if told is None or not told.versions or told.workers != found["workers"]:
        told = _told(await _get(place, "/json/identity.json") if found["workers"] else None)
    return Health(
        versions=told.versions,
        trouble=told.trouble,
        workers=int(found["workers"]),
        cores=int(found["cores"]),
        tasks=sum(int(found.get(state, 0)) for state in unfinished),
    )


def _told(identity: bytes | None) -> Health:
    """What workers tell of themselves, as :mod:`hrlab.clusters.kubernetes.in_container.worker` has them do."""
    workers = json.loads(identity)["workers"].values() if identity else ()
    told = [worker["metrics"]["hrlab"] for worker in workers if "hrlab" in worker["metrics"]]
    if not told:
        return Health()
    trouble = next((str(one["trouble"]) for one in told if one["trouble"]), "")
    return Health(versions=dict(told[0]["versions"]), trouble=trouble)


async def _get(place: Place, path: str) -> bytes | None:
    """What is there; None if the answer is not 200."""
    reader, writer = await asyncio.open_connection(place.host, place.http)
    try:
        request = f"GET {path} HTTP/1.0\r\nHost: {place.host}:{place.http}\r\n\r\n"
        writer.write(request.encode())
        answer = await reader.read(_MAX_BYTES)
        while more := await reader.read(_MAX_BYTES):
            answer += more
            if len(answer) > _MAX_BYTES:
                raise ValueError("too long")
    finally:
        writer.close()
    if not answer:
        raise ConnectionResetError("the connection was closed without an answer")
    head, _, body = answer.partition(b"\r\n\r\n")
    words = head.split(None, 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/"):
        raise ValueError("no HTTP")
    return body if words[1] == b"200" else None


def _port(ports: list[Object], name: str, default: int) -> int:
    return next((int(port["port"]) for port in ports if port.get("name") == name), default)
