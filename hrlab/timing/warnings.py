"""What a reader must know to trust the numbers: the warnings of a record, each with a stable code."""

from __future__ import annotations

from typing import Any

from hrlab.model.names import one_line
from hrlab.model.run import RunWarning
from hrlab.timing.dask.scheduler_client import SchedulerClient
from hrlab.timing.observations import Evidence

#: Task prefixes of ROOT's distributed RDataFrame.
ROOT_PREFIXES = frozenset({"dask_mapper", "distrdf_reducer"})
CLOCK_SECONDS = 0.01
WAITED_SECONDS = 0.1
#: To within this, and the clocks' uncertainty, the edges of phases are true.
EDGE_SECONDS = 0.01
MARKS_TOLD = 3
LONGEST_LABEL = 60


def warnings_of(evidence: Evidence, used: list[int]) -> tuple[RunWarning, ...]:
    """Warnings of the run that `evidence` tells of; `used` are the links that carried its work."""
    found = [
        *_about_schedulers(evidence, used),
        *_about_tasks(evidence),
        *_about_times(evidence, used),
        *_about_marks(evidence),
    ]
    found += [("recorder-failed", text) for text in dict.fromkeys(evidence.active.failures)]
    return tuple(RunWarning(code, message) for code, message in found)


def _about_schedulers(evidence: Evidence, used: list[int]) -> list[tuple[str, str]]:
    found = []
    for index in used:
        link = evidence.links[index]
        if link.refusal is not None:
            found.append(
                (
                    "plugin-refused",
                    f"The scheduler at {link.address} took no plugin ({link.refusal}): loops are what the kernel alone saw, "
                    "waiting and computing can't be told apart, and tasks are not counted.",
                )
            )
        if link.samples.told.get("problem"):
            found.append(
                (
                    "sampling-failed",
                    f"What workers use could not be sampled at {link.address} ({link.samples.told['problem']}).",
                )
            )
        if link.refusal is None and link.lost is not None:
            found.append(
                (
                    "scheduler-lost",
                    f"The scheduler at {link.address} was lost, or too busy to answer ({link.lost}): "
                    f"{_unreported(evidence, link)} is not in the record, and tasks and times may be incomplete.",
                )
            )
    return found


def _unreported(evidence: Evidence, link: SchedulerClient) -> str:
    if link.reported_at is None:
        return "what its workers did"
    before = max(0.0, (evidence.now - link.reported_at) / 1e9)
    return f"what happened after its last report, {before:.1f} s before the run ended,"


def _about_tasks(evidence: Evidence) -> list[tuple[str, str]]:
    reports = evidence.active.reports
    found = []
    left = sum(report["unfinished"] for report in reports) + evidence.active.watch.pending()
    if left:
        found.append(
            (
                "work-left-running",
                f"{_number(left, 'task was', 'tasks were')} still unfinished when the run ended: "
                "what they did later is not in it.",
            )
        )
    missing = sum(len(link.missing) for link in evidence.links)
    if missing:
        found.append(
            (
                "graphs-unseen",
                f"{_number(missing, 'graph', 'graphs')} had not become tasks on the scheduler when the run ended: "
                "counted as on the way until then, its tasks are not counted.",
            )
        )
    unseen = sum(report["unseen_attempts"] for report in reports)
    if unseen:
        found.append(
            (
                "attempts-unseen",
                f"{_number(unseen, 'attempt', 'attempts')} of tasks ended unreported (retried, cancelled, or lost with "
                "their worker): their time shows as waiting.",
            )
        )
    inferred = sum(report["inferred"] for report in reports)
    if inferred:
        found.append(
            (
                "tasks-inferred",
                f"{_number(inferred, 'graph was', 'graphs were')} submitted from inside a worker: that it belongs to this "
                "run is inferred from what executed there.",
            )
        )
    if _root_with_threads(reports):
        found.append(
            (
                "root-threads",
                "ROOT tasks ran on workers with more than one thread: results may be silently wrong. "
                "Use threads_per_worker=1.",
            )
        )
    return found


def _root_with_threads(reports: list[dict[str, Any]]) -> bool:
    groups = [item for report in reports for item in report["groups"].items()]
    return any(name in ROOT_PREFIXES and sums[5] > 1 for name, sums in groups)


def _about_times(evidence: Evidence, used: list[int]) -> list[tuple[str, str]]:
    found = []
    if evidence.idle:
        found.append(
            (
                "idle-dask",
                f"Dask work of the run went on for {evidence.idle / 1e9:.3g} s between its cells; "
                "that time is not in the run.",
            )
        )
    if evidence.absorbed:
        found.append(
            (
                "loops-merged",
                "There were too many loops to keep: the shortest gaps, at most "
                f"{evidence.absorbed / 1e9:.3g} s in all, count as dask.",
            )
        )
    executing = sum(report["executing_closed_seconds"] for report in evidence.active.reports)
    exact = not executing or evidence.executed(used) is not None
    if evidence.account.stage_intervals_merged or executing:
        found.append(
            (
                "stages-merged",
                "There were too many stage changes to keep: the shortest are drawn merged; "
                + (
                    "their sums are right."
                    if exact
                    else f"at most {executing:.3g} s of waiting count as compute."
                ),
            )
        )
    waited = evidence.active.watch.waited / 1e9
    if waited > WAITED_SECONDS:
        found.append(
            (
                "recorder-waited",
                f"A graph was held back for {waited:.3g} s until hrlab's plugin was on the scheduler: "
                "the run took that much longer, in the stage submit.",
            )
        )
    worst = _uncertainty_seconds(evidence)
    if worst > CLOCK_SECONDS:
        found.append(
            (
                "clock-uncertain",
                f"The scheduler's clock could be compared only to within {worst:.3g} s: "
                "edges of loops are that uncertain.",
            )
        )
    return found


def _uncertainty_seconds(evidence: Evidence) -> float:
    """Of the edges of loops, by the clock that is known worst."""
    clocks = [link.clock for link in evidence.links if link.clock is not None]
    return max((times.uncertainty_seconds for times in clocks), default=0.0)


def _about_marks(evidence: Evidence) -> list[tuple[str, str]]:
    least = EDGE_SECONDS + _uncertainty_seconds(evidence)
    found = [
        (nanoseconds / 1e9, label, phase)
        for (label, phase), nanoseconds in evidence.dask_in_other_phases().items()
        if nanoseconds / 1e9 > least
    ]
    if not found:
        return []
    told = [
        f"{seconds:.3g} s of {one_line(label)[:LONGEST_LABEL]!r} (declared as {phase})"
        for seconds, label, phase in found[:MARKS_TOLD]
    ]
    if len(found) > MARKS_TOLD:
        told.append(f"of {_number(len(found) - MARKS_TOLD, 'other mark', 'other marks')}")
    *first, last = told
    listed = f"{', '.join(first)} and {last}" if first else last
    return [
        (
            "dask-in-declared-phase",
            f"Dask work took {listed}: it counts as dask, as in every run. A mark holds the whole time of its stretch. "
            'Name the stretch without a phase, as in hrlab.phase("stage-out"), or do its work without Dask.',
        )
    ]


def _number(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
