"""Server-side client of a cluster host: uses its socket while it runs, and its files otherwise."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hrlab.clusters.process.daemon.process_identity import SOCKET, STATUS, identity, write_json
from hrlab.clusters.process.host_files import DESCRIPTION, Status, described
from hrlab.clusters.process.launcher import end, is_there, launch, sweep, tail
from hrlab.model.cluster import Cluster, State, Step, Target, WorkerCount
from hrlab.model.errors import BackendError
from hrlab.model.quota import ClusterUsage
from hrlab.model.wire import decode_known
from hrlab.shared.hostnames import is_loopback

#: Poll interval of the files while there is no connection.
RETRY_STARTING, RETRY = 0.05, 1.0
#: Age of the heartbeat after which a host on another machine is considered dead.
SILENCE_SECONDS = 60.0
#: Time after which a start without a process is considered failed.
HALF_STARTED_SECONDS = 10.0
#: Extra time for a host to time out or close before it is killed.
GRACE_SECONDS = 30.0
#: How long a request waits for a host without heartbeat, and for one with a heartbeat.
ANSWER_SECONDS, PATIENCE_SECONDS = 5.0, 30.0
#: How long closing blocks the caller; it continues in the background.
CLOSE_SECONDS = 1.0
#: Interval of heartbeat requests, and timeout of one: together below 10 s.
ALIVE_SECONDS, HANGS_SECONDS = 3.0, 6.0
#: Interval of overdue checks while a host sends nothing.
SILENT_SECONDS = 5.0
LONGEST_ANSWER = 2**24
ELSEWHERE = (
    "It runs on {where} and listens only on the loopback interface there, which this server cannot reach. "
    "Use it from Jupyter on {where}, or close it."
)
HANGS = "The cluster host does not respond: its scheduler is busy, or it hangs. Wait, check its log, or close the cluster."


def describe(directory: Path, description: Mapping[str, Any]) -> None:
    """Create the directory and description of a new host, readable by its owner only."""
    directory.mkdir(mode=0o700)
    write_json(directory / DESCRIPTION, {**description, "server": identity(os.getpid())})


def read(path: Path) -> Any:
    """Return a JSON file's value; None if the file is missing, its first characters if it is not JSON."""
    text = ""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
        return json.loads(text)
    except OSError:
        return None
    except (ValueError, RecursionError):
        return text[:40]


