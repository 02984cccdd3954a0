"""Figures derived from one record: efficiency of hardware use and processing rates.

They are not stored: a record holds measurements, and these are computed from it. Each figure has its formula in terms of
the record; :data:`FORMULAS` is used by documentation and tooltips. Averages "over the loops" cover the time of all dask
loops, because workers idle outside them by design.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from hrlab.model.resources import Values
from hrlab.model.run import Run

Unit: TypeAlias = Literal["share", "bytes", "bytes/s", "events/s", "workers", "seconds"]

#: Label, unit and formula by name.
FORMULAS: Mapping[str, tuple[str, Unit, str]] = {
    "efficiency": (
        "Efficiency",
        "share",
        "task seconds / (length of the loops × average threads in them); task seconds are the sum of groups' "
        "compute_seconds, threads come from clusters' history",
    ),
    "cpu_occupancy": (
        "CPU occupancy",
        "share",
        "busy cores of the workers / their threads, both averaged over the loops; from resources",
    ),
    "average_workers": (
        "Average workers",
        "workers",
        "workers averaged over the loops; from clusters' history",
    ),
    "peak_memory": (
        "Peak memory of a worker",
        "bytes",
        "largest resident memory that a heartbeat of one worker told; from resources",
    ),
    "peak_memory_share": (
        "Peak memory against the limit",
        "share",
        "resident memory / limit of the worker that came closest to its own; from resources",
    ),
    "bytes_read": (
        "Bytes read",
        "bytes",
        "workload.bytes; else the sum of the inputs' bytes; else what hosts read from network and disk in the run",
    ),
    "data_rate": ("Data rate", "bytes/s", "bytes read / wall_seconds"),
    "event_rate": ("Event rate", "events/s", "workload.events / wall_seconds"),
    "event_rate_per_core": (
        "Event rate per core",
        "events/s",
        "workload.events / (length of the loops × average threads in them); without loops the event rate",
    ),
    "kernel_cpu": (
        "CPU time of the kernel",
        "seconds",
        "processor time of the kernel's process and its children; from resources",
    ),
    "kernel_memory": (
        "Peak memory of the kernel",
        "bytes",
        "largest resident memory of the kernel's process and its children; from resources",
    ),
}

#: With fewer samples in the loops, averages over them are estimates.
FEW_SAMPLES = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """One derived figure. `estimated` if it is based on few samples or an incomplete record."""

    name: str
    value: float
    estimated: bool = False

    @property
    def label(self) -> str:
        """Displayed name."""
        return FORMULAS[self.name][0]

    @property
    def unit(self) -> Unit:
        """Unit of the value."""
        return FORMULAS[self.name][1]

    @property
    def formula(self) -> str:
        """Formula in terms of the record."""
        return FORMULAS[self.name][2]


def figures(run: Run) -> tuple[Figure, ...]:
    """Return the known figures of `run`, in the order of :data:`FORMULAS`."""
    found = [
        *_of_loops(run),
        *_of_memory(run),
        *_of_workload(run),
        *_of_kernel(run),
    ]
    order = list(FORMULAS)
    return tuple(sorted(found, key=lambda figure: order.index(figure.name)))


def figure(run: Run, name: str) -> Figure | None:
    """Return the figure with this name; None if unknown."""
    return next((one for one in figures(run) if one.name == name), None)


# -- parts ---------------------------------------------------------------------------------------------------------


def loop_seconds(run: Run) -> float:
    """Return the length of all loops."""
    return sum(loop.stop_seconds - loop.start_seconds for loop in run.loops)


def in_loops(run: Run, column: Literal[1, 2]) -> float:
    """Return workers (1) or threads (2) times seconds, over all loops and clusters."""
    return sum(
        _area([(row[0], float(row[column])) for row in cluster.workers.history], run)
        for cluster in run.clusters
    )


def _area(steps: list[tuple[float, float]], run: Run) -> float:
    """Return the integral of steps over the loops."""
    ends = [at for at, _ in steps[1:]] + [run.wall_seconds]
    return sum(
        value * max(0.0, min(stop, loop.stop_seconds) - max(start, loop.start_seconds))
        for (start, value), stop in zip(steps, ends, strict=False)
        for loop in run.loops
    )


def _sampled(run: Run, series: Iterable[Values]) -> list[float]:
    """Return integrals over the loops of `series` of equal length, where all are known."""
    resources = run.resources
    sums: list[float] = []
    if resources is None:
        return sums
    many = list(series)
    sums = [0.0] * len(many)
    widths = resources.widths(run.wall_seconds)
    for start, width, *values in zip(resources.starts, widths, *many, strict=True):
        inside = sum(
            max(0.0, min(start + width, loop.stop_seconds) - max(start, loop.start_seconds))
            for loop in run.loops
        )
        known = [value for value in values if value is not None]
        if inside and len(known) == len(values):
            sums = [total + inside * value for total, value in zip(sums, known, strict=True)]
    return sums


def _of_loops(run: Run) -> list[Figure]:
    found: list[Figure] = []
    length, threads = loop_seconds(run), in_loops(run, 2)
    tasks = sum(group.compute_seconds for group in run.groups)
    if threads > 0 and run.groups:
        found.append(Figure("efficiency", tasks / threads, run.coverage < 1))
    if length > 0 and run.clusters:
        found.append(Figure("average_workers", in_loops(run, 1) / length))
    if run.resources is not None and run.resources.clusters:
        pairs = [
            _sampled(run, (use.cpu_cores.total, use.threads)) for use in run.resources.clusters
        ]
        there = sum(threads for _, threads in pairs)
        if there > 0:
            few = length < FEW_SAMPLES * run.resources.interval_seconds
            found.append(Figure("cpu_occupancy", sum(cpu for cpu, _ in pairs) / there, few))
    return found


def _of_memory(run: Run) -> list[Figure]:
    uses = run.resources.clusters if run.resources is not None else ()
    peaks = [use.worker_memory_peak_bytes for use in uses]
    shares = [use.worker_memory_peak_share for use in uses]
    known = [peak for peak in peaks if peak is not None]
    close = [share for share in shares if share is not None]
    return [
        *([Figure("peak_memory", max(known))] if known else []),
        *([Figure("peak_memory_share", max(close))] if close else []),
    ]


def bytes_read(run: Run) -> Figure | None:
    """Return the bytes read: as given by the user, else as counted by hosts, an estimate (others read there too)."""
    if run.workload.get("bytes"):
        return Figure("bytes_read", run.workload["bytes"])
    given = sum(one.bytes or 0 for one in run.inputs)
    if given:
        return Figure("bytes_read", given, any(one.bytes is None for one in run.inputs))
    resources = run.resources
    if resources is None or not resources.clusters:
        return None
    widths = resources.widths(run.wall_seconds)
    read = sum(
        (rate or 0.0) * width
        for use in resources.clusters
        for series in (use.network_read_bytes_per_second, use.disk_read_bytes_per_second)
        for rate, width in zip(series.total, widths, strict=True)
    )
    return Figure("bytes_read", read, estimated=True)


def _of_workload(run: Run) -> list[Figure]:
    if run.status != "ok" or run.wall_seconds <= 0:
        return []
    found: list[Figure] = []
    read = bytes_read(run)
    if read is not None:
        rate = Figure("data_rate", read.value / run.wall_seconds, read.estimated)
        found += [read, rate]
    events = run.workload.get("events")
    if events:
        found.append(Figure("event_rate", events / run.wall_seconds))
        # Without a cluster, the kernel's single core did all the work; loops with unknown workers give no rate.
        cores = in_loops(run, 2) if run.clusters else run.wall_seconds
        if cores > 0:
            found.append(Figure("event_rate_per_core", events / cores))
    return found


def _of_kernel(run: Run) -> list[Figure]:
    kernel = run.resources.kernel if run.resources is not None else None
    if kernel is None:
        return []
    peak = kernel.memory_peak_bytes
    return [
        Figure("kernel_cpu", kernel.cpu_seconds),
        *([Figure("kernel_memory", peak)] if peak is not None else []),
    ]
