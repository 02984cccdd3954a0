"""From the samples of a run to its series: on the run's own time axis, in equal intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from hrlab.model.resources import MAX_POINTS, ClusterUse, KernelUse, Resources, Series
from hrlab.timing.dask.sampler import QUANTITIES
from hrlab.timing.dask.scheduler_client import SchedulerClient
from hrlab.timing.observations import Evidence
from hrlab.timing.samples import Row, Values, resampled, sampling_seconds

#: Columns of a row before the threes of `QUANTITIES`.
COUNTS = ("workers", "threads", "hosts")
_HOSTS = 2
#: For how many intervals at the end of a run, in which no heartbeat came, the last one holds.
LAST_HOLDS = 3
#: Digits of an amount of bytes that mean something: from one sample to the next it changes by more.
SIGNIFICANT = 4


def resources_of(evidence: Evidence, used: Sequence[int]) -> Resources | None:
    """What the clusters behind the links `used` and the kernel used; None if nothing was sampled."""
    every = sampling_seconds()
    wall = evidence.axis.length / 1e9
    if not every or wall <= 0:
        return None
    step, points = grid(wall, every)
    clusters = [
        use
        for cluster, index in enumerate(used)
        if (use := _cluster_use(evidence, evidence.links[index], cluster, step, points)) is not None
    ]
    kernel = _kernel_use(evidence, step, points)
    if not clusters and kernel is None:
        return None
    return Resources(step, points, every, tuple(clusters), kernel)


def grid(wall_seconds: float, every_seconds: float) -> tuple[float, int]:
    """Length of an interval, and how many there are, at most `MAX_POINTS`."""
    step = every_seconds
    while wall_seconds > step * MAX_POINTS:
        step *= 2
    return step, max(1, math.ceil(wall_seconds / step))


def _placed(evidence: Evidence, rows: Sequence[Row], at: Callable[[float], int]) -> list[Row]:
    """Rows on the run's own axis, in seconds; `at` maps their clock to the kernel's monotonic nanoseconds."""
    place = evidence.axis.place
    placed = [(place(at(start)) / 1e9, place(at(stop)) / 1e9, row) for start, stop, row in rows]
    return [row for row in placed if row[1] > row[0]]


def _cluster_use(
    evidence: Evidence, link: SchedulerClient, cluster: int, step: float, points: int
) -> ClusterUse | None:
    rows, clock = link.samples.rows, link.clock
    if not rows or clock is None:
        return None
    placed = _placed(evidence, rows, clock.to_monotonic)
    first = evidence.axis.place(clock.to_monotonic(rows[0][1])) / 1e9
    if link.here_before and first > 0:
        # The plugin arrives some milliseconds after the run began, but the workers were there.
        placed.insert(0, (0.0, first, rows[0][2]))
    if not placed:
        return None
    start, stop, last = placed[-1]
    if evidence.axis.length / 1e9 - stop < LAST_HOLDS * step:
        # The last heartbeat came some time before the run ended.
        placed[-1] = start, evidence.axis.length / 1e9, last
    values = resampled(placed, step, points)
    told = link.samples.told
    closest = told["closest"]
    counts = {name: _column(values, i, 2) for i, name in enumerate(COUNTS)}
    series: dict[str, Any] = {
        **counts,
        **{name: _series(values, i) for i, name in enumerate(QUANTITIES) if _known(values, i)},
    }
    return ClusterUse(
        cluster=cluster,
        **series,
        worker_memory_peak_bytes=int(told["memory_peak"]) or None,
        worker_memory_limit_bytes=int(closest[2]) if closest else None,
        worker_memory_peak_share=round(closest[0], 4) if closest else None,
        pods=bool(told["pods"]),
    )


def _known(values: Sequence[Values | None], quantity: int) -> bool:
    """Whether a quantity belongs into the record: that which systems seldom tell only where one did."""
    optional = QUANTITIES[quantity] == "io_wait_cores"
    return not optional or any(
        v is not None for v in _column(values, len(COUNTS) + 3 * quantity, 3)
    )


def _series(values: Sequence[Values | None], quantity: int) -> Series:
    name = QUANTITIES[quantity]
    digits = 3 if name.endswith("cores") else None
    first = len(COUNTS) + 3 * quantity
    total, least, most = (_column(values, first + i, digits) for i in range(3))
    several = _HOSTS if name.endswith("per_second") or name == "io_wait_cores" else 0
    if all((row[several] or 0) <= 1 for row in values if row is not None):
        return Series(total)
    return Series(total, least, most)


def _column(values: Sequence[Values | None], column: int, digits: int | None) -> Values:
    return tuple(None if row is None else rounded(row[column], digits) for row in values)


def rounded(value: float | None, digits: int | None) -> float | None:
    """A number with no more digits than it means, whole where it is, so that records stay small.

    `digits` are those after the point; None: an amount of bytes, of which `SIGNIFICANT` digits are kept.
    """
    if value is None:
        return None
    short = round(float(f"{value:.{SIGNIFICANT}g}")) if digits is None else round(value, digits)
    return int(short) if short == int(short) else short


def _kernel_use(evidence: Evidence, step: float, points: int) -> KernelUse | None:
    process = evidence.active.process
    placed = _placed(evidence, process.rows, lambda seconds: round(seconds * 1e9))
    if not placed:
        return None
    values = resampled(placed, step, points)
    spent = sum((stop - start) * (row[0] or 0.0) for start, stop, row in placed)
    return KernelUse(
        cpu_cores=_column(values, 0, 3),
        memory_bytes=_column(values, 1, None),
        processes=_column(values, 2, 1),
        cpu_seconds=round(spent, 3),
        memory_peak_bytes=process.memory_peak,
    )
