"""Recommends a cluster size for a goal within constraints.

Pure; see :mod:`hrlab.sizing.laws` for the expected times.
"""

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

#: Upper bound of recommendations: ten times the size of the largest facility.
MAX_WORKERS = 10_000
#: If two sizes differ in time by less than this share, the smaller one is considered as fast.
AS_FAST = 0.01
#: Points of a curve, besides the recommendation.
CURVE_POINTS = 32
#: With fewer tasks per thread, threads idle while the last tasks finish.
TASKS_PER_THREAD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A recommended number of workers, with the reasons.

    Attributes
    ----------
    phases
        Seconds that do not scale (``fixed``), that scale (``scaling``), and spent waiting for workers (``startup``).
    phase_seconds
        Expected times of `pre`, `dask`, `between` and `post`; empty if the runs have no phases.
    startup
        Start-up times of workers, if runs had to wait for them; otherwise absent.
    efficiency
        Work divided by the capacity of the threads in the scaling time, from 0 to 1; see :meth:`tells_efficiency`.
    core_hours
        Cores times wall time.
    limited_by
        Why not more workers: the goal is reached, fewer tasks than threads, the part that does not scale, the longest
        task,
        the measured range, the profile, available memory, the quota.
    bounds
        Maximum workers by ``profile``, ``memory`` and ``quota``, where known; the tightest first.
    trusted_workers
        Beyond this number, four times the measured one, expectations are guesses. No more are recommended.
    memory
        Reason for the memory per worker; absent if it was never measured.
    nodes
        Distribution of the workers over nodes; absent if the site does not describe its nodes.
    tasks, least_tasks
        Number of concurrent tasks of the run (absent if unknown), and the number it should have for these threads.
    measured
        ``[threads, wall seconds, fitted wall seconds, amount]`` of each run of the evidence, in its order; amounts of
        the figure in `workload`, else 1.
    evidence
        Ids of the runs.
    curve
        ``[workers, seconds, low, high]``.
    table
        ``[workers, efficiency, core hours]`` for the same numbers of workers.
    workload
        Workload figure of the runs, and its amount in the recommendation; empty if there is none.
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
        """Whether the efficiency is known: runs had several numbers of threads, and `workers` is not too far from them."""
        return tells_contention(self.model) and workers <= self.trusted_workers


def tells_contention(law: LawName) -> bool:
    """Whether a law includes contention: runs with a single number of threads cannot determine it."""
    return law != "work-conservation"


def advise(law: Law, work: Workload, goal: Goal, shape: Shape, evidence: Sequence[str]) -> Advice:
    """Return the smallest available cluster that reaches the goal, or comes nearest to it."""
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
    """Return expectations by number of workers, regardless of quotas, which change."""
    last = min([MAX_WORKERS, *(n for name, n in most.items() if name != "quota")])
    sizes = range(max(1, shape.workers_minimum), last + 1)
    if not sizes:
        raise InvalidRequestError(
            f"No cluster size to recommend: the minimum is {sizes.start} workers and the maximum {last}."
        )
    expected = {n: expect(law, work, n * shape.cores, n) for n in sizes}
    return _without_late(expected) if work.startup.per_worker_seconds else expected


def _without_late(expected: Mapping[int, Expectation]) -> dict[int, Expectation]:
    """Exclude workers that arrive when the work is nearly done: they do not make it slower."""
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
    """Return the bounds, including the core hours left by quotas, the tightest first."""
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
    # If nothing is left, recommend the smallest size, for which the user can make room.
    return {n: one for n, one in expected.items() if n <= quota or n == min(expected)}


def _within(expected: Mapping[int, Expectation], trusted: int) -> dict[int, Expectation]:
    """Limit the available sizes to those covered by measurements."""
    least = min(expected)
    return {n: one for n, one in expected.items() if n <= max(trusted, least)}


