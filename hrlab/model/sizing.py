"""How large a cluster should be: a goal, what may be asked for, and the advice. Pure; see `scaling` for the times."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from hrlab.model.errors import InvalidRequestError, MalformedError
from hrlab.model.scaling import Expectation, Law, LawName, Workload, expect
from hrlab.model.wire import OMIT_NONE

GoalName: TypeAlias = Literal["finish_within_seconds", "efficiency", "fastest", "core_hours"]
LimitedBy: TypeAlias = Literal["goal", "tasks", "serial", "longest-task", "profile", "quota"]

#: More is not asked of anybody: ten times what the largest facility has.
MAX_WORKERS = 10_000
#: Of two sizes whose times differ by less than this share, the smaller one is as fast.
AS_FAST = 0.01
#: Points of a curve, beside the advice.
CURVE_POINTS = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What the user wants; `value` is seconds, an efficiency from 0 to 1, or core hours, and None for ``fastest``."""

    name: GoalName
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What may be asked for.

    Attributes
    ----------
    cores, memory_bytes
        Of one worker.
    workers_minimum, workers_maximum
        Bounds of their number, and who sets the upper one.
    """

    cores: int = 1
    memory_bytes: int = 0
    workers_minimum: int = 1
    workers_maximum: int = 128
    limited_by: Literal["profile", "quota"] = "profile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """An expected time, and between what it probably is (about 95 %)."""

    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """How many workers to ask for, and why.

    Attributes
    ----------
    phases
        Seconds that do not scale (``fixed``) and that do (``scaling``), as expected.
    efficiency
        Work over what the threads could have done in the scaling time, from 0 to 1.
    core_hours
        Cores times wall time.
    limited_by
        Why it is not more: the goal is reached, fewer tasks than threads, the part that does not scale, the longest
        task, the profile, the quota.
    evidence
        Ids of the runs.
    curve
        ``[workers, seconds, low, high]``.
    table
        ``[workers, efficiency, core hours]`` of the same numbers of workers.
    workload
        The figure by which the runs' work was measured, and how much of it the advice is for; empty if they tell none.
    """

    workers: int
    cores_per_worker: int
    memory_bytes_per_worker: int
    wall_seconds: Times
    phases: Mapping[str, float]
    efficiency: float
    core_hours: float
    limited_by: LimitedBy
    model: LawName
    evidence: tuple[str, ...]
    spread: float | None = field(default=None, metadata=OMIT_NONE)
    curve: tuple[tuple[int, float, float, float], ...] = ()
    table: tuple[tuple[int, float, float], ...] = ()
    workload: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def goal_from(value: object) -> Goal:
    """The goal that ``{"fastest": true}``, ``{"finish_within_seconds": 120}``, ... writes.

    Raises
    ------
    MalformedError
        If it is not one of these.
    InvalidRequestError
        For a value that nobody can mean.
    """
    known = ("finish_within_seconds", "efficiency", "fastest", "core_hours")
    if not isinstance(value, Mapping) or len(value) != 1 or next(iter(value)) not in known:
        raise MalformedError(f"`goal` must be an object with exactly one of {', '.join(known)}.")
    name, amount = next(iter(value.items()))
    if name == "fastest":
        if amount is not True:
            raise InvalidRequestError("`fastest` takes only true.")
        return Goal(name="fastest")
    if (
        isinstance(amount, bool)
        or not isinstance(amount, (int, float))
        or not math.isfinite(amount)
    ):
        raise InvalidRequestError(f"`{name}` must be a number, not {amount!r}.")
    if amount <= 0 or (name == "efficiency" and amount > 1) or amount > 1e9:
        bounds = "above 0 and at most 1" if name == "efficiency" else "above 0 and at most 10⁹"
        raise InvalidRequestError(f"`{name}` must be {bounds}, not {amount!r}.")
    return Goal(name=name, value=float(amount))


def advise(law: Law, work: Workload, goal: Goal, shape: Shape, evidence: Sequence[str]) -> Advice:
    """The smallest cluster that reaches the goal, or comes nearest to it."""
    sizes = range(max(1, shape.workers_minimum), min(shape.workers_maximum, MAX_WORKERS) + 1)
    if not sizes:
        raise InvalidRequestError(
            f"From {shape.workers_minimum} to {shape.workers_maximum} workers there is no number to advise."
        )
    expected = {workers: expect(law, work, workers * shape.cores) for workers in sizes}
    chosen, warnings = _choose(expected, law, work, goal)
    one = expected[chosen]
    if one.extrapolated:
        warnings.append(
            f"More than four times the {law.measured_threads[1]:g} threads that were measured: a guess. "
            "Measure a larger run first."
        )
    shown = _shown(sizes, chosen)
    return Advice(
        workers=chosen,
        cores_per_worker=shape.cores,
        memory_bytes_per_worker=shape.memory_bytes,
        wall_seconds=Times(expected=one.seconds, low=one.low_seconds, high=one.high_seconds),
        phases={"fixed": work.fixed_seconds, "scaling": one.scaling_seconds},
        efficiency=efficiency(law, work, one),
        core_hours=core_hours(one),
        limited_by=_limit(expected, chosen, law, work, goal, shape),
        model=law.name,
        evidence=tuple(evidence),
        spread=law.spread,
        curve=tuple(_curve_point(n, expected[n]) for n in shown),
        table=tuple(
            (n, efficiency(law, work, expected[n]), core_hours(expected[n])) for n in shown
        ),
        warnings=tuple(warnings),
    )


def efficiency(law: Law, work: Workload, one: Expectation) -> float:
    """Work over what the threads could have done in the scaling time."""
    could = one.scaling_seconds * one.threads
    return min(1.0, law.work_seconds * work.amount / could) if could > 0 else 0.0


def core_hours(one: Expectation) -> float:
    """What the cluster costs while the run is on."""
    return one.threads * one.seconds / 3600


def _choose(
    expected: Mapping[int, Expectation], law: Law, work: Workload, goal: Goal
) -> tuple[int, list[str]]:
    fastest = _fastest(expected)
    if goal.name == "fastest" or goal.value is None:
        return fastest, []
    if goal.name == "finish_within_seconds":
        good = [n for n, one in expected.items() if one.seconds <= goal.value]
        if good:
            return min(good), []
        best = expected[fastest].seconds
        return fastest, [
            f"It can't be done in {goal.value:g} s: the fastest is about {best:.3g} s."
        ]
    if goal.name == "efficiency":
        good = [n for n, one in expected.items() if efficiency(law, work, one) >= goal.value]
        missed = f"No number of workers is {goal.value:.0%} efficient: the smallest comes nearest."
        return (max(good), []) if good else (min(expected), [missed])
    good = [n for n, one in expected.items() if core_hours(one) <= goal.value]
    if good:
        return _fastest({n: expected[n] for n in good}), []
    cheapest = min(expected, key=lambda n: core_hours(expected[n]))
    cost = core_hours(expected[cheapest])
    return cheapest, [f"It can't be done in {goal.value:g} core hours: the least is {cost:.3g}."]


def _fastest(expected: Mapping[int, Expectation]) -> int:
    best = min(one.seconds for one in expected.values())
    return min(n for n, one in expected.items() if one.seconds <= best * (1 + AS_FAST))


def _limit(
    expected: Mapping[int, Expectation],
    chosen: int,
    law: Law,
    work: Workload,
    goal: Goal,
    shape: Shape,
) -> LimitedBy:
    """Why it is not more workers."""
    one = expected[chosen]
    if chosen == max(expected) and _would_gain(law, work, one):
        return shape.limited_by
    if goal.name != "fastest" and chosen != _fastest(expected):
        return "goal"
    following = expected.get(chosen + 1, one)
    if following.bound is not None:
        return following.bound
    return "serial"


def _would_gain(law: Law, work: Workload, one: Expectation) -> bool:
    return expect(law, work, 2 * one.threads).seconds < one.seconds * (1 - AS_FAST)


def _shown(sizes: range, chosen: int) -> list[int]:
    """Which numbers of workers to show: evenly spread over the doublings, and the advice."""
    low, high = sizes[0], sizes[-1]
    spread = {round(low * (high / low) ** (i / CURVE_POINTS)) for i in range(CURVE_POINTS + 1)}
    return sorted({chosen, *spread})


def _curve_point(workers: int, one: Expectation) -> tuple[int, float, float, float]:
    return (workers, one.seconds, one.low_seconds, one.high_seconds)
