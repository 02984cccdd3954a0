"""How a run that is on goes: a small summary, made about once a second from what is at hand."""

from __future__ import annotations

from dataclasses import dataclass

from hrlab.model.run import Phase, Phases
from hrlab.timing import clock
from hrlab.timing.observations import Evidence
from hrlab.timing.recorder import ActiveRun


@dataclass(frozen=True, slots=True)
class Progress:
    """State of a run; `tasks_all` are the tasks that exist so far, `phase` is the one it is in."""

    elapsed_seconds: float
    phase: Phase
    phases: Phases
    tasks_done: int
    tasks_all: int
    workers: int
    threads: int


def progress_of(active: ActiveRun) -> Progress:
    """Progress of `active` now."""
    now = clock.monotonic()
    evidence = Evidence(active, now, stages=False)
    # An idle cluster of an earlier run is not at work for this one.
    reports = [report for report in active.reports if report["tasks"]] or active.reports[-1:]
    everything = sum(report["tasks"] for report in reports)
    account = evidence.account
    in_loop = bool(account.loops) and account.loops[-1].stop >= evidence.axis.length - 1
    phase: Phase = "dask" if in_loop else ("post" if account.loops else "pre")
    return Progress(
        elapsed_seconds=evidence.axis.length / 1e9,
        phase=phase,
        phases=account.phases,
        tasks_done=everything - sum(report["unfinished"] for report in reports),
        tasks_all=everything,
        workers=sum(report["history"][-1][1] for report in reports),
        threads=sum(report["history"][-1][2] for report in reports),
    )
