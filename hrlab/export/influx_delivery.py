"""Delivers every ended run to a time series database, retrying while it is unavailable."""

from __future__ import annotations

import asyncio
import random
import time
import zlib
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from logging import Logger
from pathlib import Path
from typing import Any, Protocol, TypeAlias, TypeVar

from hrlab.export import line_protocol
from hrlab.export.delivery_cursor import Position, Refusal, load, position_path, save
from hrlab.export.influx_target import Target, format_answer, outcome_of
from hrlab.model.errors import InvalidRecordError, StoreError
from hrlab.model.redaction import Secret, redacted
from hrlab.model.run import Run
from hrlab.shared.http_post import PostAnswer, PostRequest
from hrlab.store.sqlite import RunStore

T = TypeVar("T")

#: Maximum number of runs, and approximate maximum size, of one request.
MOST_RUNS = 50
MOST_BYTES = 1_000_000
#: Shortest and longest time in seconds between attempts while the server is unavailable.
SHORTEST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1.0, 60.0
#: Errors from records that are damaged or were stored before limits existed.
_UNUSABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
    zlib.error,
)


class Ask(Protocol):
    """Queries the store in a thread."""

    def __call__(self, question: Callable[[RunStore], T]) -> Awaitable[T]:
        """Return the result; raises :class:`StoreError` if the store is unavailable."""


Post: TypeAlias = Callable[[PostRequest], Awaitable[PostAnswer]]


@dataclass(frozen=True, slots=True)
class _Item:
    """A queued run with its lines; no lines if nothing is to be sent."""

    run_id: str
    seq: int
    text: str
    broken: str | None = None
    name: str = ""


