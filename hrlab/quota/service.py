"""Quota service: queries all sources concurrently, each with a timeout, and caches their last answers."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from logging import Logger
from typing import TYPE_CHECKING, TypeAlias

from hrlab.model.errors import HrlabError
from hrlab.model.quota import Quota, QuotaReport, Remaining, SourceState, left

if TYPE_CHECKING:
    from hrlab.quota.sources.base import QuotaSource

_Answer: TypeAlias = "asyncio.Task[tuple[Quota, ...]]"

#: Timeout of one query; a source that exceeds it counts as hanging until the next query.
SOURCE_SECONDS = 5.0
#: How long a report waits for sources whose cached answer is stale; later answers trigger `changed`.
REPORT_SECONDS = 0.1
#: How long an admission decision waits for sources.
DECISION_SECONDS = 3.0
#: Delay before a failed source is queried again.
AGAIN_SECONDS = 10.0
_TIMEOUT = "No response within {:g} s."
_PENDING = "Waiting for the first response."


class QuotaService:
    """Current limits and usage, from all sources.

    Parameters
    ----------
    sources
        Creates the sources on first use, in the order in which they are reported.
    log
        Receives one warning when a source starts to fail.
    clock
        UTC epoch seconds.
    source_seconds
        Timeout of one query.
    """

    def __init__(
        self,
        sources: Callable[[], Iterable[QuotaSource]],
        log: Logger,
        clock: Callable[[], float] = time.time,
        source_seconds: float = SOURCE_SECONDS,
    ) -> None:
        self._sources = sources
        self._make = partial(_CachedSource, log=log, clock=clock, seconds=source_seconds)
        self._cached: list[_CachedSource] = []
        #: Called when limits or usage have changed since the last report.
        self.changed: Callable[[], None] = lambda: None
        self._reported: object = None
        self._stopped = False
        self._late: set[_Answer] = set()

    async def report(self, wait_seconds: float = REPORT_SECONDS) -> QuotaReport:
        """Return all quotas, waiting at most `wait_seconds` for stale sources; late ones report cached values."""
        await self._refresh(wait_seconds)
        report = self._known()
        self._reported = _numbers(report)
        return report

    async def binding(self, wait_seconds: float = DECISION_SECONDS) -> Sequence[Quota]:
        """Return the enforced quotas, queried anew; cached values where a source exceeds `wait_seconds`."""
        sources = [source for source in self._all() if source.is_enforced]
        tasks = {source: asyncio.ensure_future(source.request()) for source in sources}
        if tasks:
            _, late = await asyncio.wait(tasks.values(), timeout=wait_seconds)
            self._announce_when_done(late)
        found = [task.result() if task.done() else source.quotas for source, task in tasks.items()]
        return [quota for quotas in found for quota in quotas if quota.enforced]

    def left_now(self, profile: str) -> Remaining:
        """Return what the next cluster of `profile` may use, from cached answers only; thread-safe."""
        return left(self._known().quotas, profile)

    def refresh(self) -> None:
        """Re-query the cheap sources after a cluster change, and announce what that changed."""
        for source in () if self._stopped else self._cached:
            if source.is_cheap and (task := source.start()) is not None:
                self._announce_when_done([task])

    async def stop(self) -> None:
        """Cancel pending queries and close the sources."""
        self._stopped = True
        tasks = {source.task for source in self._cached if source.task is not None} | self._late
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for source in self._cached:
            await source.stop()

    def _all(self) -> Sequence[_CachedSource]:
        if not self._cached:
            self._cached = [self._make(source) for source in self._sources()]
        return self._cached

    async def _refresh(self, wait_seconds: float) -> None:
        pending = [task for source in self._all() if (task := source.start()) is not None]
        # Do not wait twice for a slow source: one that hangs would delay every report.
        tasks = [task for task in pending if task not in self._late]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=wait_seconds)
            self._announce_when_done(late)

    def _announce_when_done(self, tasks: Iterable[_Answer]) -> None:
        for task in tasks:
            if task not in self._late:
                self._late.add(task)
                task.add_done_callback(self._on_late_answer)

    def _on_late_answer(self, task: _Answer) -> None:
        self._late.discard(task)
        if self._reported is None or task.cancelled():
            return
        if _numbers(self._known()) != self._reported:
            self.changed()

    def _known(self) -> QuotaReport:
        return QuotaReport(
            quotas=tuple(quota for source in self._cached for quota in source.quotas),
            sources=tuple(source.state for source in self._cached),
        )


class _CachedSource:
    """A source with its cached answer and its pending query."""

    def __init__(
        self, source: QuotaSource, log: Logger, clock: Callable[[], float], seconds: float
    ) -> None:
        self._source = source
        self._log = log
        self._clock = clock
        self._seconds = seconds
        self._again_at = 0.0
        self.quotas: tuple[Quota, ...] = ()
        self.state = SourceState(source=source.name, as_of_at=None, error=_PENDING)
        self.task: _Answer | None = None

    @property
    def is_cheap(self) -> bool:
        """Whether a query uses only what the server already knows."""
        return self._source.fresh_seconds == 0

    @property
    def is_enforced(self) -> bool:
        """Whether its limits may be enforced by hrlab."""
        return getattr(self._source, "enforced", False)

    async def stop(self) -> None:
        """Close the source's open resources."""
        stop = getattr(self._source, "stop", None)
        if stop is not None:
            await stop()

    def start(self) -> _Answer | None:
        """Start a query unless the cached answer is fresh; return the pending one, or None."""
        if self.task is None or self.task.done():
            if self._clock() < self._again_at:
                return None
            self.task = asyncio.ensure_future(self.request())
        return self.task

    async def request(self) -> tuple[Quota, ...]:
        """Query the source; return its answer, or the cached one if it fails. Never raises."""
        try:
            found = await asyncio.wait_for(self._source.quotas(), self._seconds)
        except asyncio.TimeoutError:
            self._failed(_TIMEOUT.format(self._seconds))
        except HrlabError as error:
            self._failed(error.message)
        except (OSError, ValueError) as error:
            self._failed(f"The query failed: {error}.")
        else:
            self.quotas = tuple(found)
            now, problem = self._clock(), getattr(self._source, "problem", None)
            self.state = SourceState(source=self._source.name, as_of_at=now, error=problem)
            self._again_at = now + self._source.fresh_seconds
        return self.quotas

    def _failed(self, why: str) -> None:
        if why != self.state.error:
            self._log.warning("hrlab: quotas of %s: %s", self._source.name, why)
        self.state = dataclasses.replace(self.state, error=why)
        self._again_at = self._clock() + AGAIN_SECONDS


def _numbers(report: QuotaReport) -> object:
    """Return the parts of a report that matter for change detection: everything but timestamps."""
    quotas = [dataclasses.replace(one, as_of_at=0.0) for one in report.quotas]
    return quotas, [(state.source, state.error) for state in report.sources]
