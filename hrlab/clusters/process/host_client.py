"""One cluster host as the server sees it: through its socket while it lives, through its files when it does not."""

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

#: Seconds between looks at the files, while there is no connection.
RETRY_STARTING, RETRY = 0.05, 1.0
#: A host on another machine is given up after so many seconds without proof of life.
SILENCE_SECONDS = 60.0
#: A start that no process answers for is given up after so many seconds.
HALF_STARTED_SECONDS = 10.0
#: How much longer than it should a host may take to time out, or to close, before it is ended.
GRACE_SECONDS = 30.0
#: How long a request waits for a host that shows no sign of life, and for one that does.
ANSWER_SECONDS, PATIENCE_SECONDS = 5.0, 30.0
#: How long whoever closes a cluster waits for the host to begin; it goes on afterwards.
CLOSE_SECONDS = 1.0
#: Between questions whether the host lives, and how long it may take to answer: together below 10 s.
ALIVE_SECONDS, HANGS_SECONDS = 3.0, 6.0
#: Between thoughts about whether a host that says nothing should have.
SILENT_SECONDS = 5.0
LONGEST_ANSWER = 2**24
ELSEWHERE = (
    "It runs on {where} and listens on the loopback interface there only, which cannot be reached from here. "
    "Use it from Jupyter on {where}, or close it."
)
HANGS = "The cluster host does not answer: its scheduler is busy, or it hangs. Wait, look at its log, or close it."


def describe(directory: Path, description: Mapping[str, Any]) -> None:
    """Make the directory of a host-to-be, readable by its owner only."""
    directory.mkdir(mode=0o700)
    write_json(directory / DESCRIPTION, {**description, "server": identity(os.getpid())})


def read(path: Path) -> Any:
    """What a JSON file holds; None if it is not there, its beginning if it is not JSON."""
    text = ""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
        return json.loads(text)
    except OSError:
        return None
    except (ValueError, RecursionError):
        return text[:40]