class Delivery:
    """Delivery of one store's runs.

    Parameters
    ----------
    target
        Destination.
    store
        Path of the store; the position is saved beside it.
    ask
        Queries the store in a thread.
    post
        Sends a request; never raises.
    secrets
        Removed from the runs.
    interval_seconds
        Polling interval of the store.
    log
        Logs when the server becomes unavailable or available, and every rejection.

    Attributes
    ----------
    changed
        Called when the server becomes unavailable, an attempt fails, it recovers, or it rejects a run.
    """

    def __init__(
        self,
        target: Target,
        store: Path,
        *,
        ask: Ask,
        post: Post,
        secrets: Collection[Secret],
        interval_seconds: float,
        log: Logger,
    ) -> None:
        self._target = target
        self._path = position_path(store)
        self._ask = ask
        self._post = post
        self._secrets = tuple(secrets)
        self._interval_seconds = interval_seconds
        self._log = log
        self._position: Position | None = None
        self._error: str | None = None
        self._away_since_at: float | None = None
        self._next_try_at: float | None = None
        self.changed: Callable[[], None] = lambda: None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start the delivery; needs a running event loop."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work())

    def stop(self) -> None:
        """Stop the delivery. Interrupted requests are repeated next time, which changes nothing."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    @property
    def position(self) -> Position | None:
        """The current position; None before the start."""
        return self._position

    async def state(self) -> dict[str, Any]:
        """Return the status: target, counts of waiting, delivered and rejected runs, and the current problem."""
        position = self._position
        after = position.seq if position else None
        waiting = 0 if after is None else await self._ask(lambda store: store.waiting(after))
        return {
            "target": self._target.name,
            "waiting": waiting,
            "delivered": position.delivered if position else 0,
            "refused": position.refused if position else 0,
            "refusals": [
                {"run": one.run_id, "name": one.name, "at": one.at, "message": one.message}
                for one in reversed(position.refusals if position else ())
            ],
            "error": self._error,
            "away_since_at": self._away_since_at,
            "next_try_at": self._next_try_at,
        }

    async def step(self) -> bool:
        """Deliver pending runs; return whether more may be pending. False also if the server is unavailable."""
        position = await self._located()
        items = await self._ask(lambda store: self._next(store, position.seq))
        if not items:
            return False
        return await self._deliver(items)

    async def _work(self) -> None:
        wait = SHORTEST_WAIT_SECONDS
        while True:
            try:
                more = await self.step()
            except (StoreError, OSError) as error:
                self._trouble(f"hrlab's own files: {error}")
                more = False
            if self._error is None:
                wait = SHORTEST_WAIT_SECONDS
                await asyncio.sleep(0 if more else self._interval_seconds)
            else:
                # Jitter: the servers of many users must not retry simultaneously.
                pause = wait * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
                self._next_try_at = time.time() + pause
                self.changed()
                await asyncio.sleep(pause)
                wait = min(2 * wait, LONGEST_WAIT_SECONDS)

    async def _located(self) -> Position:
        """Return the position; for a new one the end of the store: earlier runs are not delivered."""
        found, last = await self._ask(lambda store: (load(self._path), store.seq()))
        if found is None:
            found = Position(last)
            await self._save(found)
        elif found.seq > last:  # numbering restarts if the store was replaced
            found = Position(0, found.delivered, found.refused, found.refusals)
        self._position = found
        return found

    def _next(self, store: RunStore, after: int) -> list[_Item]:
        items: list[_Item] = []
        size = 0
        for run_id, seq in store.queue(after, MOST_RUNS):
            item = self._item(store, run_id, seq)
            if items and size + len(item.text) > MOST_BYTES:
                break
            items.append(item)
            size += len(item.text)
        return items

    def _item(self, store: RunStore, run_id: str, seq: int) -> _Item:
        name = ""
        try:
            record = store.get(run_id)
            if record is None or record.get("status") == "running":
                return _Item(run_id, seq, "")
            name = str(record.get("name", ""))
            run = Run.from_dict(redacted(record, self._secrets))
            text = "".join(f"{x}\n" for x in line_protocol.lines(run, self._target.tags))
        except InvalidRecordError as error:
            return _Item(run_id, seq, "", broken=error.message, name=name)
        except _UNUSABLE as error:
            # Stored before limits existed, or damaged: it must not block the following runs.
            why = f"The record cannot be written for a database: {str(error) or type(error).__name__}."
            return _Item(run_id, seq, "", broken=why, name=name)
        return _Item(run_id, seq, text, name=name)

    async def _deliver(self, items: Sequence[_Item]) -> bool:
        """Send `items` together; if the server rejects some, send each separately, in order."""
        answer = await self._send(items)
        outcome = outcome_of(answer.status) if answer.status else "later"
        if outcome == "written":
            self._recovered()
            await self._passed(items)
            return True
        if outcome == "later":
            self._trouble(
                format_answer(answer.status, answer.text) if answer.status else answer.text
            )
            return False
        if len(items) == 1:
            self._recovered()
            await self._refused(items[0], format_answer(answer.status, answer.text))
            return True
        half = len(items) // 2
        return await self._deliver(items[:half]) and await self._deliver(items[half:])

    async def _send(self, items: Sequence[_Item]) -> PostAnswer:
        text = "".join(item.text for item in items)
        if not text:
            return PostAnswer(204, "")
        return await self._post(await asyncio.to_thread(self._target.request, text))

    async def _passed(self, items: Sequence[_Item]) -> None:
        for item in items:
            if item.broken is not None:
                await self._refused(item, item.broken)
        assert self._position is not None
        count = sum(bool(item.text) for item in items)
        await self._save(self._position.passed(items[-1].seq, count))

    async def _refused(self, item: _Item, why: str) -> None:
        self._log.warning("hrlab: %s rejected run %s: %s", self._target.name, item.run_id, why)
        assert self._position is not None
        refusal = Refusal(item.run_id, time.time(), why, item.name)
        await self._save(self._position.without(item.seq, refusal))
        self.changed()

    async def _save(self, position: Position) -> None:
        await asyncio.to_thread(save, self._path, position)
        self._position = position

    def _trouble(self, why: str) -> None:
        if why != self._error:
            self._log.warning(
                "hrlab: delivery of runs paused, %s is unavailable: %s", self._target.name, why
            )
        if self._error is None:
            self._away_since_at = time.time()
        self._error = why

    def _recovered(self) -> None:
        if self._error is not None:
            self._log.info(
                "hrlab: delivery of runs resumed, %s is available again", self._target.name
            )
            self._error = self._away_since_at = self._next_try_at = None
            self.changed()