class HostClient:
    """Watches one cluster host through its directory.

    Parameters
    ----------
    directory
        The host's directory.
    description
        Content of its description file; may be invalid.
    changed
        Called on the event loop whenever `cluster` changes.
    """

    def __init__(self, directory: Path, description: object, changed: Callable[[], None]) -> None:
        self.directory = directory
        self.description, self._odd_description = described(directory, description)
        self.status: dict[str, Any] = {}
        self._odd_status = ""
        self.gone = False
        self._changed = changed
        self._seen_at = time.time()
        self._closing_at: float | None = None
        self._told: Cluster | None = None
        self._launching = False
        self._work: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self._heard_at = 0.0  # of the monotonic clock
        self._hangs = False
        self._network = identity(os.getpid())["network"]

    @property
    def state(self) -> State:
        """State of the cluster."""
        known: State = self.status.get("state", "starting")
        if self._closing_at and known != "failed":
            return "closing"
        if known != "failed" and self.odd:
            return "unreachable"
        return "unreachable" if known == "ready" and self._out_of_reach else known

    @property
    def _out_of_reach(self) -> str:
        """Return why a scheduler reported as ready is unreachable; empty if it is reachable."""
        if self._hangs:
            return HANGS
        if self._reaches(self.status.get("scheduler_address")):
            return ""
        return ELSEWHERE.format(where=self._where)

    @property
    def _where(self) -> str:
        return str(self.status["process"]["host"].split()[0])

    def _reaches(self, url: str | None) -> bool:
        """Return whether `url`, as reported by the host, leads to the same listener from here.

        Another container with the same home sees the host's files and socket, but has its own loopback interface, where
        that port is free or belongs to someone else's scheduler.
        """
        there = (self.status.get("process") or {}).get("network")
        is_same = not there or not self._network or there == self._network
        return is_same or not is_loopback(urlsplit(url or "").hostname or "")

    @property
    def odd(self) -> str:
        """Why its files are invalid, and the remedy; empty if they are valid."""
        why = self._odd_description or self._odd_status
        return (
            why
            and f"Invalid files in its cluster host's directory: {why} Close the cluster to remove them."
        )

    def take(self, told: object) -> None:
        """Apply a status from the socket or the file, as far as it is valid."""
        known, self._odd_status = decode_known(Status, told, STATUS)
        self.status = known or self.status  # keep the old one if nothing in it is valid

    @property
    def cluster(self) -> Cluster:
        """The cluster as shown in the panel."""
        about, now = self.description, self.status
        asked = Target(**about["target"]).workers or 0
        first = {"host": ["running", ""], "scheduler": ["waiting", ""], "workers": ["waiting", ""]}
        steps = now.get("steps", first).items()
        told = ("id", "name", "profile", "site", "owner", "created_at")
        numbers = (
            "cores",
            "memory_bytes",
            "versions",
            "tasks",
            "scheduler_address",
            "idle_stop_at",
        )
        known: dict[str, Any] = {key: about.get(key) for key in told}
        known.update({key: now[key] for key in numbers if key in now})
        return Cluster(
            kind="process",
            created_by="hrlab",
            state=self.state,
            reason=self._reason,
            since_at=now.get("since_at", about["created_at"]),
            steps=tuple(Step(name=name, state=state, detail=text) for name, (state, text) in steps),
            workers=WorkerCount(**now.get("workers", {"asked": asked})),
            dashboard_path=f"hrlab/dashboard/{about['id']}" if self.dashboard_url else None,
            **known,
        )

    @property
    def _reason(self) -> str:
        if self.state == "unreachable" and self.odd:
            return self.odd
        if self.state == "unreachable" and self.status.get("state") == "ready":
            return self._out_of_reach
        return str(self.status.get("reason", ""))

    @property
    def claim(self) -> ClusterUsage:
        """Resource usage: from the requested options, else from the running workers."""
        seen, each = self.cluster, self.description["each"]
        most, ready = max(seen.workers.most, self._wanted), seen.workers.ready or 1
        cores = each["cores"] or seen.cores / ready
        memory = each["memory_bytes"] or seen.memory_bytes / ready
        return ClusterUsage(
            id=seen.id,
            name=seen.name,
            mine=True,
            profile=seen.profile,
            workers=most,
            cores=most * cores,
            memory_bytes=round(most * memory),
            created_at=seen.created_at,
        )

    @property
    def _wanted(self) -> int:
        """Workers of the initial target, until the host reports its own number."""
        known = self.status.get("state", "starting") != "starting"
        return 0 if known else Target(**self.description["target"]).most

    @property
    def dashboard_url(self) -> str | None:
        """The dashboard's URL as this machine reaches it."""
        url = self.status.get("dashboard_url")
        return url if self.state != "failed" and self._reaches(url) else None

    def start(self, python: str | None = None, spec: Mapping[str, Any] | None = None) -> None:
        """Start watching; with `python`, launch the host first."""
        self._work = asyncio.create_task(self._live(python, spec))

    async def stop(self) -> None:
        """Stop watching."""
        for task in (self._work, self._ending):
            if task is not None:
                task.cancel()
                await asyncio.wait({task})

    async def _live(self, python: str | None, spec: Mapping[str, Any] | None) -> None:
        if python is not None and spec is not None:
            self._launching = True
            error = await asyncio.to_thread(launch, self.directory, python, spec)
            self._launching = False
            if self._closing_at:
                await asyncio.to_thread(self._end)
            elif error:
                await asyncio.to_thread(self._fail, error)
            self._notify()
        while not self.gone:
            await self._follow()
            await asyncio.to_thread(self._examine)
            self._notify()
            if not self.gone:
                await asyncio.sleep(RETRY_STARTING if self.state == "starting" else RETRY)

    async def _follow(self) -> None:
        """Follow the host's status and heartbeat until the connection ends."""
        alive = asyncio.create_task(self._ask_whether_alive())
        try:
            await self._listen()
        finally:
            alive.cancel()
            await asyncio.wait({alive})

    async def _ask_whether_alive(self) -> None:
        """Send heartbeat requests, to detect a hanging host and its recovery; older hosts answer them too."""
        with suppress(OSError, ValueError):
            async with self._connection() as (reader, writer):
                while True:
                    writer.write(b'{"do": "alive"}\n')
                    answer = asyncio.ensure_future(reader.readline())
                    try:
                        if not (await asyncio.wait({answer}, timeout=HANGS_SECONDS))[0]:
                            self._set_hangs(hangs=True)
                        if not await answer:
                            return
                    finally:
                        answer.cancel()
                    self._heard_at = time.monotonic()
                    self._set_hangs(hangs=False)
                    await asyncio.sleep(ALIVE_SECONDS)

    def _set_hangs(self, *, hangs: bool) -> None:
        self._hangs = hangs
        self._notify()

    async def _listen(self) -> None:
        """Receive status updates until the connection ends."""
        with suppress(OSError, ValueError, RecursionError):
            async with self._connection() as (reader, writer):
                writer.write(b'{"do": "watch"}\n')
                while not self._overdue():
                    try:
                        line = await asyncio.wait_for(reader.readline(), SILENT_SECONDS)
                    except asyncio.TimeoutError:
                        continue
                    if not line:
                        return
                    said = json.loads(line)
                    if not (isinstance(said, Mapping) and "ok" in said):
                        self.take(said)
                        self._notify()

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        # Through the directory's descriptor: a socket path may have at most 107 bytes.
        directory = os.open(self.directory, os.O_RDONLY | os.O_DIRECTORY)
        try:
            short = f"/proc/self/fd/{directory}/{SOCKET}"
            path = short if os.path.isdir("/proc/self/fd") else str(self.directory / SOCKET)  # noqa: PTH112
            reader, writer = await asyncio.open_unix_connection(path, limit=LONGEST_ANSWER)
        finally:
            os.close(directory)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def request(self, **request: Any) -> dict[str, Any]:
        """Send a request to the host; return its answer.

        Raises
        ------
        BackendError
            If the host refuses or does not respond.
        """
        try:
            async with self._connection() as (reader, writer):
                writer.write(json.dumps(request).encode() + b"\n")
                answer = dict(json.loads(await self._answer(reader)))
                fine = bool(answer["ok"])
        except (
            OSError,
            ValueError,
            TypeError,
            KeyError,
            RecursionError,
            asyncio.TimeoutError,
        ) as error:
            raise BackendError(
                f"The host of cluster {self.description['name']!r} did not respond. Check its log, or close the cluster."
            ) from error
        if not fine:
            raise BackendError(str(answer.get("error")))
        return answer

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        """Read one line; wait longer for a host with a heartbeat than for one without."""
        line = asyncio.ensure_future(reader.readline())
        began = time.monotonic()
        try:
            while time.monotonic() < began + PATIENCE_SECONDS:
                asked = time.monotonic()
                if (await asyncio.wait({line}, timeout=ANSWER_SECONDS))[0]:
                    return line.result()
                if self._heard_at < asked:
                    break
            raise asyncio.TimeoutError
        finally:
            line.cancel()

    async def close(self) -> None:
        """Close, cancel or dismiss; return once that has begun, or after `CLOSE_SECONDS`, and continue."""
        self._closing_at = time.time()
        self._notify()
        self._ending = asyncio.create_task(self._close())
        dismisses = self.status.get("state") == "failed"  # no host is left that could hang
        await asyncio.wait({self._ending}, timeout=None if dismisses else CLOSE_SECONDS)
        if self._ending.done():
            self._ending.result()

    async def _close(self) -> None:
        """Ask the host to close; kill it if it does not respond."""
        with suppress(BackendError):
            await self.request(do="close")
            return
        if self._launching:
            return  # closed as soon as there is something to close: see `_live`
        await asyncio.to_thread(self._end)
        self._notify()
        if self._work is not None:
            self._work.cancel()  # there is nothing left to watch

    def _notify(self) -> None:
        """Report a change of the cluster, if there is one."""
        now = None if self.gone else self.cluster
        if now != self._told or self.gone:
            self._told = now
            self._changed()

    # The methods below read files, run commands and block: call them in a thread.

    def _examine(self) -> None:
        """Determine the state from the files when the socket is unavailable."""
        if not (self.directory / DESCRIPTION).exists():
            self.gone = True
            return
        if self.status.get("state") == "failed":
            return  # reported by the host, which may have been unable to write it
        told = read(self.directory / STATUS)
        if told is not None:
            self.take(told)
        if self.status.get("state") == "failed":
            return
        process = self.status.get("process")
        if process is None:
            self._examine_start()
            return
        there = is_there(process)
        if there is None:
            there = self._heard_of()
        if not there:
            self._bury(process)
        elif self._overdue():
            late = f"The cluster host stopped responding. {tail(self.directory)}"
            end(process)
            self._bury(process, late)

    def _examine_start(self) -> None:
        """Handle a missing process: the start is pending, failed or cancelled, or its server was killed."""
        if self.odd and not self._closing_at:
            return  # a host may exist, but its files are unreadable
        waited = time.time() - self._seen_at
        if not self._launching and (self._closing_at or waited > HALF_STARTED_SECONDS):
            self._end()

    def _heard_of(self) -> bool:
        """Return whether a host on another machine has a recent heartbeat."""
        with suppress(OSError):
            if time.time() - (self.directory / STATUS).stat().st_mtime < SILENCE_SECONDS:
                self.status.update(
                    state="unreachable", reason=f"It runs on {self._where}, not on this machine."
                )
                return True
        return False

    def _overdue(self) -> bool:
        """Return whether a start or close exceeded its timeout by `GRACE_SECONDS`: the host hangs."""
        about, since = self.description, self._closing_at
        if self.status.get("state") == "starting" and since is None:
            since = about["created_at"] + about["start_timeout_seconds"]
        return since is not None and time.time() > since + GRACE_SECONDS

    def _bury(self, process: Mapping[str, Any], reason: str = "") -> None:
        """Clean up after a dead host; show the cluster as failed, unless it died while closing."""
        sweep(process, self.status.get("cleanup", ()))
        closing = self.status.get("state") == "closing"
        before = self.status.get("reason", "") if closing else ""
        if self._closing_at or (closing and not before):
            self._remove()
        else:
            unexpected = f"The cluster host ended unexpectedly. {tail(self.directory)}"
            self._fail(reason or before or unexpected)

    def _fail(self, reason: str) -> None:
        steps = {
            name: ["failed" if state == "running" else state, detail]
            for name, (state, detail) in self.status.get("steps", {"host": ["running", ""]}).items()
        }
        about = {"state": "failed", "reason": reason, "since_at": time.time(), "steps": steps}
        self.status = {**self.status, **about, "idle_stop_at": None, "tasks": None}
        self._odd_status = ""
        with suppress(OSError):  # another server may have dismissed it
            write_json(self.directory / STATUS, self.status)

    def _end(self) -> None:
        """Stop the host if it runs, by force if necessary, and remove its files."""
        process = self.status.get("process")
        if process is not None and is_there(process) is not None:
            end(process)
            self.take(read(self.directory / STATUS) or self.status)
            sweep(process, self.status.get("cleanup", ()))
        self._remove()

    def _remove(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)
        self.gone = True
