"""Executes a campaign, point after point; what is done is known from the store alone.

A point is done when the store has a successful run that carries the campaign's id and the point's key, so an interrupted or
killed campaign goes on where it stood, whoever calls it. A failed point is tried again by the next call.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from hrlab.campaigns.clusters import CampaignClusters
from hrlab.campaigns.sweep import (
    Configuration,
    Point,
    Setting,
    Sweep,
    campaign_id,
    configurations,
    points,
    seconds_left,
    spent,
    workload_of,
)
from hrlab.headless.execute import Execution, Outcome, Step, Stop, execute, save_copy, timed_cells
from hrlab.headless.execute import read_notebook as read
from hrlab.headless.parameters import declared, injected
from hrlab.history.service import RunService
from hrlab.model.cluster import CAMPAIGN_ADDRESS, Cluster
from hrlab.model.errors import HrlabError
from hrlab.model.run import CampaignPoint, Run
from hrlab.model.source import normalised, sha256
from hrlab.model.units import counted
from hrlab.store.location import VARIABLE
from hrlab.store.query import MAX_LIMIT, RunQuery

#: Variables by which a kernel knows the cluster of its point: Dask's own, for ``Client()``, and that of `hrlab.connect`.
DASK_ADDRESS, ADDRESS = "DASK_SCHEDULER_ADDRESS", CAMPAIGN_ADDRESS
LABEL, PROFILE_LABEL = "campaign", "profile"
STRAY = (
    "The notebook did not use its point's cluster. Connect with `client = Client()` or `hrlab.connect()`, or assign "
    "`{parameter}` in the parameters cell and use it."
)

REMEDY = "Nothing was started. Remove these from the file, or skip them with `refused: skip`."

State = Literal["running", "done", "budget", "interrupted", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Progress of a campaign.

    Attributes
    ----------
    points, done, failed
        All of the campaign; those that are in the store, from earlier calls too; those that failed in this one.
    point, step
        What is executed now, and how far it is; empty and None between points.
    left_seconds
        How long the rest will take, by what is known so far; None if nothing is.
    message
        Why the last point failed, or why the campaign ended.
    """

    id: str
    state: State = "running"
    points: int = 0
    done: int = 0
    failed: int = 0
    point: str = ""
    step: Step | None = None
    left_seconds: float | None = None
    message: str = ""
    seconds: float = 0.0
    core_hours: float = 0.0


@dataclass(slots=True)
class _Spent:
    """Resources used by this call."""

    began: float
    core_hours: float = 0.0
    points: int = 0
    took: dict[str, list[float]] = field(default_factory=dict)
    cores: dict[str, float] = field(default_factory=dict)


class StrayError(HrlabError):
    """A run did not use the cluster of its point; every other point would fail to do so too."""


