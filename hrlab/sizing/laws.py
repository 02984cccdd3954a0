r"""How long a run would take on another number of threads. Pure: measured numbers in, expected times out.

A run's wall time is split into what does not depend on the number of threads :math:`N` and what does:

.. math:: T(N) = T_\text{fixed} + S(N_\text{eff}), \qquad S(N) = \frac{A + B\,(N-1) + C\,N(N-1)}{N}

:math:`T_\text{fixed}` are the phases `pre`, `between` and `post` and the stages `submit` and `gather`. :math:`A` is the work
in thread seconds, :math:`B` what contention costs and :math:`C` what coherency costs: with :math:`\sigma = B/A` and
:math:`\kappa = C/A` this is the Universal Scalability Law [1]_, with :math:`C = 0` Amdahl's law [2]_, and with
:math:`B = C = 0` conservation of work. How many of the three are fitted follows from how many numbers of threads were
measured: three, two, or one.

More threads than tasks idle: :math:`N_\text{eff} = \min(N, \text{tasks})`; and no run is shorter than its longest task.
Where tasks of several kinds may have to follow one another, the longest of each kind, one after the other, is within the
range of what is likely. Work grows with the amount that is processed, where runs say it.

Workers that start while the run waits cost time of their own: the first one :math:`t_1`, each further one :math:`r`. While
the :math:`n` workers come one after the other, on average half of them are missed, so that
:math:`T_\text{start}(n) = t_1 + r\,(n - 1) / 2` is added.

References
----------
.. [1] N. J. Gunther, "Guerrilla Capacity Planning", Springer 2007, chapter 4.
.. [2] G. M. Amdahl, "Validity of the single processor approach to achieving large scale computing capabilities",
   AFIPS 1967, doi:10.1145/1465482.1465560.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

LawName: TypeAlias = Literal["universal-scalability", "amdahl", "work-conservation"]

#: Beyond this multiple of the largest measured number of threads, an expectation is called a guess.
MAX_EXTRAPOLATION = 4.0
#: Minimum relative uncertainty: repeats of one cell on one machine vary this much.
LEAST_UNCERTAINTY = 0.05
#: Assumed if there are no more runs than fitted coefficients, so the quality of the fit is unknown.
UNKNOWN_UNCERTAINTY = 0.15
#: Contention beyond the measured range is unknown: a disk or a lock may saturate. The upper end assumes that half of the
#: gain of each further doubling is lost, so it takes 3/4 of the time instead of half of it; likewise the lower end for fewer
#: threads than were measured.
ASSUMED_LOSS_PER_DOUBLING = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """An expected time in seconds with its likely range (about 95 %)."""

    expected: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Startup:
    """Seconds until the first worker is ready, and from each worker to the next."""

    first_seconds: float = 0.0
    per_worker_seconds: float = 0.0

    def seconds(self, workers: int) -> float:
        """Return the waiting time in seconds that a run spends for this many workers."""
        return self.first_seconds + self.per_worker_seconds * (workers - 1) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Data point of one run.

    Attributes
    ----------
    threads
        Average threads during the loops, at least 1.
    amount
        Amount of work, in a unit common to all runs; 1 if unknown.
    fixed_seconds
        Time that does not scale: `pre`, `between`, `post`, `submit`, `gather`.
    parts
        The same by those names; empty if only the wall time is known.
    startup
        Waiting for workers; None if they were ready.
    scaling_seconds
        The rest of the wall time.
    tasks, longest_seconds
        Number of tasks, and the longest of them; None if unknown.
    chain_seconds
        Sum of the longest task of each kind; None if unknown.
    """

    run_id: str
    threads: float
    amount: float = 1.0
    fixed_seconds: float
    scaling_seconds: float
    parts: Mapping[str, float] = field(default_factory=dict)
    startup: Startup | None = None
    tasks: int | None = None
    longest_seconds: float | None = None
    chain_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """Fitted non-negative coefficients, per unit of amount.

    Attributes
    ----------
    work_seconds, contention_seconds, coherency_seconds
        A, B and C above.
    spread
        Standard deviation of measured over fitted; None if there were no more runs than fitted coefficients.
    measured_threads
        Minimum and maximum measured threads.
    """

    name: LawName
    work_seconds: float
    contention_seconds: float = 0.0
    coherency_seconds: float = 0.0
    spread: float | None = None
    measured_threads: tuple[float, float]

    def scaling_seconds(self, threads: float) -> float:
        """Return S(N) for one unit of amount."""
        fitted = (self.work_seconds, self.contention_seconds, self.coherency_seconds)
        return sum(a * b for a, b in zip(fitted, terms(threads), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """The next run: amount, fixed time (total and by parts), waiting for workers, number and lengths of tasks."""

    amount: float
    fixed_seconds: float
    parts: Mapping[str, Times] = field(default_factory=dict)
    startup: Startup = Startup()
    tasks: int | None = None
    longest_seconds: float | None = None
    chain_seconds: float | None = None


Bound: TypeAlias = Literal["tasks", "longest-task"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """Expected wall time on a number of threads, with its likely range (about 95 %), and the bottleneck, if any.

    `dask_times` excludes `submit` and `gather`, and includes waiting for workers.
    """

    threads: int
    seconds: float
    low_seconds: float
    high_seconds: float
    scaling_seconds: float
    startup_seconds: float = 0.0
    dask_times: Times
    bound: Bound | None = None
    extrapolated: bool = False


def busy_threads(threads: float, tasks: int | None) -> float:
    """Return the number of threads that have a task; all, if the number of tasks is unknown."""
    return threads if tasks is None else max(1, min(threads, tasks))


def terms(threads: float) -> tuple[float, float, float]:
    """Return the factors of A, B and C in S(N), for the fit."""
    return (1 / threads, (threads - 1) / threads, threads - 1)


def law_for(points: list[Point]) -> LawName:
    """Return the law that can be fitted to this many different numbers of threads."""
    different = len({round(point.threads, 1) for point in points})
    if different >= 3:
        return "universal-scalability"
    return "amdahl" if different == 2 else "work-conservation"


def expect(law: Law, work: Workload, threads: int, workers: int | None = None) -> Expectation:
    """Return the expectation for `work` on `threads` of `workers` (None: one thread each)."""
    busy = busy_threads(threads, work.tasks)
    bound: Bound | None = "tasks" if busy < threads else None
    scaling = _scaling(law, busy) * work.amount
    if work.longest_seconds is not None and scaling <= work.longest_seconds:
        scaling, bound = work.longest_seconds, "longest-task"
    startup = work.startup.seconds(threads if workers is None else workers)
    below, above = _uncertainty(law, busy)
    dask = Times(
        expected=startup + scaling,
        low=(startup + scaling) * (1 - below),
        high=max((startup + scaling) * (1 + above), startup + (work.chain_seconds or 0.0)),
    )
    fixed = _fixed(work, below, above)
    return Expectation(
        threads=threads,
        seconds=work.fixed_seconds + startup + scaling,
        low_seconds=fixed.low + dask.low,
        high_seconds=fixed.high + dask.high,
        scaling_seconds=scaling,
        startup_seconds=startup,
        dask_times=dask,
        bound=bound,
        extrapolated=threads > MAX_EXTRAPOLATION * law.measured_threads[1],
    )


def _scaling(law: Law, threads: float) -> float:
    """Return S(N); for fewer threads than measured, between the value of the fewest and ideal scaling from it."""
    least = law.measured_threads[0]
    if threads >= least:
        return law.scaling_seconds(threads)
    known = law.scaling_seconds(least)
    return min(max(law.scaling_seconds(threads), known), known * least / threads)


def _fixed(work: Workload, below: float, above: float) -> Times:
    if work.parts:
        return total(work.parts.values())
    fixed = work.fixed_seconds
    return Times(expected=fixed, low=fixed * (1 - below), high=fixed * (1 + above))


def total(parts: Iterable[Times]) -> Times:
    """Return the sum of consecutive times."""
    many = list(parts)
    return Times(
        expected=sum(part.expected for part in many),
        low=sum(part.low for part in many),
        high=sum(part.high for part in many),
    )


def times_of(measured: Sequence[float]) -> Times:
    """Return the expectation of a part that does not scale: the median, with a range slightly wider than seen."""
    spread = LEAST_UNCERTAINTY if len(measured) > 1 else UNKNOWN_UNCERTAINTY
    return Times(
        expected=statistics.median(measured),
        low=min(measured) * (1 - spread),
        high=max(measured) * (1 + spread),
    )


def _uncertainty(law: Law, threads: float) -> tuple[float, float]:
    """Return the lower and upper relative uncertainty."""
    known = UNKNOWN_UNCERTAINTY if law.spread is None else 2 * law.spread
    spread = max(LEAST_UNCERTAINTY, known)
    least, most = law.measured_threads
    down, up = max(0.0, math.log2(least / threads)), max(0.0, math.log2(threads / most))
    # Outside the measured range, a fit loses value with each doubling.
    wider = spread * (1 + down + up)
    # The work of fewer threads may include contention among the measured ones.
    below = 1 - (1 - min(0.9, wider)) / ASSUMED_LOSS_PER_DOUBLING**down
    return below, (1 + wider) * ASSUMED_LOSS_PER_DOUBLING**up - 1
