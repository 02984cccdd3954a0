"""Quotas: all sources asked side by side, each with a time limit, and what they said last kept with its age."""

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

#: How long a source may take; then it counts as hanging, until it is asked again.
SOURCE_SECONDS = 5.0
#: How long a report waits for sources whose last answer is old; later answers are announced.
REPORT_SECONDS = 0.1
#: How long a decision waits for them.
DECISION_SECONDS = 3.0
#: A source that failed is asked again after so long.
AGAIN_SECONDS = 10.0
_HANGS = "It did not answer within {:g} s. What it said before is shown with its age."
_ASKED = "It is being asked for the first time."


class QuotaService:
    """What is known of limits.

    Parameters
    ----------
    sources
        Gives them when somebody first asks, in the order in which they are reported.
    log
        Is told of a source that fails, once until it works again.
    clock
        UTC epoch seconds.
    """

    def __init__(
        self,
        sources: Callable[[], Iterable[QuotaSource]],
        log: Logger,
        clock: Callable[[], float] = time.time,
        source_seconds: float = SOURCE_SECONDS,
    ) -> None:
        self._sources = sources
        self._make = partial(_Asked, log=log, clock=clock, seconds=source_seconds)
        self._asked: list[_Asked] = []
        #: Is told when limits or their use have changed since the last report.
        self.changed: Callable[[], None] = lambda: None
        self._reported: object = None
        self._stopped = False
        self._late: set[_Answer] = set()

    async def report(self, wait_seconds: float = REPORT_SECONDS) -> QuotaReport:
        """All quotas; waits a moment for sources that are asked anew, and then tells what they said before."""
        await self._refresh(wait_seconds)
        report = self._known()
        self._reported = _numbers(report)
        return report

    async def binding(self, wait_seconds: float = DECISION_SECONDS) -> Sequence[Quota]:
        """Those that hrlab enforces, found anew; of a source that takes too long, what it said before."""
        asked = [one for one in self._all() if one.is_enforced]
        tasks = {one: asyncio.ensure_future(one.request()) for one in asked}
        if tasks:
            _, late = await asyncio.wait(tasks.values(), timeout=wait_seconds)
            self._tell_later(late)
        found = [task.result() if task.done() else one.quotas for one, task in tasks.items()]
        return [quota for quotas in found for quota in quotas if quota.enforced]

    def left_now(self, profile: str) -> Remaining:
        """What the next cluster of a profile may take, by what is known: nobody is asked; safe in any thread."""
        return left(self._known().quotas, profile)

    def refresh(self) -> None:
        """Clusters have changed: find out what that means for limits, and tell."""
        for asked in () if self._stopped else self._asked:
            if asked.is_cheap and (task := asked.start()) is not None:
                self._tell_later([task])

    async def stop(self) -> None:
        """Ask nobody any more."""
        self._stopped = True
        tasks = {asked.task for asked in self._asked if asked.task is not None} | self._late
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for asked in self._asked:
            await asked.stop()

    def _all(self) -> Sequence[_Asked]:
        if not self._asked:
            self._asked = [self._make(source) for source in self._sources()]
        return self._asked

    async def _refresh(self, wait_seconds: float) -> None:
        asked = [task for one in self._all() if (task := one.start()) is not None]
        # Who was late once is not waited for again: one that hangs would hold up every report.
        tasks = [task for task in asked if task not in self._late]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=wait_seconds)
            self._tell_later(late)

    def _tell_later(self, tasks: Iterable[_Answer]) -> None:
        for task in tasks:
            if task not in self._late:
                self._late.add(task)
                task.add_done_callback(self._came_late)

    def _came_late(self, task: _Answer) -> None:
        self._late.discard(task)
        if self._reported is None or task.cancelled():
            return
        if _numbers(self._known()) != self._reported:
            self.changed()

    def _known(self) -> QuotaReport:
        return QuotaReport(
            quotas=tuple(one for asked in self._asked for one in asked.quotas),
            sources=tuple(asked.state for asked in self._asked),
        )


class _Asked:
    """A source, what it said last, and whether it is being asked."""

    def __init__(
        self, source: QuotaSource, log: Logger, clock: Callable[[], float], seconds: float
    ) -> None:
        self._source = source
        self._log = log
        self._clock = clock
        self._seconds = seconds
        self._again_at = 0.0
        self.quotas: tuple[Quota, ...] = ()
        self.state = SourceState(source=source.name, as_of_at=None, error=_ASKED)
        self.task: _Answer | None = None

    @property
    def is_cheap(self) -> bool:
        """Whether it only looks at what the server knows anyway."""
        return self._source.fresh_seconds == 0

    @property
    def is_enforced(self) -> bool:
        """Whether it may set limits that hrlab enforces."""
        return getattr(self._source, "enforced", False)

    async def stop(self) -> None:
        """Close what the source has open."""
        stop = getattr(self._source, "stop", None)
        if stop is not None:
            await stop()

    def start(self) -> _Answer | None:
        """Ask it, unless its last answer is still fresh; None if nobody has to wait."""
        if self.task is None or self.task.done():
            if self._clock() < self._again_at:
                return None
            self.task = asyncio.ensure_future(self.request())
        return self.task

    async def request(self) -> tuple[Quota, ...]:
        """What it says now, or said before if it fails; never raises."""
        try:
            found = await asyncio.wait_for(self._source.quotas(), self._seconds)
        except asyncio.TimeoutError:
            self._failed(_HANGS.format(self._seconds))
        except HrlabError as error:
            self._failed(error.message)
        except (OSError, ValueError) as error:
            self._failed(f"It failed: {error}.")
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
    """What matters of a report: everything but when it was found."""
    quotas = [dataclasses.replace(one, as_of_at=0.0) for one in report.quotas]
    return quotas, [(state.source, state.error) for state in report.sources]
