"""Hardware use while a run was on: series on the run's time axis, and the peaks that advice needs.

A series is a list of numbers: its value ``i`` holds from ``i * interval_seconds`` to ``(i + 1) * interval_seconds`` of the
run (the last one to the run's end), and is null where nothing was sampled. Values are averages over that time, peaks
of it where they are called so. Long runs have a coarser interval instead of more points.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from hrlab.model.errors import InvalidRecordError
from hrlab.model.wire import OMIT_NONE

#: Most points of a series that hrlab writes, and the most that it reads.
MAX_POINTS = 200
READ_POINTS = 10_000

Values: TypeAlias = tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Series:
    """A quantity over time: all workers (or hosts) together, and the least and the most of a single one.

    Attributes
    ----------
    total
        Sum over the workers, or over the hosts, each host once.
    minimum, maximum
        Of one worker or host; empty where there was never more than one, and then the same as `total`.
    """

    total: Values
    minimum: Values = ()
    maximum: Values = ()


@dataclass(frozen=True, slots=True)
class ClusterUse:
    """What the workers of one cluster, and the hosts that they ran on, used while the run was on.

    From what Dask's own monitor on each worker reports to the scheduler with its heartbeats: nothing else runs on the
    workers, and short peaks between two heartbeats (0.5 s apart up to 10 workers, 2 s at 100) go unseen. Workers that
    share a process count once.

    Attributes
    ----------
    cluster
        Index into `Run.clusters`.
    workers, threads, hosts
        How many there were; hosts by the addresses of their workers.
    cpu_cores
        Cores that the workers' processes kept busy: 1.0 is one core all the time.
    memory_bytes
        Resident memory of the workers' processes.
    spilled_bytes
        Size on disk of what workers moved out of their memory.
    network_read_bytes_per_second, network_write_bytes_per_second
        Of the hosts, by anybody on them, over all interfaces, the loopback too.
    disk_read_bytes_per_second, disk_write_bytes_per_second
        Of the hosts' disks, by anybody on them; null where a host has none to count.
    io_wait_cores
        Cores of the hosts that waited for input or output; null unless the workers' Dask configuration has
        ``distributed.admin.system-monitor.host-cpu`` on.
    worker_memory_peak_bytes
        Largest resident memory of one worker that a heartbeat told; None if none did.
    worker_memory_limit_bytes
        Limit of the worker that came closest to its own; None without limits.
    worker_memory_peak_share
        How close that worker came: its resident memory over its limit; None without limits.
    pods
        Whether the scheduler ran in Kubernetes. Then each worker's pod is a host of its own: the network is the pod's, but
        the disk is its node's, and counted once for each pod there.
    """

    cluster: int
    workers: Values
    threads: Values
    hosts: Values
    cpu_cores: Series
    memory_bytes: Series
    spilled_bytes: Series
    network_read_bytes_per_second: Series
    network_write_bytes_per_second: Series
    disk_read_bytes_per_second: Series
    disk_write_bytes_per_second: Series
    io_wait_cores: Series | None = field(default=None, metadata=OMIT_NONE)
    worker_memory_peak_bytes: int | None = None
    worker_memory_limit_bytes: int | None = None
    worker_memory_peak_share: float | None = None
    pods: bool = False


@dataclass(frozen=True, slots=True)
class KernelUse:
    """What the kernel's process and its children used, workers of a cluster that the kernel started left out.

    From Linux's ``/proc``; on other systems the kernel's own process alone, as far as the standard library tells.

    Attributes
    ----------
    cpu_cores
        Cores kept busy.
    memory_bytes
        Resident memory; what processes share is counted in each of them. None where the system does not tell.
    processes
        How many: 1 is the kernel alone.
    cpu_seconds
        Processor time during the run, of the children too.
    memory_peak_bytes
        Largest `memory_bytes` that was sampled.
    """

    cpu_cores: Values
    memory_bytes: Values
    processes: Values
    cpu_seconds: float
    memory_peak_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Resources:
    """Hardware use of a run.

    Attributes
    ----------
    interval_seconds
        Length of time for which one value of a series stands.
    points
        Number of values in each series.
    sampled_every_seconds
        How far apart samples were taken; `interval_seconds` is that, doubled as often as needed.
    clusters
        By cluster that the run used and that was sampled.
    kernel
        The kernel's process; None if it was not sampled.
    """

    interval_seconds: float
    points: int
    sampled_every_seconds: float
    clusters: tuple[ClusterUse, ...] = ()
    kernel: KernelUse | None = None

    @property
    def starts(self) -> tuple[float, ...]:
        """Seconds of the run from which each value holds."""
        return tuple(i * self.interval_seconds for i in range(self.points))

    def widths(self, wall_seconds: float) -> tuple[float, ...]:
        """Seconds for which each value holds: all of an interval, but for the last."""
        return tuple(
            max(0.0, min(self.interval_seconds, wall_seconds - start)) for start in self.starts
        )


def mean(series: Series, count: Values) -> Values:
    """Of one worker or host on average: the sum over how many there were; null where there was none."""
    return tuple(
        None if value is None or not number else value / number
        for value, number in zip(series.total, count, strict=True)
    )


def summed(many: Iterable[Values]) -> Values:
    """Sums of several clusters' series, value by value; null where none of them knows."""
    return tuple(
        None if all(value is None for value in values) else sum(value or 0.0 for value in values)
        for values in zip(*many, strict=True)
    )


def check_resources(resources: Resources, clusters: int) -> None:
    """Verify that every series has as many values as it says, and that its cluster is one of the run's `clusters`.

    Raises
    ------
    InvalidRecordError
        If one has not, or is not, or if the interval is impossible.
    """
    path = "record.resources"
    if not 0 <= resources.points <= READ_POINTS:
        raise InvalidRecordError(
            f"A series has from 0 to {READ_POINTS} points, not {resources.points}.",
            path=f"{path}.points",
        )
    if resources.interval_seconds <= 0:
        raise InvalidRecordError(
            f"interval_seconds must be above 0, not {resources.interval_seconds}.",
            path=f"{path}.interval_seconds",
        )
    for i, use in enumerate(resources.clusters):
        where = f"{path}.clusters[{i}]"
        if not 0 <= use.cluster < clusters:
            raise InvalidRecordError(
                f"{where} is of cluster {use.cluster}, but the run has {clusters}.",
                path=f"{where}.cluster",
            )
        _check_lengths(use, resources.points, where)
    if resources.kernel is not None:
        _check_lengths(resources.kernel, resources.points, f"{path}.kernel")


def _check_lengths(record: ClusterUse | KernelUse | Series, points: int, path: str) -> None:
    for one in dataclasses.fields(record):
        value, where = getattr(record, one.name), f"{path}.{one.name}"
        if isinstance(value, Series):
            _check_lengths(value, points, where)
        elif (
            isinstance(value, tuple)
            and len(value) != points
            and not _may_lack(record, value, points)
        ):
            raise InvalidRecordError(
                f"{where} has {len(value)} values where there should be {points}.", path=where
            )


def _may_lack(record: object, value: tuple[object, ...], points: int) -> bool:
    """Whether there may be no such values: a series whose sums are whole may lack the least and the most."""
    return isinstance(record, Series) and not value and len(record.total) == points
