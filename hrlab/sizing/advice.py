"""How large a cluster should be: a goal, what may be asked for, and the advice. Pure; see `scaling` for the times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from hrlab.model.errors import InvalidRequestError
from hrlab.model.shape import BoundName, MemoryAdvice, Packing, Shape, bounds, packing
from hrlab.model.units import format_count, format_duration
from hrlab.model.wire import OMIT_NONE
from hrlab.sizing.goal import Goal
from hrlab.sizing.laws import (
    MAX_EXTRAPOLATION,
    Expectation,
    Law,
    LawName,
    Startup,
    Times,
    Workload,
    expect,
    total,
)

LimitedBy: TypeAlias = Literal[
    "goal", "tasks", "serial", "longest-task", "measured", "profile", "memory", "quota"
]

#: More is not asked of anybody: ten times what the largest facility has.
MAX_WORKERS = 10_000
#: Of two sizes whose times differ by less than this share, the smaller one is as fast.
AS_FAST = 0.01
#: Points of a curve, beside the advice.
CURVE_POINTS = 32
#: With fewer tasks for each thread, threads idle while the last tasks are done.
TASKS_PER_THREAD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """How many workers to ask for, and why.

    Attributes
    ----------
    phases
        Seconds that do not scale (``fixed``), that do (``scaling``), and for which workers are waited (``startup``).
    phase_seconds
        What is expected of `pre`, `dask`, `between` and `post`; empty if the runs do not tell phases apart.
    startup
        What workers take to start, as far as runs had to wait for them; absent if they did not.
    efficiency
        Work over what the threads could have done in the scaling time, from 0 to 1; see :meth:`tells_efficiency`.
    core_hours
        Cores times wall time.
    limited_by
        Why it is not more: the goal is reached, fewer tasks than threads, the part that does not scale, the longest
        task, what was measured, the profile, memory for more of them, the quota.
    bounds
        Most workers by ``profile``, ``memory`` and ``quota``, those that say one; the tightest first.
    trusted_workers
        Beyond that many, expectations are a guess: four times what was measured. No more are advised.
    memory
        Why so much memory for each; absent if it was never measured.
    nodes
        How the workers lie on the site's nodes; absent if the site does not say what they are like.
    tasks, least_tasks
        How many tasks the run has at once (absent if unknown), and how many it should have for that many threads.
    measured
        ``[threads, wall seconds, fitted wall seconds, amount]`` of each run of the evidence, in its order; amounts of
        the figure in `workload`, else 1.
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
    phase_seconds: Mapping[str, Times] = field(default_factory=dict)
    startup: Startup | None = field(default=None, metadata=OMIT_NONE)
    bounds: Mapping[str, int] = field(default_factory=dict)
    trusted_workers: int = MAX_WORKERS
    memory: MemoryAdvice | None = field(default=None, metadata=OMIT_NONE)
    nodes: Packing | None = field(default=None, metadata=OMIT_NONE)
    tasks: int | None = field(default=None, metadata=OMIT_NONE)
    least_tasks: int = 0
    measured: tuple[tuple[float, float, float, float], ...] = ()
    warnings: tuple[str, ...] = ()

    def tells_efficiency(self, workers: int) -> bool:
        """Whether the runs tell how efficient that many are: by several numbers of threads, and not too far from them."""
        return tells_contention(self.model) and workers <= self.trusted_workers


def tells_contention(law: LawName) -> bool:
    """Whether a law knows what contention costs: runs of one number of threads do not tell."""
    return law != "work-conservation"


