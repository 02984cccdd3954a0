"""The kernel's way to the store: a store that fails never breaks a run, is mentioned once, and gets the records later."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from hrlab.model.errors import StoreError
from hrlab.model.run import Run

if TYPE_CHECKING:
    from hrlab.store.query import RunQuery
    from hrlab.store.reading import Page
    from hrlab.store.summary import Summary

#: A store that let us wait this long is left alone for a while, so that not every cell waits for it.
SLOW_SECONDS = 0.5
PAUSE_SECONDS = 10.0


class Store(Protocol):
    """What a journal asks of a store. Each may raise `StoreError`."""

    def start(self, run: Run) -> None:
        """A run has started."""

    def beat(self, run_id: str, elapsed_seconds: float) -> None:
        """It goes on."""

    def finish(self, run: Run) -> None:
        """It has ended: keep its facts."""

    def usual_seconds(self, code_sha256: str) -> float | None:
        """Wall time of the last good run of the same code."""

    def latest(self) -> Run | None:
        """The run that started last."""

    def page(self, query: RunQuery) -> Page:
        """Runs by the query, newest first."""

    def close(self) -> None:
        """Give the file back."""


class Journal:
    """Keeps runs in a store that may come and go.

    Parameters
    ----------
    open_store
        Opens the store; may raise `StoreError`, and is tried again at the next need.
    tell
        Called with a sentence for the user when the store can't be used: once, until it has worked again.
    monotonic
        Seconds of a clock that never goes back.
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        tell: Callable[[str], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_store = open_store
        self._tell = tell
        self._monotonic = monotonic
        self._store: Store | None = None
        self._refusal: str | None = None  # why the store can't be used; None while it can
        self._paused_until = float("-inf")
        self._unsaved: list[Run] = []

    def start(self, run: Run) -> None:
        """A run has started; if the process dies, this is what is left of it."""
        self._try(lambda store: store.start(run))

    def beat(self, run_id: str, elapsed_seconds: float) -> None:
        """The run goes on: a sign of life."""
        if self._store is not None:
            self._try(lambda store: store.beat(run_id, elapsed_seconds))

    def finish(self, run: Run) -> str | None:
        """Keep the run, and those that could not be kept before; the reason if it can't be kept now."""
        self._unsaved.append(run)
        return self._try(self._save_all)

    def usual_seconds(self, code_sha256: str) -> float | None:
        """How long the same code took last time, if that is known."""
        if self._refusal is not None:  # `begin` has just failed: not worth another wait
            return None
        found: list[float | None] = []
        self._try(lambda store: found.append(store.usual_seconds(code_sha256)))
        return found[0] if found else None

    def recent(self, limit: int) -> tuple[Summary, ...]:
        """The newest runs.

        Raises
        ------
        StoreError
            If the store can't be read.
        """
        from hrlab.store.query import RunQuery

        return tuple(self._opened().page(RunQuery(limit=limit)).runs)

    def latest(self) -> Run | None:
        """The run that started last, of any process.

        Raises
        ------
        StoreError
            If the store can't be read.
        """
        return self._opened().latest()

    def close(self) -> None:
        """Give the store back, after a last attempt to keep what could not be kept."""
        if self._unsaved:
            self._paused_until = float("-inf")
            self._try(self._save_all)
        if self._store is not None:
            self._store.close()
            self._store = None

    def reset_after_fork(self) -> None:
        """In a forked child: what is not saved is the parent's to save."""
        self._unsaved = []

    def _save_all(self, store: Store) -> None:
        while self._unsaved:
            store.finish(self._unsaved[0])
            del self._unsaved[0]

    def _opened(self) -> Store:
        if self._store is None:
            self._store = self._open_store()
        return self._store

    def _try(self, action: Callable[[Store], None]) -> str | None:
        began = self._monotonic()
        if began < self._paused_until:
            return self._refusal
        try:
            action(self._opened())
        except StoreError as error:
            now = self._monotonic()
            if now - began > SLOW_SECONDS:
                self._paused_until = now + PAUSE_SECONDS
            self._refuse(error.message)
            return error.message
        self._refusal = None
        return None

    def _refuse(self, reason: str) -> None:
        first = self._refusal is None
        self._refusal = reason
        if first:
            self._tell(
                f"{reason} Timing continues; records are displayed, and will be stored once the store works again."
            )
