"""Hardware use of two runs on a common time axis. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from hrlab.model.errors import MalformedError
from hrlab.model.resources import ClusterUse, KernelUse, Values, summed
from hrlab.model.run import Run

Since: TypeAlias = Literal["start", "loop"]
SINCES: tuple[Since, ...] = get_args(Since)
Quantity: TypeAlias = Literal[
    "cpu", "memory", "network-read", "network-write", "disk-read", "disk-write"
]


@dataclass(frozen=True, slots=True)
class Use:
    """One quantity of one run over time.

    Attributes
    ----------
    points
        ``[seconds, value]``: a value holds until the next point; None where nothing was sampled, and at the end. The
        last value
        of an interval also has a point at the interval's end.
    """

    points: tuple[tuple[float, float | None], ...]


@dataclass(frozen=True, slots=True)
class Overlay:
    """One quantity of two runs.

    Attributes
    ----------
    quantity
        ``cpu`` in busy cores and ``memory`` in bytes, of workers, kernel and its child processes together. ``network-
        read`` and
        ``network-write`` of the workers' hosts, and ``disk-read`` and ``disk-write`` of their disks, in bytes per
        second.
    before, after
        None if not sampled in that run.
    repeated
        Whether the sum may include a disk several times: worker pods count as separate hosts, but share their node's
        disk.
    """

    quantity: Quantity
    before: Use | None
    after: Use | None
    repeated: bool = False


def since_of(text: str | None) -> Since:
    """Parse the origin of the time axis; the default is ``start``.

    Raises
    ------
    MalformedError
        If `text` is not an origin.
    """
    for known in SINCES:
        if known == (text or SINCES[0]):
            return known
    raise MalformedError(
        f"Unknown origin {str(text)[:80]!r} of the time axis. Use one of {', '.join(SINCES)}."
    )


def overlays(before: Run, after: Run, since: Since) -> tuple[Overlay, ...]:
    """Return each quantity that was sampled in at least one of the runs.

    Parameters
    ----------
    since
        ``start``: times since the start of each run; ``loop``: since its first dask loop, if both runs have one.
    """
    found = []
    shifts = _shifts(before, after, since)
    for quantity, (of_cluster, of_kernel) in _QUANTITIES.items():
        one, other = (
            _use(run, shift, of_cluster, of_kernel)
            for run, shift in zip((before, after), shifts, strict=True)
        )
        if one is not None or other is not None:
            repeated = quantity.startswith("disk") and (_in_pods(before) or _in_pods(after))
            found.append(Overlay(quantity, one, other, repeated))
    return tuple(found)


def _in_pods(run: Run) -> bool:
    return run.resources is not None and any(use.pods for use in run.resources.clusters)


def _shifts(before: Run, after: Run, since: Since) -> tuple[float, float]:
    if since == "loop" and before.loops and after.loops:
        return before.loops[0].start_seconds, after.loops[0].start_seconds
    return 0.0, 0.0


def _use(
    run: Run,
    shift: float,
    of_cluster: Callable[[ClusterUse], Values],
    of_kernel: Callable[[KernelUse], Values] | None,
) -> Use | None:
    resources = run.resources
    if resources is None:
        return None
    parts = [of_cluster(cluster) for cluster in resources.clusters]
    if of_kernel and resources.kernel is not None:
        parts.append(of_kernel(resources.kernel))
    values = summed(parts)
    if all(value is None for value in values):
        return None
    ends = (*resources.starts[1:], run.wall_seconds)
    points: list[tuple[float, float | None]] = []
    for start, end, value, following in zip(
        resources.starts, ends, values, (*values[1:], None), strict=True
    ):
        points.append((start - shift, value))
        if value is not None and following is None:
            points.append((end - shift, value))
    return Use((*points, (run.wall_seconds - shift, None)))


_QUANTITIES: Mapping[
    Quantity, tuple[Callable[[ClusterUse], Values], Callable[[KernelUse], Values] | None]
] = {
    "cpu": (lambda use: use.cpu_cores.total, lambda use: use.cpu_cores),
    "memory": (lambda use: use.memory_bytes.total, lambda use: use.memory_bytes),
    "network-read": (lambda use: use.network_read_bytes_per_second.total, None),
    "network-write": (lambda use: use.network_write_bytes_per_second.total, None),
    "disk-read": (lambda use: use.disk_read_bytes_per_second.total, None),
    "disk-write": (lambda use: use.disk_write_bytes_per_second.total, None),
}