def advise(law: Law, work: Workload, goal: Goal, shape: Shape, evidence: Sequence[str]) -> Advice:
    """The smallest cluster that reaches the goal, or comes nearest to it, of those that may be had."""
    most = bounds(shape)
    packed, stranded = packing(shape, 1)
    if shape.node is not None and packed is None:
        raise InvalidRequestError(stranded[0])
    expected = _expected(law, work, shape, most)
    most = _with_hours(most, expected, shape)
    allowed = _allowed(expected, most)
    trusted = max(1, int(MAX_EXTRAPOLATION * law.measured_threads[1] / shape.cores))
    wanted, warnings = _choose(allowed, law, work, goal)
    known = _within(allowed, trusted)
    chosen = wanted if wanted in known else _choose(known, law, work, goal)[0]
    one = allowed[chosen]
    packed, stranded = packing(shape, chosen)
    shown = _shown(expected, chosen, most)
    return Advice(
        workers=chosen,
        cores_per_worker=shape.cores,
        memory_bytes_per_worker=shape.memory_bytes,
        wall_seconds=Times(expected=one.seconds, low=one.low_seconds, high=one.high_seconds),
        phases={
            "fixed": work.fixed_seconds,
            "scaling": one.scaling_seconds,
            "startup": one.startup_seconds,
        },
        phase_seconds=_phases(work, one),
        startup=work.startup if work.startup != Startup() else None,
        efficiency=efficiency(law, work, one),
        core_hours=core_hours(one),
        limited_by="measured"
        if wanted > chosen
        else _limit(allowed, chosen, law, work, goal, most),
        bounds={str(name): workers for name, workers in most.items()},
        trusted_workers=trusted,
        nodes=packed,
        tasks=work.tasks,
        least_tasks=TASKS_PER_THREAD * one.threads,
        model=law.name,
        evidence=tuple(evidence),
        spread=law.spread,
        curve=tuple(_curve_point(n, expected[n]) for n in shown),
        table=tuple(
            (n, efficiency(law, work, expected[n]), core_hours(expected[n])) for n in shown
        ),
        warnings=(
            *warnings,
            *_of_a_guess(allowed, chosen, wanted),
            *_of_quota(_within(expected, trusted), chosen, most, law, work, goal),
            *_of_the_unknown(shape),
            *_of_extrapolation(law, one),
            *_of_efficiency(law, goal),
            *_of_tasks(work, one),
            *stranded,
        ),
    )


def _expected(
    law: Law, work: Workload, shape: Shape, most: Mapping[BoundName, int]
) -> dict[int, Expectation]:
    """By number of workers, whatever quotas leave: they change."""
    last = min([MAX_WORKERS, *(n for name, n in most.items() if name != "quota")])
    sizes = range(max(1, shape.workers_minimum), last + 1)
    if not sizes:
        raise InvalidRequestError(
            f"From {sizes.start} to {last} workers there is no number to advise."
        )
    expected = {n: expect(law, work, n * shape.cores, n) for n in sizes}
    return _without_late(expected) if work.startup.per_worker_seconds else expected


def _without_late(expected: Mapping[int, Expectation]) -> dict[int, Expectation]:
    """Workers that come when the work is nearly done do not make it longer."""
    found: dict[int, Expectation] = {}
    best = expected[min(expected)]
    for workers, one in expected.items():
        if one.seconds <= best.seconds:
            best = one
        found[workers] = replace(best, threads=one.threads, extrapolated=one.extrapolated)
    return found


def _with_hours(
    most: dict[BoundName, int], expected: Mapping[int, Expectation], shape: Shape
) -> dict[BoundName, int]:
    """Bounds, with the core hours that quotas leave, the tightest first."""
    left = shape.room.core_hours if shape.room is not None else None
    if left is None:
        return most
    paid = max((n for n, one in expected.items() if core_hours(one) <= left), default=0)
    if paid == max(expected):
        return most
    bounded: dict[BoundName, int] = {**most, "quota": min(paid, most.get("quota", paid))}
    return dict(sorted(bounded.items(), key=lambda one: one[1]))


def _allowed(
    expected: Mapping[int, Expectation], most: Mapping[BoundName, int]
) -> dict[int, Expectation]:
    quota = most.get("quota", MAX_WORKERS)
    # Where nothing is left, the smallest is what to make room for.
    return {n: one for n, one in expected.items() if n <= quota or n == min(expected)}


def _within(expected: Mapping[int, Expectation], trusted: int) -> dict[int, Expectation]:
    """Of what may be had, what may be advised: no more workers than runs say something about."""
    least = min(expected)
    return {n: one for n, one in expected.items() if n <= max(trusted, least)}


def _of_a_guess(allowed: Mapping[int, Expectation], chosen: int, wanted: int) -> list[str]:
    """What more workers might do."""
    if wanted <= chosen:
        return []
    seconds = format_duration(allowed[wanted].seconds)
    return [
        f"{format_count(wanted)} workers might take about {seconds}: a guess, since nothing near it was measured. "
        "Measure a larger run first."
    ]


