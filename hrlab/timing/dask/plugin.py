"""The scheduler plugin: tells the tally of one run what happens on one scheduler, in constant time per transition.

It travels as source text with `tally.py` and `sampler.py` (see `parcel.py`), so the scheduler needs no hrlab and may
run another Python: this file imports nothing but the standard library, distributed and its dask, keeps to Python 3.9, and
must work from distributed 2023.11.0 on.
"""
# ruff: noqa: ARG002 - the signatures are those by which distributed calls

from __future__ import annotations

import asyncio
import contextlib
import math
import sys
from collections import deque
from typing import TYPE_CHECKING, Any

import dask
import distributed
from distributed.diagnostics.plugin import SchedulerPlugin
from distributed.metrics import time as wall_time

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from hrlab.timing.dask.sampler import Sampler
    from hrlab.timing.dask.task_counter import Numbers, TaskCounter

TAG = "hrlab_run"  # the annotation: "<run id>:<number of the graph>"
NESTED = "nested"  # in place of the number, for tasks that were submitted by a task
DONE = frozenset({"memory", "erred", "forgotten"})
UNDER_WAY = frozenset({"waiting", "no-worker", "queued", "processing"})
EXPIRES_AFTER = 600.0  # seconds without a question: the kernel is gone
LINGERS = 0.2  # seconds for which the handlers outlast the plugin
LATELY = 64  # finished tasks that are remembered
LAST_ANSWER_SECONDS = 0.5  # for the answer to leave a scheduler that closes
CLUSTER = ("id", "name", "profile")
UNASKED = (
    "handle-worker-cleanup",
    "check-worker-ttl",
)  # how Dask names why a worker went that nobody sent away


