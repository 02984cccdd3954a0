"""Advice on the size of a cluster, from earlier runs of the same code."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace

from hrlab.model.errors import InvalidRequestError
from hrlab.model.run import Run
from hrlab.model.scaling import Law, Point, Workload, busy_threads, law_for, terms
from hrlab.model.sizing import Advice, Goal, Shape, advise
from hrlab.model.units import format_count
from hrlab.services.evidence import Body, body_of

TERMS = {"universal-scalability": 3, "amdahl": 2, "work-conservation": 1}


def advice_for(
    runs: Sequence[Run], goal: Goal, shape: Shape, workload: Mapping[str, float] | None = None
) -> Advice:
    """Advice from `runs`, newest first, for the next run of the newest one's code.

    Parameters
    ----------
    workload
        What the next run processes, if not what the newest did.

    Raises
    ------
    InvalidRequestError
        If the runs do not say enough, or the workload is not the runs'.
    """
    body = body_of(runs)
    law = fitted(body.points)
    work, warnings = _work(body, workload or {})
    evidence = [point.run_id for point in body.points]
    advice = advise(law, work, goal, shape, evidence)
    left_out = [f"Left out: {one}." for one in body.left_out]
    if law.name == "work-conservation":
        warnings.append(
            f"All runs had {format_count(round(law.measured_threads[1]))} threads, so contention is unknown: "
            "time it on other numbers of workers to know better."
        )
    measured_by = {body.amount: work.amount} if body.amount else {}
    return replace(advice, workload=measured_by, warnings=(*advice.warnings, *warnings, *left_out))


def fitted(points: Sequence[Point]) -> Law:
    """The law that fits best with no negative number: least squares of relative errors.

    By :func:`scipy.optimize.nnls` (Lawson and Hanson 1974), which is loaded only here.
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


def _work(body: Body, workload: Mapping[str, float]) -> tuple[Workload, list[str]]:
    """What the next run is: as the newest, or of another amount."""
    newest, last = body.runs[0], body.points[0]
    amount, warnings = last.amount, list[str]()
    if workload:
        if body.amount is None or body.amount not in workload:
            known = body.amount or "none"
            raise InvalidRequestError(
                f"The runs' workload is told by {known}, not by {', '.join(workload)}: it can't be scaled by that."
            )
        amount = workload[body.amount]
        if not math.isfinite(amount) or amount <= 0:
            raise InvalidRequestError(f"`{body.amount}` must be more than 0, not {amount!r}.")
        if amount != last.amount:
            warnings.append(
                f"Time that does not scale with workers is taken not to grow with {body.amount}, all other time to be "
                f"proportional to it ({format_count(last.amount)} in {newest.name}, {format_count(amount)} asked)."
            )
    fixed = statistics.median(point.fixed_seconds for point in body.points)
    # More of the same are more tasks of the same length.
    tasks = None if last.tasks is None else max(1, round(last.tasks * amount / last.amount))
    return (
        Workload(
            amount=amount, fixed_seconds=fixed, tasks=tasks, longest_seconds=last.longest_seconds
        ),
        warnings,
    )
