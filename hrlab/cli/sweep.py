"""The command ``jupyter hrlab sweep``: runs a campaign and writes its report."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hrlab.campaigns.clusters import PROFILES_VARIABLE, campaign_clusters
from hrlab.campaigns.parser import read_sweep
from hrlab.campaigns.runner import Campaign, Progress, refused_text
from hrlab.campaigns.status_file import FOLDER, StatusFile
from hrlab.campaigns.sweep import Sweep, points
from hrlab.cli.interrupts import INTERRUPTED, stop_on_signals
from hrlab.cli.progress import ProgressLine, bar
from hrlab.cli.run import in_words
from hrlab.comparison.groups import MAX_RUNS
from hrlab.headless.execute import Stop, known_path, read_notebook
from hrlab.history.service import RunService
from hrlab.model.errors import HrlabError, UsageError
from hrlab.model.units import format_duration
from hrlab.quota.site_config import site_of

BUDGET_SPENT = 4
REPORT = "report.html"
log = logging.getLogger("hrlab")


def add_sweep(commands: Any) -> None:
    """Add the parser of ``sweep``."""
    what = "Measure a notebook over profiles, workers and parameters; resumes where it stopped."
    made = commands.add_parser("sweep", help=what, description=what)
    made.add_argument("file", type=Path, help="campaign file, see docs/campaigns.md")
    made.add_argument(
        "--profiles",
        type=Path,
        metavar="FILE",
        help=f"profiles and quotas of the site (default: {PROFILES_VARIABLE}, else the server's configuration)",
    )
    made.add_argument(
        "--plan",
        action="store_true",
        help="check everything and print the points in order without running them",
    )


def sweep(service: RunService, asked: argparse.Namespace) -> int:
    """Run ``sweep``.

    Returns
    -------
    int
        0 if all points are done, 1 if some failed, 4 if the budget is spent, 130 if interrupted.
    """
    declared = read_sweep(asked.file)
    file = asked.profiles or os.environ.get(PROFILES_VARIABLE)
    return asyncio.run(_sweep(service, asked, declared, Path(file) if file else None))


async def _sweep(
    service: RunService, asked: argparse.Namespace, declared: Sweep, profiles_file: Path | None
) -> int:
    runtime = _runtime_directory()
    folder, line = asked.file.resolve().parent, ProgressLine()
    listeners: list[Callable[[Progress], None]] = [_ProgressPrinter(line)]
    site = site_of(profiles_file, log)
    clusters = campaign_clusters(site, runtime, _kernel(declared, folder), log)
    campaign = Campaign(declared, folder, service, clusters, _all(listeners))
    try:
        if asked.plan:
            return await _plan(campaign)
        status = StatusFile(runtime / FOLDER / campaign.id, _about(campaign))
        listeners.append(status)
        line.done(_opening(declared, campaign))
        with stop_on_signals() as stop:
            progress = await _followed(campaign, stop)
    finally:
        await clusters.stop()
    line.done(_closing(progress))
    _finish(service, campaign)
    status.finish()
    return _exit_code(progress)


def _about(campaign: Campaign) -> dict[str, str | None]:
    """Return the campaign's description in the status file, read by the panel."""
    declared = campaign.sweep
    return {
        "name": declared.name,
        "notebook": known_path(campaign.notebook),
        "profile": ", ".join(side.profile for side in declared.sides),
        "compare_by": declared.compare_by,
        "baseline": declared.baseline,
    }


async def _followed(campaign: Campaign, stop: Stop) -> Progress:
    """Run the campaign, updating the listeners every second."""
    task = asyncio.ensure_future(campaign.run(stop))
    while not (await asyncio.wait({task}, timeout=1.0))[0]:
        campaign.tick()
    return task.result()


async def _plan(campaign: Campaign) -> int:
    """Print the points in order; return 1, with the reasons, if some would be rejected now."""
    campaign.check()
    done, plan = campaign.done(), list(points(campaign.sweep))
    refused = await campaign.refused(point for point in plan if point.key not in done)
    for point in plan:
        mark = "done" if point.key in done else "no" if point in refused else ""
        sys.stdout.write(f"{mark:4}  {point}\n")
    if refused:
        sys.stderr.write(f"hrlab: {refused_text(refused)}\n")
    return 1 if refused else 0