class Campaign:
    """One call of a campaign.

    Parameters
    ----------
    sweep
        The declaration.
    folder
        Where its notebook and output are relative to.
    tell
        Called whenever there is progress.
    clock
        Seconds of a clock that never goes back.
    """

    def __init__(
        self,
        sweep: Sweep,
        folder: Path,
        runs: RunService,
        clusters: CampaignClusters,
        tell: Callable[[Progress], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.sweep = sweep
        self.notebook = folder / sweep.notebook
        self.id = clusters.name = identity(sweep, folder)
        self.output = folder / (sweep.output or self.id)
        self._runs = runs
        self._clusters = clusters
        self._tell = tell
        self._clock = clock
        self._spent = _Spent(clock())
        self.progress = Progress(id=self.id)
        self._why = ""

    def check(self) -> None:
        """Refuse what would fail at every point, before anything starts.

        Raises
        ------
        HrlabError
            Which says why.
        """
        notebook = read(self.notebook)
        timed_cells(notebook, self.sweep.cells)
        for configuration in configurations(self.sweep):
            injected(notebook, dict(configuration.parameters), self.notebook.name)
            self._clusters.check(configuration.setting)

    async def run(self, stop: Stop) -> Progress:
        """Execute the points that are not done."""
        self.check()
        done = self.done()
        plan = list(points(self.sweep))
        left = [point for point in plan if point.key not in done]
        for point in plan:
            if (run := done.get(point.key)) is not None:
                self._record(point.configuration, run.wall_seconds)
        self._report(points=len(plan), done=len(plan) - len(left))
        try:
            await self._clusters.close_leftovers()
            state, message = await self._allowed(left, stop)
        except StrayError as error:
            state, message = "failed", error.message
        except asyncio.CancelledError:
            state, message = "interrupted", ""
        finally:
            await self._clusters.release()
        self._report(state=state, message=message, point="", step=None, left_seconds=None)
        return self.progress

    def tick(self) -> None:
        """Update the elapsed time."""
        self._report()

    def done(self) -> dict[str, Run]:
        """Return the runs of finished points, by point key."""
        found = {}
        for run in self.runs():
            stray = run.campaign is None or (not run.clusters and not _is_serial(run))
            if run.status == "ok" and run.campaign is not None and not stray:
                found[run.campaign.point] = run
        return found

    def runs(self) -> list[Run]:
        """Return all runs of the campaign, oldest first."""
        found: list[Run] = []
        query = RunQuery(labels=((LABEL, self.id),), limit=MAX_LIMIT)
        while page := self._runs.page(query).runs:
            found += [
                Run.from_dict(self._runs.get(one.id)) for one in page if one.status != "running"
            ]
            query = dataclasses.replace(query, offset=query.offset + len(page))
        mine = [run for run in found if run.campaign is not None and run.campaign.id == self.id]
        return mine[::-1]

    async def refused(self, asked: Iterable[Point]) -> dict[Point, str]:
        """Return those of `asked` whose clusters would be refused now, with the reason."""
        why: dict[Setting, str] = {}
        found = {}
        for point in asked:
            setting = point.configuration.setting
            if setting not in why:
                why[setting] = " ".join(await self._clusters.refusals(setting))
            if why[setting]:
                found[point] = why[setting]
        return found

    async def _allowed(self, left: list[Point], stop: Stop) -> tuple[State, str]:
        refused = await self.refused(left)
        if refused and self.sweep.refused == "stop":
            return "failed", f"{refused_text(refused)} {REMEDY}"
        for setting in dict.fromkeys(point.configuration.setting for point in refused):
            those = {
                one: why for one, why in refused.items() if one.configuration.setting == setting
            }
            self._fail(refused_text(those), len(those))
        return await self._all([point for point in left if point not in refused], stop)

    async def _all(self, left: list[Point], stop: Stop) -> tuple[State, str]:
        for place, point in enumerate(left):
            why = self._over_budget(point)
            if why:
                return "budget", f"Stopped at {why}; run the campaign again to continue."
            if place and self.sweep.pause_seconds:
                await _pause(self.sweep.pause_seconds, stop)
            if stop.asked.is_set():
                return "interrupted", ""
            rest = [one.configuration.key for one in left[place:]]
            left_seconds = seconds_left(self._spent.took, rest)
            self._report(point=str(point), step=None, left_seconds=left_seconds)
            if await self._point(point, stop) == "interrupted" and stop.asked.is_set():
                return "interrupted", ""
        failed = self.progress.failed
        return "done", f"{counted(failed, 'point')} failed; the last: {self._why}" if failed else ""

    def _fail(self, why: str, count: int) -> None:
        self._why = why
        self._report(failed=self.progress.failed + count, message=why)

    def _over_budget(self, point: Point) -> str:
        used, key = self._spent, point.configuration.key
        return spent(
            self.sweep.budget,
            seconds=self._clock() - used.began,
            core_hours=used.core_hours,
            points=used.points,
            next_seconds=seconds_left(used.took, [key]),
            next_cores=used.cores.get(key, 0.0),
        )

    async def _point(self, point: Point, stop: Stop) -> str:
        """Execute one point; return its outcome."""
        began, cluster = self._clock(), None
        try:
            cluster, is_new = await self._cluster(point, stop)
            if is_new and self.sweep.cluster == "warm":
                warm_up = dataclasses.replace(point, warm_up=True)
                self._report(point=str(warm_up))
                await self._execute(warm_up, cluster, stop)
                self._report(point=str(point), step=None)
            outcome = await self._execute(point, cluster, stop)
            status, error = outcome.status, outcome.error
        except StrayError:
            raise
        except HrlabError as refused:
            status, error = "failed", refused.message
        cores = cluster.cores if cluster is not None else 0.0
        took = self._clock() - began
        self._spent.points += 1
        self._spent.core_hours += cores * took / 3600
        self._spent.cores[point.configuration.key] = cores
        if status == "ok":
            self._record(point.configuration, took)
            self._report(done=self.progress.done + 1, message="")
        elif not stop.asked.is_set():
            self._fail(f"{point}: {error}", 1)
        return status

    async def _cluster(self, point: Point, stop: Stop) -> tuple[Cluster | None, bool]:
        setting = point.configuration.setting
        if setting.serial:
            await self._clusters.release()
            return None, False
        return await self._clusters.get(setting, stop, fresh=self.sweep.cluster == "fresh")

    async def _execute(self, point: Point, cluster: Cluster | None, stop: Stop) -> Outcome:
        outcome = await execute(
            self._execution(point, cluster), stop, lambda step: self._report(step=step)
        )
        save_copy(self._runs, outcome)
        if outcome.status == "ok" and cluster is not None:
            self._see_use(outcome, str(cluster.scheduler_address))
        return outcome

    def _see_use(self, outcome: Outcome, address: str) -> None:
        """Refuse a run that did not use the cluster: its numbers would look like the cluster's."""
        record = self._runs.get(outcome.run_id)
        if not any(used["scheduler_address"] == address for used in record["clusters"]):
            raise StrayError(STRAY.format(parameter=self.sweep.scheduler_parameter))

    def _execution(self, point: Point, cluster: Cluster | None) -> Execution:
        sweep, configuration = self.sweep, point.configuration
        address = None if cluster is None else cluster.scheduler_address
        parameters = dict(configuration.parameters)
        if sweep.scheduler_parameter in (declared(read(self.notebook)) or ()):
            parameters.setdefault(sweep.scheduler_parameter, address)
        environment = {VARIABLE: str(self._runs.path)}
        if address is not None:
            environment |= {DASK_ADDRESS: address, ADDRESS: address}
            environment |= self._clusters.environment(configuration.setting)
        return Execution(
            notebook=self.notebook,
            output=self.output / f"{file_name(point)}.ipynb",
            parameters=parameters,
            name=sweep.name,
            labels=self._labels(configuration),
            workload=workload_of(sweep, configuration),
            campaign=CampaignPoint(self.id, point.key),
            environment=environment,
            kernel=sweep.kernel,
            timeout_seconds=sweep.timeout_seconds,
            cells=sweep.cells,
        )

    def _labels(self, configuration: Configuration) -> Mapping[str, str]:
        values = dict(configuration.parameters)
        varied = {name: str(values[name]) for name in self.sweep.parameters}
        own = {LABEL: self.id, PROFILE_LABEL: configuration.setting.profile}
        return {**varied, **self.sweep.labels, **own}

    def _record(self, configuration: Configuration, seconds: float) -> None:
        self._spent.took.setdefault(configuration.key, []).append(seconds)

    def _report(self, **changes: Any) -> None:
        seconds = self._clock() - self._spent.began
        self.progress = dataclasses.replace(
            self.progress, seconds=seconds, core_hours=self._spent.core_hours, **changes
        )
        self._tell(self.progress)


def refused_text(refused: Mapping[Point, str]) -> str:
    """Return which clusters are refused, for how many points, and why."""
    count = Counter(point.configuration.setting for point in refused)
    why = {point.configuration.setting: reason for point, reason in refused.items()}
    told = [f"{one} ({counted(count[one], 'point')}): {why[one]}" for one in why]
    return f"Refused: {' '.join(told)}"


def identity(sweep: Sweep, folder: Path) -> str:
    """Return the campaign's id, from its name and the timed code."""
    notebook = read(folder / sweep.notebook)
    timed = timed_cells(notebook, sweep.cells)
    return campaign_id(sweep, sha256(normalised(notebook.cells[i].source for i in timed)))


def file_name(point: Point) -> str:
    """Return the name of a point's notebook file."""
    plain = "".join(c if c.isalnum() or c in "-_.=" else "-" for c in point.key)
    return plain.replace("--", "-").strip("-")


def _is_serial(run: Run) -> bool:
    return run.labels.get(PROFILE_LABEL) == "serial"


async def _pause(seconds: float, stop: Stop) -> None:
    wish = asyncio.ensure_future(stop.asked.wait())
    await asyncio.wait({wish}, timeout=seconds)
    wish.cancel()
    await asyncio.wait({wish})