class HostClient:
    """A host's directory, watched.

    Parameters
    ----------
    changed
        Called, on the event loop, whenever `cluster` is new.
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
        """Why the scheduler cannot be reached though its host has said that it is ready; empty if it can."""
        if self._hangs:
            return HANGS
        if self._reaches(self.status.get("scheduler_address")):
            return ""
        return ELSEWHERE.format(where=self._where)

    @property
    def _where(self) -> str:
        return str(self.status["process"]["host"].split()[0])

    def _reaches(self, url: str | None) -> bool:
        """Whether what listens at `url` for the host is the same from here.

        Another container with the same home sees the host's files and its socket, but has a loopback interface of its own,
        where nobody, or somebody else's scheduler, has that port.
        """
        there = (self.status.get("process") or {}).get("network")
        is_same = not there or not self._network or there == self._network
        return is_same or not is_loopback(urlsplit(url or "").hostname or "")

    @property
    def odd(self) -> str:
        """Why its files cannot be used, and what to do; empty if they can."""
        why = self._odd_description or self._odd_status
        return (
            why and f"The files of its host cannot be used: {why} Close the cluster to remove them."
        )

    def take(self, told: object) -> None:
        """Take a status that the host told or wrote, as far as it can be used."""
        known, self._odd_status = decode_known(Status, told, STATUS)
        self.status = known or self.status  # of one that tells nothing, what was known before

    @property
    def cluster(self) -> Cluster:
        """The cluster as the panel shows it."""
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
        """What it holds: by what it was made with, else by its workers that are there."""
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
        """Workers of its first target, until the host knows how many there are to be."""
        known = self.status.get("state", "starting") != "starting"
        return 0 if known else Target(**self.description["target"]).most

    @property
    def dashboard_url(self) -> str | None:
        """Where this machine reaches the dashboard."""
        url = self.status.get("dashboard_url")
        return url if self.state != "failed" and self._reaches(url) else None

    def start(self, python: str | None = None, spec: Mapping[str, Any] | None = None) -> None:
        """Watch; with `python`, start the host first."""
        self._work = asyncio.create_task(self._live(python, spec))

    async def stop(self) -> None:
        """Watch no more."""
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
        """Hear what the host says, and whether it lives, until it says no more."""
        alive = asyncio.create_task(self._ask_whether_alive())
        try:
            await self._listen()
        finally:
            alive.cancel()
            await asyncio.wait({alive})

    async def _ask_whether_alive(self) -> None:
        """Notice a host that hangs, and one that answers again; hosts of older versions answer as well."""
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
        """Hear what the host says, until it says no more."""
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
        # By way of the directory's descriptor: a socket's path may have 107 bytes only.
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
        """The host's answer.

        Raises
        ------
        BackendError
            If it refuses, or does not answer.
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
                f"The host of cluster {self.description['name']!r} does not answer. See its log, or close it."
            ) from error
        if not fine:
            raise BackendError(str(answer.get("error")))
        return answer

    async def _answer(self, reader: asyncio.StreamReader) -> bytes:
        """A line; a host that lives may take its time, one that hangs is not waited for."""
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
        """Close, cancel or dismiss; returns when that has begun, or soon, and goes on."""
        self._closing_at = time.time()
        self._notify()
        self._ending = asyncio.create_task(self._close())
        dismisses = self.status.get("state") == "failed"  # no host is left that could hang
        await asyncio.wait({self._ending}, timeout=None if dismisses else CLOSE_SECONDS)
        if self._ending.done():
            self._ending.result()

    async def _close(self) -> None:
        """Have the host close; end it if it does not answer."""
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
        """Say that something is new, if it is."""
        now = None if self.gone else self.cluster
        if now != self._told or self.gone:
            self._told = now
            self._changed()

    # What follows reads files, runs commands and waits: in a thread.

    def _examine(self) -> None:
        """Find out from the files what there is, when nobody listens on the socket."""
        if not (self.directory / DESCRIPTION).exists():
            self.gone = True
            return
        if self.status.get("state") == "failed":
            return  # said by the host, which may have had no room to write it
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
            late = f"The cluster host does not answer any more. {tail(self.directory)}"
            end(process)
            self._bury(process, late)

    def _examine_start(self) -> None:
        """There is no host, or not yet: a start that failed, was given up, or whose server was killed."""
        if self.odd and not self._closing_at:
            return  # there may be one, of which nothing is known
        waited = time.time() - self._seen_at
        if not self._launching and (self._closing_at or waited > HALF_STARTED_SECONDS):
            self._end()

    def _heard_of(self) -> bool:
        """Whether a host on another machine lives, by the age of its file."""
        with suppress(OSError):
            if time.time() - (self.directory / STATUS).stat().st_mtime < SILENCE_SECONDS:
                self.status.update(
                    state="unreachable", reason=f"It runs on {self._where}, not on this machine."
                )
                return True
        return False

    def _overdue(self) -> bool:
        """Whether the host should have given up its start, or ended, some time ago: it hangs."""
        about, since = self.description, self._closing_at
        if self.status.get("state") == "starting" and since is None:
            since = about["created_at"] + about["start_timeout_seconds"]
        return since is not None and time.time() > since + GRACE_SECONDS

    def _bury(self, process: Mapping[str, Any], reason: str = "") -> None:
        """Clean up after a dead host; it is shown as failed, unless it died while it closed."""
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
        with suppress(OSError):  # dismissed by another server meanwhile
            write_json(self.directory / STATUS, self.status)

    def _end(self) -> None:
        """End the host, if there is one, by force if need be, and leave nothing behind."""
        process = self.status.get("process")
        if process is not None and is_there(process) is not None:
            end(process)
            self.take(read(self.directory / STATUS) or self.status)
            sweep(process, self.status.get("cleanup", ()))
        self._remove()

    def _remove(self) -> None:
        shutil.rmtree(self.directory, ignore_errors=True)
        self.gone = True