def _of_a_guess(allowed: Mapping[int, Expectation], chosen: int, wanted: int) -> list[str]:
    """Describe what more workers might achieve."""
    if wanted <= chosen:
        return []
    seconds = format_duration(allowed[wanted].seconds)
    return [
        f"{format_count(wanted)} workers might take about {seconds}; this is a guess far beyond the measured sizes. "
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
            f"Your quotas allow {format_count(left)} more workers, but a cluster needs at least "
            f"{format_count(chosen)}: close another cluster first, or ask your administrator."
        ]
    wanted, _ = _choose(expected, law, work, goal)
    if wanted <= left:
        return []
    seconds = format_duration(expected[wanted].seconds)
    return [
        f"Without quotas, the recommendation would be {format_count(wanted)} workers and about {seconds}; "
        f"your quotas allow {format_count(left)} more."
    ]


def _of_the_unknown(shape: Shape) -> list[str]:
    if shape.room is None or not shape.room.unknown:
        return []
    return [
        f"Your remaining quota of {' and '.join(shape.room.unknown)} is currently unknown: the request may be rejected."
    ]


def _of_extrapolation(law: Law, one: Expectation) -> list[str]:
    if not one.extrapolated:
        return []
    return [
        f"This is a guess: more than four times the {law.measured_threads[1]:g} threads that were measured. "
        "Measure a larger run first."
    ]


def _of_efficiency(law: Law, goal: Goal) -> list[str]:
    if goal.name != "efficiency" or tells_contention(law.name):
        return []
    return [
        "The efficiency of other sizes is unknown: all runs had the same number of threads. "
        "Measure scaling first."
    ]


def _of_tasks(work: Workload, one: Expectation) -> list[str]:
    if work.tasks is None or work.tasks >= TASKS_PER_THREAD * one.threads:
        return []
    return [
        f"{format_count(work.tasks)} tasks for {format_count(one.threads)} threads: with fewer than two per thread, threads "
        f"idle. Ask for at least {format_count(TASKS_PER_THREAD * one.threads)} partitions or chunks where the graph is "
        "built (`npartitions`, which ROOT fixes then)."
    ]


def efficiency(law: Law, work: Workload, one: Expectation) -> float:
    """Return the work divided by the capacity of the threads in the scaling time."""
    could = one.scaling_seconds * one.threads
    return min(1.0, law.work_seconds * work.amount / could) if could > 0 else 0.0


def core_hours(one: Expectation) -> float:
    """Return the core hours of the cluster during the run."""
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
        why = f" {work.fixed_seconds:.3g} s do not depend on the number of workers."
        return fastest, [
            f"Not possible in {goal.value:g} s: the fastest takes about {best:.3g} s."
            f"{why if work.fixed_seconds >= goal.value else ''}"
        ]
    if goal.name == "efficiency":
        good = [n for n, one in expected.items() if efficiency(law, work, one) >= goal.value]
        missed = f"No size reaches {goal.value:.0%} efficiency: the smallest comes closest."
        return (max(good), []) if good else (min(expected), [missed])
    good = [n for n, one in expected.items() if core_hours(one) <= goal.value]
    if good:
        return _fastest({n: expected[n] for n in good}), []
    cheapest = min(expected, key=lambda n: core_hours(expected[n]))
    cost = core_hours(expected[cheapest])
    return cheapest, [
        f"Not possible in {goal.value:g} core hours: the cheapest size needs {cost:.3g}."
    ]


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
    """Return why no more workers are recommended."""
    one, largest = allowed[chosen], max(allowed)
    if (
        goal.name == "finish_within_seconds"
        and goal.value is not None
        and one.seconds <= goal.value
    ):
        return "goal"
    # The fastest may be slightly below the bound: slightly different sizes are as fast.
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
    """Return the sizes to show: evenly spaced on a logarithmic scale, the recommendation, and the quota limit."""
    low, high = min(expected), max(expected)
    spread = {round(low * (high / low) ** (i / CURVE_POINTS)) for i in range(CURVE_POINTS + 1)}
    marked = {chosen, min(high, max(low, most.get("quota", high)))}
    return sorted(spread | marked)


def _curve_point(workers: int, one: Expectation) -> tuple[int, float, float, float]:
    return (workers, one.seconds, one.low_seconds, one.high_seconds)
