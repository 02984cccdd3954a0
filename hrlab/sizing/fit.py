"""Recommends a cluster size from earlier runs of the same code."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace

from hrlab.model.errors import InvalidRequestError
from hrlab.model.run import Run
from hrlab.model.shape import Shape, with_memory
from hrlab.model.units import format_count, format_duration, format_share
from hrlab.sizing.advice import Advice, advise
from hrlab.sizing.goal import Goal
from hrlab.sizing.history import RunHistory, body_of, need_of
from hrlab.sizing.laws import (
    MAX_EXTRAPOLATION,
    Law,
    Point,
    Startup,
    Workload,
    busy_threads,
    law_for,
    terms,
    times_of,
)

TERMS = {"universal-scalability": 3, "amdahl": 2, "work-conservation": 1}
#: A larger deviation from the fitted law suggests runs of different things or units.
POOR_SPREAD = 0.5


def advice_for(
    runs: Sequence[Run], goal: Goal, shape: Shape, workload: Mapping[str, float] | None = None
) -> Advice:
    """Return a recommendation for the next run of the newest run's code, from `runs`, newest first.

    Parameters
    ----------
    workload
        Amounts of the next run, if different from the newest run.

    Raises
    ------
    InvalidRequestError
        If the runs do not suffice, or have no such workload.
    """
    body = body_of(runs)
    law = fitted(body.points)
    work, warnings = _work(body, workload or {})
    shape, memory, of_memory = with_memory(shape, need_of(body.runs))
    evidence = [point.run_id for point in body.points]
    advice = advise(law, work, goal, shape, evidence)
    warnings += _of_law(law) + _of_runs(body) + _of_startup(work, advice.workers) + of_memory
    left_out = [f"Excluded: {one}." for one in body.left_out]
    return replace(
        advice,
        workload={body.amount: work.amount} if body.amount else {},
        memory=memory,
        measured=tuple(_measured(law, point) for point in body.points),
        warnings=(*advice.warnings, *warnings, *left_out),
    )


def _measured(law: Law, point: Point) -> tuple[float, float, float, float]:
    around = point.fixed_seconds + (point.startup.first_seconds if point.startup else 0.0)
    fit = max(law.scaling_seconds(_busy(point)) * point.amount, point.longest_seconds or 0.0)
    return point.threads, around + point.scaling_seconds, around + fit, point.amount


def _of_law(law: Law) -> list[str]:
    if law.name == "work-conservation":
        return [
            f"All runs had {format_count(round(law.measured_threads[1]))} threads, so contention is unknown: "
            "time it with other numbers of workers to improve the estimate."
        ]
    if law.spread is not None and law.spread > POOR_SPREAD:
        return [
            f"The runs differ from the law by {format_share(law.spread)}: they may measure different things, or give "
            "their workload in different units. This recommendation is unreliable."
        ]
    return []


def _of_runs(body: RunHistory) -> list[str]:
    """Return caveats about the runs."""
    found = {
        "shared their cluster with other clients' tasks": [
            r for r in body.runs if r.alone is False
        ],
        "had workers of other clusters on their nodes": [r for r in body.runs if r.other_pods],
        "had tasks that failed": [r for r in body.runs if r.failed_tasks],
    }
    told = [
        f"{len(some)} of {len(body.runs)} runs {what}: otherwise they would be faster."
        for what, some in found.items()
        if some
    ]
    if all(run.cold for run in body.runs):
        told.append(
            "All runs are cold, so imports and compilation on fresh workers are counted as work. "
            "Time it again on the same workers."
        )
    if all(run.approach == "serial" for run in body.runs):
        told.append(
            "The runs are serial: this assumes that their work can be distributed over workers."
        )
    return told


def _of_startup(work: Workload, workers: int) -> list[str]:
    seconds = work.startup.seconds(workers)
    if not seconds:
        return []
    return [
        f"Includes about {format_duration(seconds)} of waiting for workers to start, as in the newest run. On a cluster "
        "that is ready, it is faster by that much."
    ]


def fitted(points: Sequence[Point]) -> Law:
    """Fit the best law with non-negative coefficients: least squares of relative errors.

    Uses :func:`scipy.optimize.nnls` (Lawson and Hanson 1974), which is only imported here.
    """
    from scipy.optimize import nnls

    name = law_for(list(points))
    count = TERMS[name]
    rows, targets = [], []
    for point in points:
        measured = max(point.scaling_seconds, 1e-9)
        rows.append([term * point.amount / measured for term in terms(_busy(point))[:count]])
        targets.append(1.0)
    numbers, _ = nnls(rows, targets)
    a, b, c = (float(number) for number in [*numbers, 0.0, 0.0][:3])
    law = Law(
        name=name,
        work_seconds=a,
        contention_seconds=b if count > 1 else 0.0,
        coherency_seconds=c if count > 2 else 0.0,
        measured_threads=(min(map(_busy, points)), max(map(_busy, points))),
    )
    return _with_spread(law, points, count)


def _with_spread(law: Law, points: Sequence[Point], count: int) -> Law:
    free = len(points) - count
    if free < 1:
        return law
    errors = [
        point.scaling_seconds / (law.scaling_seconds(_busy(point)) * point.amount) - 1
        for point in points
    ]
    return replace(law, spread=math.sqrt(sum(error**2 for error in errors) / free))


def _busy(point: Point) -> float:
    return busy_threads(point.threads, point.tasks)


def _work(body: RunHistory, workload: Mapping[str, float]) -> tuple[Workload, list[str]]:
    """Return the next run's workload: that of the newest run, or of another amount."""
    last = body.points[0]
    amount, warnings = last.amount, list[str]()
    if workload:
        if body.amount is None or body.amount not in workload:
            known = body.amount or "none"
            raise InvalidRequestError(
                f"Cannot scale by {', '.join(workload)}: the runs give their workload as {known}."
            )
        amount = workload[body.amount]
        if not math.isfinite(amount) or amount <= 0:
            raise InvalidRequestError(f"`{body.amount}` must be more than 0, not {amount!r}.")
        warnings = _of_amount(body, amount)
    parts = {
        name: times_of([point.parts[name] for point in body.points])
        for name in last.parts
        if all(name in point.parts for point in body.points)
    }
    fixed = (
        sum(part.expected for part in parts.values())
        if parts
        else statistics.median(point.fixed_seconds for point in body.points)
    )
    chains = [point.chain_seconds for point in body.points if point.chain_seconds is not None]
    # A larger amount means more tasks of the same length.
    tasks = None if last.tasks is None else max(1, round(last.tasks * amount / last.amount))
    return (
        Workload(
            amount=amount,
            fixed_seconds=fixed,
            parts=parts,
            startup=_startup(body) if last.startup else Startup(),
            tasks=tasks,
            longest_seconds=last.longest_seconds,
            chain_seconds=min(chains, default=None),
        ),
        warnings,
    )


def _of_amount(body: RunHistory, amount: float) -> list[str]:
    name, known = body.amount, [point.amount for point in body.points]
    if amount == known[0]:
        return []
    told = [
        f"Assumes that time independent of the workers does not grow with {name}, and that all other time is "
        f"proportional to it ({format_count(known[0])} in {body.runs[0].name}, {format_count(amount)} requested)."
    ]
    if not min(known) / MAX_EXTRAPOLATION <= amount <= max(known) * MAX_EXTRAPOLATION:
        told.append(
            f"{format_count(amount)} {name} differ from the measured amounts by more than a factor of four: "
            "this is a guess. Measure it first."
        )
    return told


def _startup(body: RunHistory) -> Startup:
    """Return the median of the runs that had to wait for workers."""
    found = [point.startup for point in body.points if point.startup]
    return Startup(
        first_seconds=statistics.median(one.first_seconds for one in found),
        per_worker_seconds=statistics.median(one.per_worker_seconds for one in found),
    )
