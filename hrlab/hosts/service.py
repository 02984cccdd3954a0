"""What the hosts of a run did meanwhile, as the site's own database knows it.

Asked when somebody looks at the run, never while it is on, and in a bounded time: the database is the site's, may be away
or slow, and no other part of a run waits for it.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from hrlab.hosts.config import HostChart, HostSource
from hrlab.hosts.queries import (
    UnansweredError,
    filled,
    lines_of,
    request_of,
    variables,
)
from hrlab.hosts.window import (
    HostLine,
    Stretch,
    Window,
    hosts_of,
    is_address,
    on_axis,
    stretches,
    window_of,
)
from hrlab.model.errors import BackendError
from hrlab.model.run import Run
from hrlab.model.units import format_duration
from hrlab.shared.hostnames import is_loopback
from hrlab.shared.http_post import PostAnswer, PostRequest

#: Sends requests, all at once, and gives up after that many seconds; one that is not answered has status 0.
Post: TypeAlias = Callable[[list[PostRequest], float], Awaitable[list[PostAnswer]]]
#: Names of addresses, as far as they are known soon.
Names: TypeAlias = Callable[[Sequence[str]], Awaitable[Mapping[str, str]]]
InThread: TypeAlias = Callable[[Callable[[], dict[str, Any]]], Awaitable[dict[str, Any]]]

#: Reloading a page does not ask again; values that reach the database late are seen soon.
KEPT_SECONDS = 60.0
KEPT_RUNS = 32
#: More lines than colours can't be told apart.
MAX_LINES = 6
_MAX_NAMED = 8

NOTHING: dict[str, Any] = {"source": None, "note": "", "charts": []}


@dataclass(frozen=True, slots=True)
class _Question:
    chart: HostChart
    line: str
    request: PostRequest


class HostMetrics:
    """Charts of the hosts of a run.

    Parameters
    ----------
    source
        The site's database.
    post
        How it is asked.
    names
        Tells hosts' names: workers have addresses, and most databases know names.
    clock
        Monotonic seconds, for how long an answer is kept.
    """

    def __init__(
        self,
        source: HostSource,
        post: Post,
        names: Names,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._source = source
        self._post = post
        self._names = names
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, dict[str, Any]]] = OrderedDict()

    async def of(self, run: Run, in_thread: InThread) -> dict[str, Any]:
        """Return the charts as JSON: ``{source, note, charts: [{title, spec, table}]}``.

        Raises
        ------
        BackendError
            If the database does not answer in time, or refuses all that it is asked.
        """
        if run.status == "running" or run.source.kind == "import":
            return NOTHING  # when it ran is not known (yet)
        kept = self._kept.get(run.id)
        if kept is not None and self._clock() - kept[0] < KEPT_SECONDS:
            return kept[1]
        parts = stretches(run)
        window = window_of(parts, self._source.interval_seconds)
        questions = self._questions(run, window, await self._known_as(run))
        limit = self._source.timeout_seconds
        try:
            requests = [question.request for question in questions]
            answers = await asyncio.wait_for(self._post(requests, limit), limit) if requests else []
        except asyncio.TimeoutError as error:
            raise self._away(f"no answer within {limit:g} s") from error
        found = await in_thread(lambda: self._read(run, parts, window, questions, answers))
        self._save(run.id, found)
        return found

    async def _known_as(self, run: Run) -> list[str]:
        """Return the run's hosts by address and by name."""
        hosts = hosts_of(run)
        names = await self._names([host for host in hosts if is_address(host)])
        return [*hosts, *(name for name in names.values() if name not in hosts)]

    def _questions(self, run: Run, window: Window, hosts: Sequence[str]) -> list[_Question]:
        words = variables(run, self._source, window, hosts)
        return [
            _Question(chart, line, request_of(self._source, query, window))
            for chart in self._source.charts
            for line, asked in chart.lines.items()
            if (query := filled(asked, words)) is not None
        ]

    def _read(
        self,
        run: Run,
        parts: tuple[Stretch, ...],
        window: Window,
        questions: list[_Question],
        answers: list[PostAnswer],
    ) -> dict[str, Any]:
        lines: dict[str, list[HostLine]] = {chart.title: [] for chart in self._source.charts}
        refusals: dict[str, str] = {}
        for question, answer in zip(questions, answers, strict=True):
            title = question.chart.title
            try:
                lines[title] += lines_of(self._source, question.line, answer, window)
            except UnansweredError as error:
                refusals.setdefault(str(error), f"{title}, {question.line}")
        if refusals and len(questions) == len(answers) and not any(lines.values()):
            raise self._away(next(iter(refusals)))
        charts = [
            drawn
            for chart in self._source.charts
            if (drawn := _drawn(run, chart, lines[chart.title], parts, window)) is not None
        ]
        notes = [self._words(run, window, bool(charts), bool(questions))]
        notes += [f"{what}: {why}." for why, what in refusals.items()]
        hidden = sum(max(0, len(found) - MAX_LINES) for found in lines.values())
        if hidden:
            notes.append(f"{hidden} more lines are not drawn.")
        return {"source": self._source.name, "note": " ".join(notes), "charts": charts}

    def _words(self, run: Run, window: Window, drawn: bool, asked: bool) -> str:  # noqa: FBT001
        known = hosts_of(run)
        hosts = [host for host in known if not is_loopback(host)] or known
        names = ", ".join(hosts[:_MAX_NAMED]) + (", …" if len(hosts) > _MAX_NAMED else "")
        if not asked:
            return "The record does not contain the hosts of this run."
        if not drawn:
            return f"No data for {names or 'this run'} in this period."
        of = f"All activity on {names}, by any user. " if names else ""
        return f"{of}Each value covers {_format(window.step_seconds)}."

    def _away(self, why: str) -> BackendError:
        name = self._source.name
        message = f"{name} did not tell what the hosts did: {why.rstrip('.')}. If it stays so, tell your admin."
        return BackendError(message, source=name)

    def _save(self, run_id: str, found: dict[str, Any]) -> None:
        if not found["charts"]:
            return
        self._kept[run_id] = (self._clock(), found)
        self._kept.move_to_end(run_id)
        while len(self._kept) > KEPT_RUNS:
            self._kept.popitem(last=False)


def _format(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 120 else format_duration(seconds)


def _drawn(
    run: Run, chart: HostChart, lines: list[HostLine], parts: tuple[Stretch, ...], window: Window
) -> dict[str, Any] | None:
    """Return one chart as JSON; None if it has no data."""
    from hrlab.hosts.chart import (
        host_chart,
    )  # with the first picture: the server starts sooner

    highest = sorted(lines, key=lambda line: -max(value for _, value in line.values))[:MAX_LINES]
    placed = {
        line.name: on_axis(line, parts, window.step_seconds) for line in lines if line in highest
    }
    placed = {name: values for name, values in placed.items() if values}
    if not placed:
        return None
    return {"title": chart.title, **host_chart(run, chart.title, chart.unit, placed).to_dict()}
