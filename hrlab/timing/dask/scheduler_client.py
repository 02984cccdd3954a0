"""The link from a run to one scheduler: puts the plugin there, compares clocks, asks for reports, fetches the last one.

It has a connection of its own, so it works beside a busy client, an asynchronous one, and after the client was closed.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import pickle
import sys
import threading
from collections.abc import Coroutine, Mapping
from typing import Any

from hrlab.timing.clock import DRIFT, ClockMap, Reading, best, monotonic, wall
from hrlab.timing.dask.identity import ATTRIBUTE, ClusterIdentity, identity_of
from hrlab.timing.dask.intervals import IntervalRecorder
from hrlab.timing.dask.plugin_source import PluginParcel
from hrlab.timing.dask.submissions import Outgoing
from hrlab.timing.loop_thread import Background
from hrlab.timing.samples import Samples, sampling_seconds

#: Bounds, in seconds. A scheduler answers in milliseconds; who does not within these is taken for lost.
CONNECT_SECONDS = 5.0
#: So long the end of a run waits for a scheduler that says nothing at all: one that hangs, or whose event loop is blocked.
SILENT_SECONDS = 1.0
#: The same for one that was silent for that long before, and for one that the run asked nothing of.
BRIEF_SECONDS = 0.1
ASK_AGAIN_PER_SILENCE = 4  # how often it is asked for a sign of life in that time
REPORT_SECONDS = 1.0
LAST_GRAPH_SECONDS = 2.0
LAST_REPORT_SECONDS = LAST_GRAPH_SECONDS + 3.0
RETRY_SECONDS = 0.5  # between attempts to hear of a scheduler again
CLOCK_READINGS = 5
#: A round trip within this is good enough to stop comparing clocks; what a longer run may add to it by drift, too.
GOOD_SECONDS = 0.001
LAST_CLOCKS_SECONDS = 0.015

#: What connecting to and asking a scheduler may raise when it is gone, refuses, or speaks another protocol.
Refused = (
    OSError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    RuntimeError,
    ImportError,
    AssertionError,
    SyntaxError,
    EOFError,
    pickle.PickleError,
)


#: Schedulers of this process that did not answer, by address, and for how many seconds they were waited for: no later run
#: waits for them as long, until they answer again.
_unheard: dict[str, float] = {}


class SchedulerClient:
    """One run's link to one scheduler.

    Parameters
    ----------
    background
        Where the link lives.
    run_id, address, connection_args
        Whose work, which scheduler, and how its clients connect (TLS).

    Attributes
    ----------
    here_before
        Whether the cluster was there when the run began.
    outgoing, fetching
        Graphs that left for the scheduler, and time during which results of it were asked for.
    missing
        Numbers of graphs that had not arrived when the run ended.
    samples
        What the workers used, on the scheduler's monotonic clock.
    reported_at
        When the report was told, on the kernel's monotonic clock; None before the first.
    name
        What the clients' own cluster objects call it, if they have one.
    """

    def __init__(
        self, background: Background, run_id: str, address: str, connection_args: Mapping[str, Any]
    ) -> None:
        self.address = address
        self.name: str | None = None
        self._noted: ClusterIdentity | None = None
        self.run_id = run_id
        self.ready = threading.Event()
        self.refusal: str | None = None
        self.lost: str | None = None
        self.report: dict[str, Any] | None = None
        self.reported_at: int | None = None
        self.here_before = False
        self.outgoing = Outgoing()
        self.fetching = IntervalRecorder()
        self.missing: list[int] = []
        self.samples = Samples()
        self._since = 0  # graphs from this number on are counted by the plugin
        self._background = background
        self._connection_args = dict(connection_args)
        self._readings: list[Reading] = []
        self._last_readings: list[Reading] = []
        self._scheduler: Any = None
        self._arrived = asyncio.Event()
        self._ending = False
        self._ended = False
        self._heard_at = monotonic()

    # -- from the kernel's threads ---------------------------------------------------------------------------------

    def learn_from(self, client: Any) -> None:
        """Take what a client of the scheduler knows of the cluster; `hrlab.connect` notes it once it has connected."""
        name = getattr(client.cluster, "name", None)
        self.name = self.name if name is None else str(name)
        self._noted = getattr(client, ATTRIBUTE, None) or self._noted

    @property
    def identity(self) -> ClusterIdentity | None:
        """Which of the Jupyter server's clusters it is: by what the server told, else by what the scheduler tells."""
        return self._noted or identity_of((self.report or {}).get("cluster"))

    def start(self, client_ids: list[str]) -> None:
        """Connect and put the plugin there, without waiting for it."""
        self._background.spawn(self._live(client_ids))

    def finish(self) -> concurrent.futures.Future[None] | None:
        """Begin to fetch the last report, once the scheduler has seen every graph, and to take the plugin away."""
        scheduler = self._scheduler_on_this_thread()
        if scheduler is None:
            return self._background.spawn(self._end())
        self._fetch_directly(scheduler.plugins.get(f"hrlab-{self.run_id}"))
        self._ended = True
        return None

    def finished(self, last: concurrent.futures.Future[None] | None) -> None:
        """Wait for what :meth:`finish` began."""
        try:
            if last is not None:
                last.result(SILENT_SECONDS + LAST_REPORT_SECONDS)
        except concurrent.futures.TimeoutError as error:
            self.lost = self.lost or _reason(error)

    def wait_until_ready(self, seconds: float) -> None:
        """Wait until the plugin is in place; not for a scheduler that is silent."""
        if not self.silent and not self.ready.wait(seconds):
            self._not_heard(seconds)

    @property
    def silent(self) -> bool:
        """Whether the scheduler did not answer when it was last waited for long enough, in this run or before."""
        return _unheard.get(self.address, 0.0) >= SILENT_SECONDS

    @property
    def _patience(self) -> float:
        """How long the end of the run waits for a scheduler that says nothing."""
        if not self.used and self.address in _unheard:
            return 0.0  # there is nothing to ask for
        return SILENT_SECONDS if self.used and not self.silent else BRIEF_SECONDS

    def _scheduler_on_this_thread(self) -> Any:
        """The scheduler, if it runs on the very event loop that calls: it could not answer while we wait."""
        loop = running_loop()
        module = sys.modules.get("distributed.scheduler")
        found = getattr(getattr(module, "Scheduler", None), "_instances", ())
        for scheduler in tuple(found) if loop is not None else ():
            if scheduler.address == self.address and scheduler.loop.asyncio_loop is loop:
                return scheduler
        return None

    def _fetch_directly(self, plugin: Any) -> None:
        if plugin is None:
            self.refusal = self.refusal or "the cell never let the scheduler's event loop run"
            return
        before, remote, epoch, after = monotonic(), plugin.tally.clock(), wall(), monotonic()
        self._last_readings = [_reading(before, remote, epoch, after)]
        self.report, self.reported_at = plugin.snapshot(self.samples.next), before
        self.samples.take(self.report["samples"])
        plugin.leave()

    @property
    def is_lost(self) -> bool:
        """Whether no more is heard of this scheduler: another one may come up at the same address."""
        return self._closed or self.lost is not None

    @property
    def _closed(self) -> bool:
        return bool((self.report or {}).get("closing"))

    @property
    def clock(self) -> ClockMap | None:
        """Scheduler's clock on the kernel's monotonic clock."""
        start, stop = best(self._readings), best(self._last_readings)
        start, stop = start or stop, stop or start
        return ClockMap(start, stop) if start and stop else None

    @property
    def used(self) -> bool:
        """Whether the run asked anything of this scheduler."""
        return len(self.outgoing) > 0 or self.fetching.any or bool((self.report or {}).get("tasks"))

    @property
    def open_connections(self) -> int:
        """Connections to the scheduler that are open."""
        comms = getattr(self._scheduler, "comms", ())
        return sum(not comm.closed() for comm in tuple(comms))

    def first_used(self, now: int) -> int:
        """When the run first asked something of this scheduler, on the kernel's monotonic clock; `now` if it never did."""
        asked = [start for start, _ in self.fetching.until(now)[:1]]
        left = self.outgoing.left_at(0)
        return min([now, *asked, *([] if left is None else [left])])

    # -- on the background thread ----------------------------------------------------------------------------------

    async def _live(self, owners: list[str]) -> None:
        try:
            await asyncio.wait_for(self._arrive(owners), CONNECT_SECONDS)
        except (asyncio.TimeoutError, TimeoutError):
            self.refusal = f"the scheduler did not answer within {CONNECT_SECONDS:g} s"
        except Refused as error:
            self.refusal = _reason(error)
        finally:
            self.ready.set()
            self._arrived.set()
        while self.refusal is None and not self._ending and not self._closed:
            await self._listen()

    async def _listen(self) -> None:
        try:
            await self._watch()
        except Refused as error:
            if not self._ending:
                self.lost = _reason(error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _arrive(self, owners: list[str]) -> None:
        from distributed.core import rpc

        self._scheduler = rpc(self.address, connection_args=self._connection_args)
        await self._scheduler.register_scheduler_plugin(
            plugin=pickle.dumps(PluginParcel(self.run_id, owners, sampling_seconds())),
            name=f"hrlab-{self.run_id}",
            idempotent=True,
        )
        self._heard()
        self._since = len(self.outgoing)

    async def _compare_clocks(self, within_seconds: float) -> list[Reading]:
        readings: list[Reading] = []
        begin = monotonic()
        while len(readings) < CLOCK_READINGS and monotonic() - begin < within_seconds * 1e9:
            before = monotonic()
            remote, epoch = await self._request("clock")
            readings.append(_reading(before, remote, epoch, monotonic()))
        return readings

    def _is_clock_known(self) -> bool:
        """Whether what was read at the start still holds."""
        reading = best(self._readings)
        if reading is None:
            return False
        drift = DRIFT * (monotonic() - reading.at) / 1e9
        return reading.uncertainty_seconds + drift < GOOD_SECONDS

    async def _watch(self) -> None:
        if not self._readings:
            self._readings = await self._compare_clocks(CONNECT_SECONDS)
        report = await self._request(
            "report", since=self._since, wait=REPORT_SECONDS, rows=self.samples.next
        )
        if not self._ended:
            self.report, self.reported_at, self.lost = report, monotonic(), None
            self.samples.take(report["samples"])
        if report["closing"]:
            with contextlib.suppress(*Refused):
                await self._request("report", heard=True)

    async def _end(self) -> None:
        silence = self._patience
        try:
            await asyncio.wait_for(
                self._while_answering(self._finish(), silence), LAST_REPORT_SECONDS
            )
        except (asyncio.TimeoutError, TimeoutError):
            self.lost = self.lost or f"no answer within {LAST_REPORT_SECONDS:g} s"
        except _SilentError:
            self._not_heard(silence)
            self.lost = self.lost or f"it gave no answer for {silence:g} s"
            if not self._arrived.is_set():
                self.refusal = self.refusal or self.lost
        except Refused as error:
            self.lost = self.lost or _reason(error)
        self._ended = True

    async def _while_answering(self, work: Coroutine[Any, Any, None], silence: float) -> None:
        """Wait for `work`, and no longer than `silence` without any sign of life of the scheduler."""
        begun = monotonic()
        working = asyncio.ensure_future(work)
        asking = asyncio.ensure_future(self._ask_whether_alive(silence / ASK_AGAIN_PER_SILENCE))
        try:
            while not working.done():
                left = silence - (monotonic() - max(begun, self._heard_at)) / 1e9
                if left <= 0:
                    raise _SilentError
                await asyncio.wait({working}, timeout=left)
            working.result()
        finally:
            working.cancel()
            asking.cancel()

    async def _ask_whether_alive(self, every_seconds: float) -> None:
        with contextlib.suppress(*Refused):
            await self._arrived.wait()
            while self.refusal is None:
                await asyncio.sleep(every_seconds)
                await self._request("clock")

    async def _finish(self) -> None:
        await self._arrived.wait()
        if self.refusal is None and not self._closed:
            await self._fetch_last()
            self.lost = None

    async def _fetch_last(self) -> None:
        self._ending = True
        if not self._is_clock_known() and self.used:
            self._last_readings = await self._compare_clocks(LAST_CLOCKS_SECONDS)
        before = monotonic()
        report = await self._request(
            "report",
            since=self._since,
            graphs=len(self.outgoing),
            refused=self.outgoing.refused(),
            wait=LAST_GRAPH_SECONDS,
            leave=True,
            rows=self.samples.next,
        )
        self._ended = True
        self.report, self.reported_at = report, monotonic()
        self.samples.take(report["samples"])
        refused = set(self.outgoing.refused())
        self.missing = [number for number in report["missing"] if number not in refused]
        if not self._last_readings:
            reading = _reading(before, report["now"], report["wall"], monotonic())
            self._last_readings = [reading]

    async def close(self) -> None:
        """Give the connection back."""
        if self._scheduler is not None:
            await self._scheduler.close_rpc()

    async def _request(self, what: str, **arguments: Any) -> Any:
        answer = await getattr(self._scheduler, f"hrlab_{what}_{self.run_id}")(**arguments)
        self._heard()
        return answer

    def _heard(self) -> None:
        self._heard_at = monotonic()
        _unheard.pop(self.address, None)

    def _not_heard(self, seconds: float) -> None:
        _unheard[self.address] = max(seconds, _unheard.get(self.address, 0.0))


class _SilentError(Exception):
    """The scheduler gave no sign of life."""


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that runs on this thread, if one does (in a kernel one always does, below the cell)."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _reading(before: int, remote: float, epoch: float, after: int) -> Reading:
    middle = (before + after) // 2
    ahead = epoch - (wall() - (monotonic() - middle) / 1e9)
    return Reading(middle, remote, (after - before) / 2e9, ahead)


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