class _ProgressPrinter:
    """Prints the progress of a campaign to a terminal."""

    def __init__(self, line: ProgressLine) -> None:
        self._line = line
        self._done = self._failed = -1
        self._began = (time.monotonic(), "")

    def __call__(self, progress: Progress) -> None:
        if progress.point != self._began[1]:
            self._began = time.monotonic(), progress.point
        ended = (progress.done, progress.failed) != (self._done, self._failed)
        if ended and self._done >= 0:
            what = f"✗ {progress.message}" if progress.failed > self._failed else progress.point
            self._line.done(f"{progress.done}/{progress.points}  {what}")
        self._done, self._failed = progress.done, progress.failed
        if progress.state == "running" and progress.point:
            self._line.now(self._now(progress))

    def _now(self, progress: Progress) -> str:
        words = [f"{bar(progress.done, progress.points)} {progress.done}/{progress.points}"]
        if progress.left_seconds is not None:
            words.append(f"about {format_duration(progress.left_seconds)} left")
        words.append(progress.point)
        seconds = time.monotonic() - self._began[0]
        if progress.step is None:
            words.append(f"cluster · {format_duration(seconds)}")
        else:
            words.append(in_words(progress.step, seconds))
        return " · ".join(words)


def _opening(declared: Sweep, campaign: Campaign) -> str:
    clusters = {
        "fresh": "a fresh cluster for each point",
        "warm": "a warm cluster for neighbours of the same size, with a separate warm-up run",
    }[declared.cluster]
    return (
        f"{declared.name} ({campaign.id}): {len(list(points(declared)))} points, in {declared.repeats} blocks "
        f"in random order (seed {declared.seed}), {clusters}."
    )


def _closing(progress: Progress) -> str:
    words = {
        "done": "All points are done." if not progress.failed else "The campaign has ended.",
        "interrupted": "Interrupted; run the same command to resume.",
    }
    counts = f"{progress.done} of {progress.points} points are done"
    if progress.failed:
        counts += f", {progress.failed} failed"
    spent = f"{format_duration(progress.seconds)}, {progress.core_hours:.3g} core hours"
    told = words.get(progress.state, progress.message)
    return f"{told} {counts}; used {spent}."


def _finish(service: RunService, campaign: Campaign) -> None:
    """Print the comparison of the completed points and write the report."""
    from hrlab.comparison.page import comparison_text
    from hrlab.comparison.service import ComparisonQuestion
    from hrlab.export.report import ReportQuestion, report

    ids = [run.id for run in campaign.runs() if run.status == "ok"][-MAX_RUNS:]
    if len(ids) < 2:
        return
    by, baseline = campaign.sweep.compare_by, campaign.sweep.baseline
    try:
        found = service.compared(ComparisonQuestion(ids=ids, by=by, baseline=baseline))
        sys.stdout.write(comparison_text(found.comparison, found.difference) + "\n")
        made = report(service, ReportQuestion(ids=ids, by=by, baseline=baseline))
    except HrlabError as error:
        sys.stderr.write(f"hrlab: no comparison: {error.message}\n")
        return
    path = campaign.output / REPORT
    try:
        path.write_text(made.html, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be written: {error.strerror}.") from error
    sys.stderr.write(f"Report: {path}\n")


def _exit_code(progress: Progress) -> int:
    codes = {"interrupted": INTERRUPTED, "budget": BUDGET_SPENT, "failed": 1}
    return codes.get(progress.state, 1 if progress.failed else 0)


def _kernel(declared: Sweep, folder: Path) -> str | None:
    """Return the notebook's kernelspec, whose Python the workers need."""
    if declared.kernel is not None:
        return declared.kernel
    spec = read_notebook(folder / declared.notebook).metadata.get("kernelspec", {})
    name = spec.get("name")
    return str(name) if name else None


def _runtime_directory() -> Path:
    from jupyter_core.paths import jupyter_runtime_dir

    return Path(jupyter_runtime_dir())


def _all(listeners: list[Callable[[Progress], None]]) -> Callable[[Progress], None]:
    def tell(progress: Progress) -> None:
        for listener in listeners:
            listener(progress)

    return tell