def _phases(work: Workload, one: Expectation) -> dict[str, Times]:
    if not work.parts:
        return {}
    around = [work.parts[name] for name in ("submit", "gather") if name in work.parts]
    outside = {name: work.parts[name] for name in ("pre", "between", "post") if name in work.parts}
    return {**outside, "dask": total([one.dask_times, *around])}


def _of_quota(
    expected: Mapping[int, Expectation],
    chosen: int,
    most: Mapping[BoundName, int],
    law: Law,
    work: Workload,
    goal: Goal,
) -> list[str]:
    left = most.get("quota")
    if left is None or left >= max(expected):
        return []
    if left < chosen:
        return [
            f"Your quotas leave room for {format_count(left)} workers, and a cluster has at least "
            f"{format_count(chosen)}: close another one first, or ask your admin."
        ]
    wanted, _ = _choose(expected, law, work, goal)
    if wanted <= left:
        return []
    seconds = format_duration(expected[wanted].seconds)
    return [
        f"Without the quota it would be {format_count(wanted)} workers and about {seconds}; {format_count(left)} are left."
    ]


def _of_the_unknown(shape: Shape) -> list[str]:
    if shape.room is None or not shape.room.unknown:
        return []
    return [
        f"How much your quotas leave of {' and '.join(shape.room.unknown)} is not known now: so many may be refused."
    ]


def _of_extrapolation(law: Law, one: Expectation) -> list[str]:
    if not one.extrapolated:
        return []
    return [
        f"More than four times the {law.measured_threads[1]:g} threads that were measured: a guess. "
        "Measure a larger run first."
    ]


def _of_efficiency(law: Law, goal: Goal) -> list[str]:
    if goal.name != "efficiency" or tells_contention(law.name):
        return []
    return [
        "How efficient other numbers of workers are is not known: all runs had the same number of threads. "
        "Measure scaling first."
    ]


def _of_tasks(work: Workload, one: Expectation) -> list[str]:
    if work.tasks is None or work.tasks >= TASKS_PER_THREAD * one.threads:
        return []
    return [
        f"{format_count(work.tasks)} tasks for {format_count(one.threads)} threads: with fewer than two for each, threads "
        f"idle. Ask for at least {format_count(TASKS_PER_THREAD * one.threads)} partitions or chunks where the graph is "
        "built (`npartitions`, which ROOT fixes then)."
    ]


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
        why = f" {work.fixed_seconds:.3g} s do not scale with workers."
        return fastest, [
            f"It can't be done in {goal.value:g} s: the fastest is about {best:.3g} s."
            f"{why if work.fixed_seconds >= goal.value else ''}"
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
    allowed: Mapping[int, Expectation],
    chosen: int,
    law: Law,
    work: Workload,
    goal: Goal,
    most: Mapping[BoundName, int],
) -> LimitedBy:
    """Why it is not more workers."""
    one, largest = allowed[chosen], max(allowed)
    if (
        goal.name == "finish_within_seconds"
        and goal.value is not None
        and one.seconds <= goal.value
    ):
        return "goal"
    # The fastest may be a little below the bound: a few workers more or less are as fast.
    at_bound = chosen in (largest, _fastest(allowed))
    if at_bound and _would_gain(law, work, allowed[largest], largest):
        return next((name for name, workers in most.items() if workers <= largest), "profile")
    if goal.name != "fastest" and chosen != _fastest(allowed):
        return "goal"
    following = allowed.get(chosen + 1, one)
    if following.bound is not None:
        return following.bound
    return "serial"


def _would_gain(law: Law, work: Workload, one: Expectation, workers: int) -> bool:
    twice = expect(law, work, 2 * one.threads, 2 * workers)
    return twice.seconds < one.seconds * (1 - AS_FAST)


def _shown(
    expected: Mapping[int, Expectation], chosen: int, most: Mapping[BoundName, int]
) -> list[int]:
    """Which numbers of workers to show: evenly spread over the doublings, the advice, and what quotas leave."""
    low, high = min(expected), max(expected)
    spread = {round(low * (high / low) ** (i / CURVE_POINTS)) for i in range(CURVE_POINTS + 1)}
    marked = {chosen, min(high, max(low, most.get("quota", high)))}
    return sorted(spread | marked)


def _curve_point(workers: int, one: Expectation) -> tuple[int, float, float, float]:
    return (workers, one.seconds, one.low_seconds, one.high_seconds)
