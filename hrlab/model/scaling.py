r"""How long a run would take on another number of threads. Pure: measured numbers in, expected times out.

A run's wall time is split into what does not depend on the number of threads :math:`N` and what does:

.. math:: T(N) = T_\text{fixed} + S(N_\text{eff}), \qquad S(N) = \frac{A + B\,(N-1) + C\,N(N-1)}{N}

:math:`T_\text{fixed}` are the phases `pre`, `between` and `post` and the stages `submit` and `gather`. :math:`A` is the work
in thread seconds, :math:`B` what contention costs and :math:`C` what coherency costs: with :math:`\sigma = B/A` and
:math:`\kappa = C/A` this is the Universal Scalability Law [1]_, with :math:`C = 0` Amdahl's law [2]_, and with
:math:`B = C = 0` conservation of work. How many of the three are fitted follows from how many numbers of threads were
measured: three, two, or one.

More threads than tasks idle: :math:`N_\text{eff} = \min(N, \text{tasks})`; and no run is shorter than its longest task.
Work grows with the amount that is processed, where runs say it.

References
----------
.. [1] N. J. Gunther, "Guerrilla Capacity Planning", Springer 2007, chapter 4.
.. [2] G. M. Amdahl, "Validity of the single processor approach to achieving large scale computing capabilities",
   AFIPS 1967, doi:10.1145/1465482.1465560.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

LawName: TypeAlias = Literal["universal-scalability", "amdahl", "work-conservation"]

#: Beyond that many times the largest measured number of threads, an expectation is said to be a guess.
MAX_EXTRAPOLATION = 4.0
#: An expectation is never said to be better known than this: repeats of one cell on one machine differ as much.
LEAST_UNCERTAINTY = 0.05
#: With one number of threads nothing is known of contention. The upper end assumes that so much of each doubling is lost.
ASSUMED_LOSS_PER_DOUBLING = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What one run says about scaling.

    Attributes
    ----------
    threads
        Threads that worked, average over the time of the loops, at least 1.
    amount
        What was processed, in any unit that all runs share; 1 where none is said.
    fixed_seconds
        What does not scale: `pre`, `between`, `post`, `submit`, `gather`.
    scaling_seconds
        The rest of the wall time.
    tasks, longest_seconds
        Number of tasks, and the longest of them; None if unknown.
    """

    run_id: str
    threads: float
    amount: float = 1.0
    fixed_seconds: float
    scaling_seconds: float
    tasks: int | None = None
    longest_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """Fitted numbers, all from 0 on, per unit of amount.

    Attributes
    ----------
    work_seconds, contention_seconds, coherency_seconds
        A, B and C above.
    spread
        Standard deviation of measured over fitted; None if there were no more runs than fitted numbers.
    measured_threads
        Least and most threads that were measured.
    """

    name: LawName
    work_seconds: float
    contention_seconds: float = 0.0
    coherency_seconds: float = 0.0
    spread: float | None = None
    measured_threads: tuple[float, float]

    def scaling_seconds(self, threads: float) -> float:
        """S(N) for one unit of amount."""
        fitted = (self.work_seconds, self.contention_seconds, self.coherency_seconds)
        return sum(a * b for a, b in zip(fitted, terms(threads), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What the next run is: amount, its fixed time, number of tasks, longest task."""

    amount: float
    fixed_seconds: float
    tasks: int | None = None
    longest_seconds: float | None = None


Bound: TypeAlias = Literal["tasks", "longest-task"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """Wall time on so many threads, with the ends of what is likely (about 95 %), and what holds it up, if anything."""

    threads: int
    seconds: float
    low_seconds: float
    high_seconds: float
    scaling_seconds: float
    bound: Bound | None = None
    extrapolated: bool = False


def busy_threads(threads: float, tasks: int | None) -> float:
    """Of so many threads those that find a task; all, if the number of tasks is unknown."""
    return threads if tasks is None else max(1, min(threads, tasks))


def terms(threads: float) -> tuple[float, float, float]:
    """Factors of A, B and C in S(N), for whoever fits."""
    return (1 / threads, (threads - 1) / threads, threads - 1)


def law_for(points: list[Point]) -> LawName:
    """Which law so many different numbers of threads allow."""
    different = len({round(point.threads, 1) for point in points})
    if different >= 3:
        return "universal-scalability"
    return "amdahl" if different == 2 else "work-conservation"


def expect(law: Law, work: Workload, threads: int) -> Expectation:
    """What `work` would take on `threads`."""
    busy = busy_threads(threads, work.tasks)
    bound: Bound | None = "tasks" if busy < threads else None
    scaling = law.scaling_seconds(busy) * work.amount
    if work.longest_seconds is not None and scaling <= work.longest_seconds:
        scaling, bound = work.longest_seconds, "longest-task"
    below, above = _uncertainty(law, busy)
    return Expectation(
        threads=threads,
        seconds=work.fixed_seconds + scaling,
        low_seconds=(work.fixed_seconds + scaling) * (1 - below),
        high_seconds=(work.fixed_seconds + scaling) * (1 + above),
        scaling_seconds=scaling,
        bound=bound,
        extrapolated=threads > MAX_EXTRAPOLATION * law.measured_threads[1],
    )


def _uncertainty(law: Law, threads: float) -> tuple[float, float]:
    """How much shorter and longer it may be, as shares."""
    spread = max(LEAST_UNCERTAINTY, 2 * (law.spread or 0.0))
    doublings = _doublings(law.measured_threads, threads)
    if law.name == "work-conservation":
        return min(0.9, spread), spread + ASSUMED_LOSS_PER_DOUBLING * doublings
    # Outside what was measured, a fit is worth less with each doubling.
    wider = spread * (1 + doublings)
    return min(0.9, wider), wider


def _doublings(measured: tuple[float, float], threads: float) -> float:
    low, high = measured
    outside = max(low / threads, threads / high, 1.0)
    return math.log2(outside)
