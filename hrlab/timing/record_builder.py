"""From what was observed to the record of the run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hrlab.model import source
from hrlab.model.run import (
    Approach,
    Clock,
    Cluster,
    Group,
    Run,
    RunError,
    RunWarning,
    Source,
    Status,
    Workers,
)
from hrlab.timing import clock as clocks
from hrlab.timing import environment, safety
from hrlab.timing.clock import ClockMap
from hrlab.timing.dask.scheduler_client import SchedulerClient
from hrlab.timing.dask.task_counter import median_of
from hrlab.timing.loops import loops_of
from hrlab.timing.observations import Evidence
from hrlab.timing.recorder import ActiveRun
from hrlab.timing.resource_series import resources_of
from hrlab.timing.warnings import warnings_of

MAX_MESSAGE = 2000


def assemble(
    active: ActiveRun, now: int, status: Status, error: BaseException | None = None
) -> Run:
    """The record of `active`, which ended at the monotonic instant `now`."""
    evidence = Evidence(active, now)
    used = [i for i, link in enumerate(evidence.links) if _used(link, i, evidence)]
    used.sort(key=lambda i: evidence.links[i].first_used(now))
    reports = [evidence.links[i].report for i in used]
    resources = safety.attempt(
        resources_of, evidence, used
    )  # before the warnings, of which it may be one
    return replace(
        bare_record(active, status, error),
        wall_seconds=evidence.axis.length / 1e9,
        phases=evidence.account.phases,
        loops=loops_of(evidence, used),
        marks=evidence.marks(),
        cells=evidence.cells(),
        idle_dask_seconds=evidence.idle / 1e9,
        groups=_groups(active),
        activities=_activities(active),
        coverage=coverage(evidence.links),
        clusters=tuple(_cluster(evidence, evidence.links[i]) for i in used),
        approach=active.request.approach or _approach(evidence, used),
        cold=_any(reports, "cold"),
        processes=active.process.side_by_side or None,
        alone=None if (shared := _any(reports, "shared")) is None else not shared,
        warnings=warnings_of(evidence, used),
        resources=resources,
    )


def bare_record(active: ActiveRun, status: Status, error: BaseException | None = None) -> Run:
    """What is known without looking at Dask: of a run that has just started, or that could not be assembled."""
    request = active.request
    code = source.normalised(active.sources) if active.sources else None
    return Run(
        id=active.id,
        name=request.name or source.default_name(active.sources),
        status=status,
        started_at=active.started_at,
        wall_seconds=active.time.axis(clocks.monotonic()).length / 1e9,
        error=None if error is None else RunError(type(error).__name__, str(error)[:MAX_MESSAGE]),
        approach=request.approach or "serial",
        labels=dict(request.labels),
        note=request.note,
        workload=dict(request.workload),
        inputs=request.inputs,
        campaign=request.campaign,
        environment=environment.environment(),
        source=Source(
            active.kind, code, None if code is None else source.sha256(code), active.notebook
        ),
        warnings=tuple(
            RunWarning("recorder-failed", text) for text in dict.fromkeys(active.failures)
        ),
    )


def _used(link: SchedulerClient, index: int, evidence: Evidence) -> bool:
    if link.used or any(item.link == index for item in evidence.busy):
        return True
    # An actor's method does not say where it runs: with one cluster it is clear.
    return len(evidence.links) == 1 and evidence.active.watch.calling.any


def _groups(active: ActiveRun) -> tuple[Group, ...]:
    sums: dict[str, list[Any]] = {}
    for report in active.reports:
        for name, (tasks, failed, compute, longest, size, _, bins, later) in report[
            "groups"
        ].items():
            group = sums.setdefault(name, [0, 0, 0.0, 0.0, 0, {}, 0.0])
            lengths = group[5]
            sums[name] = [
                group[0] + tasks,
                group[1] + failed,
                group[2] + compute,
                max(group[3], longest),
                group[4] + size,
                {bin_: lengths.get(bin_, 0) + bins.get(bin_, 0) for bin_ in {*lengths, *bins}},
                max(group[6], later),
            ]
    groups = [
        Group(
            name, int(g[0]), int(g[1]), g[2], g[3], int(g[4]), median_of(g[5], g[3]), g[6] or None
        )
        for name, g in sums.items()
    ]
    return tuple(sorted(groups, key=lambda group: -group.compute_seconds))


def _activities(active: ActiveRun) -> dict[str, float]:
    sums: dict[str, float] = {}
    for report in active.reports:
        for name, seconds in report["activities"].items():
            sums[name] = sums.get(name, 0.0) + seconds
    return sums


def coverage(links: list[SchedulerClient]) -> float:
    """Share of finished tasks, failed attempts included, whose execution times were seen."""
    reports = [link.report for link in links if link.report]
    finished = sum(report["finished"] + report["unseen_attempts"] for report in reports)
    if any((link.refusal or link.lost) and len(link.outgoing) for link in links):
        return 0.0 if not finished else sum(report["timed"] for report in reports) / (finished + 1)
    return min(1.0, sum(report["timed"] for report in reports) / finished) if finished else 1.0


def _cluster(evidence: Evidence, link: SchedulerClient) -> Cluster:
    report, clock, identity = link.report or {}, link.clock, link.identity
    return Cluster(
        name=identity.name if identity else link.name or link.address,
        scheduler_address=link.address,
        dask_version=report.get("version"),
        memory_bytes=int(report.get("memory_bytes", 0)),
        clock=None
        if clock is None
        else Clock(clock.start.ahead_seconds, clock.uncertainty_seconds),
        workers=_workers(evidence, link, clock),
        id=identity.id if identity else None,
        profile=identity.profile if identity else None,
        hosts=tuple(report["hosts"]) if report.get("hosts") else None,
    )


def _workers(evidence: Evidence, link: SchedulerClient, clock: ClockMap | None) -> Workers:
    history = (link.report or {}).get("history")
    if clock is None or not history:
        return Workers(0, 0.0, 0)
    lost = int((link.report or {}).get("samples", {}).get("lost", 0))
    changes: list[tuple[int, int, int]] = []
    for at, workers, threads in history:
        # The plugin arrives some milliseconds after the run began, but the workers were there.
        early = link.here_before and not changes
        place = 0 if early else evidence.axis.place(clock.to_monotonic(at))
        if changes and changes[-1][0] == place:
            changes.pop()
        if not changes or changes[-1][1:] != (workers, threads):
            changes.append((place, int(workers), int(threads)))
    ends = [place for place, _, _ in changes[1:]] + [evidence.axis.length]
    area = sum(
        workers * (end - place) for (place, workers, _), end in zip(changes, ends, strict=True)
    )
    average = area / evidence.axis.length if evidence.axis.length else float(changes[-1][1])
    return Workers(
        peak=max(workers for _, workers, _ in changes),
        time_average=average,
        threads_peak=max(threads for _, _, threads in changes),
        history=tuple((place / 1e9, workers, threads) for place, workers, threads in changes),
        lost=lost,
        occupied_until_seconds=_occupied_until(evidence, link, clock),
    )


def _occupied_until(evidence: Evidence, link: SchedulerClient, clock: ClockMap) -> float | None:
    until = (link.report or {}).get("occupied_until")
    return None if until is None else evidence.axis.place(clock.to_monotonic(until)) / 1e9


def _approach(evidence: Evidence, used: list[int]) -> Approach:
    if not used:
        return "processes" if evidence.active.process.side_by_side else "serial"
    hosts = [host for i in used for host in (evidence.links[i].report or {}).get("hosts", [])]
    hosts = hosts or [
        evidence.links[i].address.partition("://")[2].rpartition(":")[0] for i in used
    ]
    return (
        "local"
        if all(environment.is_local(host) or "/" in host for host in hosts)
        else "distributed"
    )


def _any(reports: list[dict[str, Any] | None], what: str) -> bool | None:
    known = [bool(report[what]) for report in reports if report and report.get(what) is not None]
    return any(known) if known else None
