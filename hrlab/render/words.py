"""A run in words: phrases shared by the text and the HTML form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

from hrlab.model.names import one_line as one_line  # noqa: PLC0414 - renderers take it from here
from hrlab.model.run import Loop, Phase, Run, Stage
from hrlab.model.units import counted, format_count, format_duration, format_rate

PHASES: tuple[Phase, ...] = get_args(Phase)
STAGES: tuple[Stage, ...] = get_args(Stage)

#: Explanations of the phases for new users.
PHASE_HELP: Mapping[str, str] = {
    "pre": "before the first dask loop: reading, preparing, connecting",
    "dask": "submitted tasks are unfinished, or their results are in transfer",
    "between": "between dask loops",
    "post": "after the last dask loop: fits, plots, stage-out",
}
STAGE_HELP: Mapping[str, str] = {
    "submit": "the graph is being sent to the scheduler",
    "wait": "tasks exist, none of this run's is executing",
    "compute": "at least one task of this run is executing",
    "gather": "all tasks are done, results are being transferred to the notebook",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A named share of a whole, in seconds."""

    name: str
    seconds: float


def phase_parts(run: Run) -> tuple[Part, ...]:
    """Return the phases that took time, in order; empty if only the wall time is known."""
    if run.phases is None:
        return ()
    seconds = (
        run.phases.pre_seconds,
        run.phases.dask_seconds,
        run.phases.between_seconds,
        run.phases.post_seconds,
    )
    return _that_took_time(PHASES, seconds)


def stage_parts(run: Run) -> tuple[Part, ...]:
    """Return the stages that took time, summed over the run's loops, in order."""
    return _that_took_time(
        STAGES, tuple(sum(_stages(loop)[i] for loop in run.loops) for i in range(4))
    )


def _stages(loop: Loop) -> tuple[float, float, float, float]:
    stages = loop.stages
    return (
        stages.submit_seconds,
        stages.wait_seconds,
        stages.compute_seconds,
        stages.gather_seconds,
    )


def _that_took_time(names: tuple[str, ...], seconds: tuple[float, ...]) -> tuple[Part, ...]:
    return tuple(
        Part(name, length) for name, length in zip(names, seconds, strict=True) if length > 0
    )


def outcome(run: Run) -> str:
    """Return how and when the run ended: ``2 min 17 s``, ``failed after 16.1 s in dask: ZeroDivisionError``."""
    wall = format_duration(run.wall_seconds)
    if run.status == "ok":
        return wall
    if run.status == "running":
        return f"running for {wall}"
    where = f" in {last_phase(run)}" if run.loops else ""
    error = f": {run.error.type}" if run.error else ""
    return f"{run.status} after {wall}{where}{error}"


#: A task's error is raised within this time in seconds after its loop ended: the run then failed in dask.
RAISED_SECONDS = 0.05


def last_phase(run: Run) -> Phase:
    """Return the phase in which the run ended."""
    if run.phases is None or not run.loops:
        return "pre"
    after = run.phases.post_seconds
    return "dask" if after <= (RAISED_SECONDS if run.failed_tasks else 0) else "post"


def facts(run: Run) -> tuple[str, ...]:
    """Return what the run used: approach, tasks, workers, rates of its workload."""
    # If the kernel died, nothing is known about where its tasks ran.
    unknown = run.status == "interrupted" and run.phases is None
    said: list[str] = [] if unknown else [_where(run)]
    if run.tasks:
        failed = f" ({format_count(run.failed_tasks)} failed)" if run.failed_tasks else ""
        said.append(counted(run.tasks, "task") + failed)
    if run.workers_peak:
        threads = run.threads_peak
        same = threads == run.workers_peak
        workers = counted(run.workers_peak, "worker")
        said.append(workers if same else f"{workers}, {counted(threads, 'thread')}")
    if run.status == "ok":
        said += [
            format_rate(number, run.wall_seconds, name) for name, number in run.workload.items()
        ]
    return tuple(said)


def _where(run: Run) -> str:
    if run.approach == "processes" and run.processes:
        return f"{run.processes} processes"
    return run.approach


def sentence(run: Run) -> str:
    """Return the run in one sentence, for screen readers and logs."""
    parts = ", ".join(f"{part.name} {format_duration(part.seconds)}" for part in phase_parts(run))
    said = f"{run.name}: {outcome(run)}{': ' if parts else ''}{parts}"
    return "; ".join(filter(None, (said, ", ".join(facts(run))))) + "."


def notes(run: Run) -> tuple[str, ...]:
    """Return caveats about the numbers, one sentence each."""
    said = [warning.message for warning in run.warnings]
    if run.phases is None and run.status in ("ok", "failed"):
        said.append("Only the wall time is known: the phases were not recorded.")
    if run.coverage < 1 and not any(w.code.startswith("partial") for w in run.warnings):
        said.append(f"Execution times were recorded for {run.coverage:.0%} of the tasks.")
    return tuple(said)