class RunPlugin(SchedulerPlugin):  # type: ignore[misc] # distributed has no types that hold for both versions
    """Watches the tasks of run `run_id`, which the clients `owners` submit, and has `tally` count them.

    Reports are asked for by the handlers `hrlab_report_<run id>` and `hrlab_clock_<run id>`.
    """

    def __init__(
        self,
        run_id: str,
        owners: Iterable[str],
        tally: TaskCounter,
        numbers: Numbers,
        sampler: Sampler,
    ) -> None:
        self.name = f"hrlab-{run_id}"
        self.run_id = run_id
        self.owners = set(owners)
        self.tally = tally
        self.numbers = numbers  # of the graphs that were seen
        self.sampler = sampler
        self.inferred = 0
        self.shared = False
        self.closing = False
        self.left = False
        # What this turn of the event loop brought, looked at when all its transitions are through.
        self.arriving: list[tuple[float, Any, int | None, str | None]] = []
        self.released: set[Hashable] = set()
        self.retried: set[Hashable] = set()
        self.went: set[Hashable] = set()  # got under way while graphs arrived
        self.settling = False
        # Unfinished tasks that were here before the run, and when there were no longer enough of them for all threads.
        self.left_over: set[Hashable] = set()
        self.occupied_until: float | None = None
        # Tasks that finished last: what they submitted may arrive after their end.
        self.lately: deque[Hashable] = deque(maxlen=LATELY)

    # -- life ------------------------------------------------------------------------------------------------------

    async def start(self, scheduler: Any) -> None:
        """Take up the work; the scheduler adds the plugin right after."""
        self.scheduler = scheduler
        self.loop = asyncio.get_running_loop()
        self.changed = asyncio.Event()
        self.heard = asyncio.Event()
        self.asking = 0
        self.asked_at = self.loop.time()
        self.fresh = self.fresh_workers()
        self.cold = not scheduler.task_prefixes
        self.last_tag = self.tag_of_last_graph()
        self.cluster = cluster_of(scheduler)
        self.count_workers()
        self.adopt_early_tasks()
        self.find_left_over()
        self.shared = self.others_at_work()
        scheduler.handlers[f"hrlab_report_{self.run_id}"] = self.report
        scheduler.handlers[f"hrlab_clock_{self.run_id}"] = self.clock
        self.expiry = self.loop.call_later(EXPIRES_AFTER, self.expire)
        self.sampler.start(scheduler, self.loop)

    def fresh_workers(self) -> set[str]:
        """Workers that have come, or come again, since a task was last executed: they import and compile first."""
        last = next(
            (
                entry[-1]
                for entry in reversed(self.scheduler.transition_log)
                if _is_execution(entry)
            ),
            -math.inf,
        )
        came: dict[str, float] = {}
        for at, event in self.scheduler.get_events("all"):
            if isinstance(event, dict) and event.get("action") == "add-worker":
                came[event.get("worker", "")] = at
        # When a worker came is forgotten in time: then it has long been there.
        return {worker for worker in self.scheduler.workers if came.get(worker, -math.inf) > last}

    def leave(self) -> None:
        """Leave; the handlers a moment later, for questions that are on their way."""
        self.left = True
        self.changed.set()
        self.sampler.stop()
        self.expiry.cancel()
        self.loop.call_later(LINGERS, self.take_handlers_away)
        if self.name in self.scheduler.plugins:
            self.scheduler.remove_plugin(self.name)

    def take_handlers_away(self) -> None:
        """Nothing is left behind."""
        self.scheduler.handlers.pop(f"hrlab_report_{self.run_id}", None)
        self.scheduler.handlers.pop(f"hrlab_clock_{self.run_id}", None)

    def expire(self) -> None:
        """Leave, if nobody has asked for long; else look again later."""
        silent = self.loop.time() - self.asked_at
        if silent >= EXPIRES_AFTER and not self.asking:
            self.leave()
        else:
            wait = EXPIRES_AFTER - min(silent, EXPIRES_AFTER - 1)
            self.expiry = self.loop.call_later(wait, self.expire)

    async def before_close(self) -> None:
        """The scheduler ends: answer who is asking, and give the answer a moment to leave."""
        self.closing = True
        self.sampler.stop()
        self.changed.set()
        if self.asking:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.heard.wait(), LAST_ANSWER_SECONDS)
        self.expiry.cancel()

    def is_mine(self, tag: object) -> bool:
        """Whether an annotation says that a task or graph is the run's."""
        return isinstance(tag, str) and tag.startswith(self.run_id)

    def tag_on(self, ts: Any) -> Any:
        """The annotation of a task."""
        return (ts.annotations or {}).get(TAG)

    def tag_of_last_graph(self) -> Any:
        """Where the scheduler notes the annotations of a graph, also of one that brings no new task."""
        computations = self.scheduler.computations
        return computations[-1].annotations.get(TAG) if computations else None

    def adopt_early_tasks(self) -> None:
        """Graphs of the run that were here before the plugin."""
        for ts in self.scheduler.tasks.values():
            if ts.state not in DONE and self.is_mine(tag := self.tag_on(ts)):
                self.take((ts.key,), self.tally.clock(), self.numbers.told_by(tag), None)

    def find_left_over(self) -> None:
        """Tasks that occupy the workers and are not the run's, if they are enough for all threads."""
        found = {
            ts.key
            for ts in self.scheduler.tasks.values()
            if ts.state in UNDER_WAY and not self.is_mine(self.tag_on(ts))
        }
        if self.occupied_by(len(found)):
            self.left_over = found

    def occupied_by(self, tasks: int) -> bool:
        """Whether that many tasks are enough for all threads, of which there are some."""
        return tasks >= max(1, self.tally.history[-1][2])

    def one_is_over(self, key: Hashable) -> None:
        """A task that was here before the run may have ended."""
        self.left_over.discard(key)
        if not self.occupied_by(len(self.left_over)):
            self.left_over.clear()
            self.occupied_until = self.tally.clock()

    def others_at_work(self) -> bool:
        """Whether another client's tasks are under way."""
        return any(
            client.client_key not in self.owners
            and any(ts.state in UNDER_WAY for ts in client.wants_what)
            for client in self.scheduler.clients.values()
        )

    def update_graph(
        self,
        scheduler: Any,
        *,
        client: str | None = None,
        tasks: Iterable[Hashable] = (),
        keys: Iterable[Hashable] = (),
        **kwargs: Any,
    ) -> None:
        """A graph arrived; its tasks exist, and get under way before this turn of the event loop ends."""
        tag = self.tag_of_last_graph()
        if tag == self.last_tag:
            tag = None  # an earlier graph's: each has a number of its own
        else:
            self.last_tag = tag
        if self.is_mine(tag):
            if client is not None:
                self.owners.add(client)
            number = self.numbers.told_by(tag)
            if number is not None:
                self.numbers.add(number)
            self.arrive(tasks or keys, number, client)
        elif tag is not None:  # another run's: of another notebook, or an earlier one
            self.shared = self.shared or client not in self.owners
        elif (client or "").startswith("Client-worker"):
            if self.submitted_by_my_task(client, sys._getframe(1)):  # noqa: SLF001 - see there
                self.arrive(tasks or keys, None, client)
                self.adopt(tasks or keys)
            else:
                self.shared = True
        elif client not in self.owners:
            self.shared = True
        self.changed.set()

    def submitted_by_my_task(self, client: str | None, caller: Any) -> bool:
        """Whether a graph from inside a worker comes from a task of this run.

        The scheduler knows which task submits, but tells plugins only through the frame that calls them. Where it does
        not know either (a coroutine submits), guess: a worker on the same host executes a task of the run.
        """
        key = caller.f_locals.get("submitting_task")
        if key is not None:
            ts = self.scheduler.tasks.get(key)
            if key in self.tally.keys or key in self.lately:
                return True
            return ts is not None and self.is_mine(self.tag_on(ts))
        comm = getattr(self.scheduler.client_comms.get(client), "comm", None)
        peer = getattr(comm, "peer_address", None) or ""
        executing = [
            ts.key in self.tally.keys
            for ws in self.scheduler.workers.values()
            if ws.host in peer or "://" not in peer or peer.startswith("inproc")
            for ts in ws.processing
        ]
        self.inferred += any(executing)
        return any(executing)

    def adopt(self, keys: Iterable[Hashable]) -> None:
        """Tag tasks that a task of the run submitted, for when they run again or submit some themselves."""
        for key in keys:
            ts = self.scheduler.tasks.get(key)
            if ts is not None and self.tag_on(ts) is None:
                ts.annotations = {**(ts.annotations or {}), TAG: f"{self.run_id}:{NESTED}"}

    def arrive(self, keys: Iterable[Hashable], number: int | None, client: str | None) -> None:
        """Tasks of the run exist; which of them get under way is known when the scheduler has gone through them."""
        self.arriving.append((self.tally.clock(), keys, number, client))
        self.settle_soon()

    def take(
        self, keys: Iterable[Hashable], at: float, number: int | None, client: str | None
    ) -> None:
        """Count tasks that are under way, and those that were and are not any more."""
        known, sent = self.scheduler.tasks, self.tally.keys
        states = {key: ts.state for key in keys if (ts := known.get(key)) is not None}
        under_way = [key for key, state in states.items() if state in UNDER_WAY]
        over = [key for key in keys if key in self.went and states.get(key) not in UNDER_WAY]
        self.tally.add([*under_way, *over], at, number, client)
        for key in under_way:
            if states[key] == "processing" and sent.get(key) is None:
                self.tally.sent(key)
        for key in over:
            self.tally.drop(key)

    def settle_soon(self) -> None:
        """Look at the tasks of this turn of the event loop at its end."""
        if not self.settling:
            self.settling = True
            self.loop.call_soon(self.resolve)

    def resolve(self) -> None:
        """Tasks that came with a graph but stay released are needed by nobody, and so are those that fell back to it."""
        self.settling = False
        known = self.scheduler.tasks
        arriving, self.arriving = self.arriving, []
        for at, keys, number, client in arriving:
            self.take(keys, at, number, client)
        went, self.went = self.went, set()
        for key in went:
            if key not in self.tally.keys:
                self.maybe_again(key)
        for key in self.released:
            if (ts := known.get(key)) is None or ts.state not in UNDER_WAY:
                self.tally.drop(key)
        self.released.clear()
        self.retried.clear()

    def transition(self, key: Hashable, start: str, finish: str, *args: Any, **kwargs: Any) -> None:
        """A task changed its state."""
        if self.left_over and finish not in UNDER_WAY:
            self.one_is_over(key)
        if key not in self.tally.keys:
            if finish == "waiting":
                self.maybe_again(key)
            elif start == "erred" and finish == "released":
                self.retried.add(key)
                self.settle_soon()
        elif finish == "processing":
            self.tally.sent(key)
        elif finish in DONE:
            if start == "processing" and finish != "forgotten":
                self.lately.append(key)
                self.count(key, finish == "erred", kwargs)
            self.tally.drop(key)
        elif finish == "released":
            if start == "processing":
                self.tally.attempt_lost()
            self.released.add(key)
            self.settle_soon()

    def maybe_again(self, key: Hashable) -> None:
        """A finished task runs again: the worker that held its result was lost, or the user retries it."""
        if self.arriving:
            self.went.add(key)  # or it is new: known when the graph has settled
            return
        ts = self.scheduler.tasks.get(key)
        if ts is None:
            return
        mine = self.is_mine(self.tag_on(ts))
        if mine or key in self.retried:
            wanted = any(client.client_key in self.owners for client in ts.who_wants or ())
            if mine or wanted:
                self.tally.add([key], self.tally.clock(), again=mine)

    def count(self, key: Hashable, failed: bool, message: dict[str, Any]) -> None:  # noqa: FBT001 - hot, by position
        """A worker told that it executed a task of the run."""
        ts = self.scheduler.tasks.get(key)
        name = str(ts.prefix.name) if ts is not None and ts.prefix is not None else "?"
        heard = self.tally.clock()
        worker = message.get("worker")
        self.cold = self.cold or worker in self.fresh
        self.tally.count(
            key,
            name,
            failed,
            message.get("nbytes") or 0,
            message.get("startstops") or (),
            heard,
            wall_time() - heard,
            worker,
        )

    def restart(self, scheduler: Any) -> None:
        """The scheduler forgot all tasks."""
        self.resolve()
        for key in list(self.tally.keys):
            self.tally.drop(key)
        for key in list(self.left_over):
            self.one_is_over(key)

    def add_worker(self, scheduler: Any, worker: str, **kwargs: Any) -> None:
        """A worker came."""
        self.fresh.add(worker)
        self.count_workers()

    def remove_worker(self, scheduler: Any, worker: str, **kwargs: Any) -> None:
        """A worker went."""
        self.sampler.worker_went(worker, str(kwargs.get("stimulus_id")))
        self.count_workers()

    def count_workers(self) -> None:
        """Note how many there are."""
        workers = self.scheduler.workers
        memory = sum(ws.memory_limit or 0 for ws in workers.values())
        seats = {address: (ws.nthreads, ws.host) for address, ws in workers.items()}
        self.tally.workers(seats, memory)

    async def clock(self) -> list[float]:
        """What the scheduler's clocks read: the monotonic one, and epoch seconds."""
        return [self.tally.clock(), wall_time()]

    async def report(
        self,
        since: int = 0,
        graphs: int | None = None,
        refused: Iterable[int] = (),
        wait: float = 0.0,
        leave: bool = False,  # noqa: FBT001, FBT002 - by name
        heard: bool = False,  # noqa: FBT001, FBT002
        rows: int = 0,
    ) -> dict[str, Any]:
        """What is known: once all `graphs` that left were seen, or after `wait` seconds, or when the scheduler ends.

        Graphs before `since` left before they were counted, the `refused` ones will not be seen. `heard` says that the
        last answer has arrived. Samples are told from number `rows` on.
        """
        self.asked_at = self.loop.time()
        if heard:
            self.heard.set()
            return {}
        self.numbers.forgive(since)
        self.asking += 1
        try:
            await self.until(graphs, refused, wait)
        finally:
            self.asking -= 1
        answer = self.snapshot(rows, last=leave)
        answer["missing"] = self.numbers.missing(graphs or 0, refused)
        if leave:
            self.leave()
        return answer

    async def until(self, graphs: int | None, refused: Iterable[int], wait: float) -> None:
        """Wait until all `graphs` were seen, at most `wait` seconds; without a number of them, wait to the end."""
        deadline = self.loop.time() + wait
        while not (self.closing or self.left) and (
            graphs is None or self.numbers.missing(graphs, refused)
        ):
            left = deadline - self.loop.time()
            if left <= 0:
                return
            self.changed.clear()
            try:
                await asyncio.wait_for(self.changed.wait(), left)
            except asyncio.TimeoutError:
                return

    def snapshot(self, rows: int = 0, last: bool = True) -> dict[str, Any]:  # noqa: FBT001, FBT002
        """All that is known now, with samples from number `rows` on; the `last` time with one of now."""
        self.resolve()
        if last:
            self.sampler.last_word()
        return {
            **self.tally.snapshot(self.sampler.executing_since(self.tally.keys)),
            "wall": wall_time(),
            "version": distributed.__version__,
            "cluster": self.cluster,
            "closing": self.closing,
            "inferred": self.inferred,
            "shared": self.shared,
            "cold": self.cold,
            "occupied_until": self.tally.clock() if self.left_over else self.occupied_until,
            "samples": self.sampler.since(rows),
        }


def cluster_of(scheduler: Any) -> dict[str, str] | None:
    """Id, name and profile of hrlab's cluster that the scheduler belongs to, if it was told; see `identity.py`."""
    told = getattr(scheduler, "hrlab_cluster", None) or dask.config.get("hrlab.cluster", None)
    if not isinstance(told, dict):
        return None
    return {key: told[key] for key in CLUSTER if isinstance(told.get(key), str)}


def _is_execution(entry: Any) -> bool:
    """Whether an entry of the scheduler's log of transitions says that a task was executed."""
    return entry[1] == "processing" and entry[2] in ("memory", "erred")
