"""Backend for existing clusters: attaches to a scheduler address and polls it; never scales or closes it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tornado.httpclient import AsyncHTTPClient

from hrlab.clusters.backend import Plan
from hrlab.clusters.process.daemon.process_identity import write_json
from hrlab.model.cluster import ID, Cluster, State, Step, Target, WorkerCount
from hrlab.model.errors import BackendError, ConflictError, NotFoundError
from hrlab.model.template import fill
from hrlab.model.wire import decode_known

LOOK_SECONDS = 5.0
ANSWER_SECONDS = 3.0
LARGEST_ANSWER_BYTES = 1_000_000
#: Scheduler counts that are read besides workers and cores, and the largest plausible count.
_COUNTED = ("tasks", "memory", "erred", "released")
_MOST = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """An attached cluster as persisted; `broken` describes what is wrong with its stored entry."""

    id: str
    name: str
    profile: str
    site: str | None
    owner: str
    created_at: float
    address: str
    dashboard: str | None
    broken: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Result of a poll."""

    state: State
    reason: str = ""
    since_at: float = 0.0
    dashboard: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)


#: Persisted fields.
_KEPT = tuple(name for name in Attached.__slots__ if name != "broken")


class AddressClusters:
    """Backend of kind ``address``: attached, not owned. Closing a cluster only removes it from the list.

    Parameters
    ----------
    state_file
        File of the list, readable by its owner only.
    owner
        User name.
    """

    def __init__(self, state_file: Path, owner: str) -> None:
        self.owner = owner
        self._file = state_file
        self._attached: dict[str, Attached] = {}
        self._seen: dict[str, Seen] = {}
        self._changed: Callable[[Sequence[str]], None] = lambda _: None
        self._looking: asyncio.Task[None] | None = None
        self._now = asyncio.Event()

    async def start(self, changed: Callable[[Sequence[str]], None]) -> None:
        """Read the list and start polling."""
        self._changed = changed
        self._attached = await asyncio.to_thread(self._read)
        self._looking = asyncio.create_task(self._keep_looking())

    async def stop(self) -> None:
        """Stop polling."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait({self._looking})

    def clusters(self) -> Sequence[Cluster]:
        """Return the attached clusters with their last known state."""
        return [self._cluster(one) for one in self._attached.values()]

    async def create(self, plan: Plan) -> Cluster:
        """Attach to the address that the plan's template gives."""
        if plan.id in self._attached:
            raise ConflictError(f"Cluster {plan.id!r} already exists.", id=plan.id)
        values = {"cluster_id": plan.id, "cluster_name": plan.name, "owner": plan.owner}
        try:
            template = fill(plan.profile.template, {**plan.options, **values})
            address = template["address"]
        except KeyError as error:
            raise BackendError(
                f"The template of profile {plan.profile.name!r} needs {error}, which is neither set nor an option. "
                "Ask your admin to add it."
            ) from error
        made = Attached(
            id=plan.id,
            name=plan.name,
            profile=plan.profile.name,
            site=plan.profile.site,
            owner=plan.owner,
            created_at=plan.created_at,
            address=address,
            dashboard=template.get("dashboard") or None,
        )
        self._attached[plan.id] = made
        self._now.set()
        await asyncio.to_thread(self._save, made.id, made)
        return self._cluster(made)

    async def scale(self, cluster_id: str, target: Target) -> None:  # noqa: ARG002 - part of the interface
        """Always refuse: the cluster is not managed by hrlab."""
        name = self._get(cluster_id).name
        raise ConflictError(
            f"hrlab is only attached to cluster {name!r}. Scale it where it was created."
        )

    async def extend(self, cluster_id: str) -> None:
        """Do nothing: an attached cluster has no idle timeout."""
        self._get(cluster_id)

    async def close(self, cluster_id: str) -> None:
        """Remove it from the list; the cluster keeps running."""
        self._get(cluster_id)
        del self._attached[cluster_id]
        self._seen.pop(cluster_id, None)
        await asyncio.to_thread(self._save, cluster_id, None)
        self._changed([cluster_id])

    async def logs(self, cluster_id: str) -> Mapping[str, str]:
        """Return a note instead of logs: schedulers give their logs to Dask clients only."""
        name = self._get(cluster_id).name
        return {
            "scheduler": f"hrlab is only attached to cluster {name!r}. Its logs are where it was created."
        }

    def dashboard_url(self, cluster_id: str) -> str | None:
        """Return the dashboard's URL as seen from this machine, or None."""
        one = self._get(cluster_id)
        return None if one.broken else one.dashboard

    def _get(self, cluster_id: str) -> Attached:
        try:
            return self._attached[cluster_id]
        except KeyError:
            raise NotFoundError(f"Cluster {cluster_id!r} does not exist.", id=cluster_id) from None

    def _cluster(self, one: Attached) -> Cluster:
        seen = self._seen.get(one.id) or Seen(state="starting", since_at=one.created_at)
        step = {"starting": "running", "ready": "done"}.get(seen.state, "failed")
        workers = int(seen.counts.get("workers", 0))
        return Cluster(
            id=one.id,
            name=one.name,
            kind="address",
            profile=one.profile,
            owner=one.owner,
            created_by="hrlab",
            state=seen.state,
            reason=seen.reason,
            since_at=seen.since_at,
            steps=(Step(name="scheduler", state=step, detail=seen.reason),),  # type: ignore[arg-type]
            workers=WorkerCount(asked=workers, ready=workers),
            cores=float(seen.counts.get("cores", 0)),
            tasks=unfinished(seen.counts),
            scheduler_address=one.address,
            dashboard_path=f"hrlab/dashboard/{one.id}"
            if one.dashboard and seen.dashboard
            else None,
            created_at=one.created_at,
            site=one.site,
        )

    async def _keep_looking(self) -> None:
        while True:
            self._now.clear()
            await asyncio.gather(*map(self._poll, tuple(self._attached.values())))
            try:
                await asyncio.wait_for(self._now.wait(), LOOK_SECONDS)
            except asyncio.TimeoutError:
                # Another server of this user may have changed the list.
                known = await asyncio.to_thread(self._read)
                changed = set(known) ^ set(self._attached)
                if changed and not self._now.is_set():
                    self._attached = known
                    self._changed(sorted(changed))

    async def _poll(self, one: Attached) -> None:
        seen = _unusable(one) if one.broken else await poll(one.address, one.dashboard)
        before = self._seen.get(one.id)
        same = before is not None and before.state == seen.state
        since_at = before.since_at if before is not None and same else time.time()
        seen = replace(seen, since_at=since_at)
        if seen != before and one.id in self._attached:
            self._seen[one.id] = seen
            self._changed([one.id])

    def _read(self) -> dict[str, Attached]:
        found = map(_attached, self._entries())
        return {one.id: one for one in found if one is not None}

    def _entries(self) -> list[Any]:
        try:
            listed = json.loads(self._file.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return []  # missing or invalid: attaching again is easy
        return listed if isinstance(listed, list) else []

    def _save(self, cluster_id: str, one: Attached | None) -> None:
        """Write one change to the list, based on the file, which another server may have changed."""
        # Entries are kept verbatim: an invalid one stays until it is closed.
        known = {each.id: entry for entry in self._entries() if (each := _attached(entry))}
        known.pop(cluster_id, None)
        if one is not None:
            known[cluster_id] = {name: getattr(one, name) for name in _KEPT}
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_json(self._file, list(known.values()))


def _attached(entry: object) -> Attached | None:
    """Parse an entry of the list; return None if it has no valid id."""
    known, broken = decode_known(Attached, entry, "attached.json")
    cluster_id = known.get("id", "")
    if not ID.fullmatch(cluster_id):
        return None
    defaults = {"name": cluster_id, "profile": "", "site": None, "owner": "", "created_at": 0.0}
    return Attached(**{**defaults, "address": "", "dashboard": None, **known, "broken": broken})


def unfinished(counts: Mapping[str, int]) -> int | None:
    """Return the number of unfinished tasks from a scheduler's counts; None if it reports none."""
    if "tasks" not in counts:
        return None
    done = sum(int(counts.get(state, 0)) for state in ("memory", "erred", "released"))
    return max(0, int(counts["tasks"]) - done)


def counts_of(answer: bytes) -> dict[str, int]:
    """Parse the counts of a scheduler's dashboard: non-negative integers by name.

    Raises
    ------
    ValueError
        If the response is not from a Dask dashboard.
    """
    try:
        body = json.loads(answer)
        counts = {name: body[name] for name in ("workers", "cores", *_COUNTED) if name in body}
        good = all(type(count) is int and 0 <= count <= _MOST for count in counts.values())
    except (TypeError, RecursionError, ValueError, AttributeError):
        counts, good = {}, False
    if not good or not isinstance(body, dict):
        raise ValueError("the response is not from a Dask dashboard")
    return counts


def _unusable(one: Attached) -> Seen:
    """Return the state of an invalid entry."""
    reason = (
        f"Invalid entry in the list of attached clusters: {one.broken} Close it and attach again."
    )
    return Seen(state="unreachable", reason=reason)


async def poll(address: str, dashboard: str | None) -> Seen:
    """Connect to a scheduler and fetch its dashboard's counts."""
    try:
        parts = urlsplit(address if "://" in address else f"tcp://{address}")
        connecting = asyncio.open_connection(parts.hostname, parts.port or 8786)
        _, writer = await asyncio.wait_for(connecting, ANSWER_SECONDS)
    except (OSError, ValueError, asyncio.TimeoutError) as error:
        why = str(error) or f"no response within {ANSWER_SECONDS:g} s"
        return Seen(
            state="unreachable", reason=f"Cannot connect to the scheduler at {address}: {why}."
        )
    writer.close()
    if dashboard is None:
        return Seen(state="ready")
    try:
        await get(f"{dashboard.rstrip('/')}/health")
        known = counts_of(await get(f"{dashboard.rstrip('/')}/json/counts.json"))
    except (OSError, ValueError) as error:
        return Seen(state="ready", reason=f"The dashboard at {dashboard} did not respond: {error}.")
    return Seen(state="ready", dashboard=True, counts=known)


async def get(url: str) -> bytes:
    """Fetch a dashboard URL.

    Raises
    ------
    OSError
        If there is no response, or its status is not 200.
    """
    client = AsyncHTTPClient(force_instance=True, max_body_size=LARGEST_ANSWER_BYTES)
    try:
        response = await client.fetch(url, request_timeout=ANSWER_SECONDS, raise_error=False)
    finally:
        client.close()
    if response.code != 200:
        raise OSError(str(response.error))
    return bytes(response.body)
