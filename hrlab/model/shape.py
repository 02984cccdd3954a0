"""Constraints on a cluster: cores and memory per worker, and capacity of profile, nodes and quotas. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from hrlab.model.units import format_bytes, format_count
from hrlab.model.wire import OMIT_NONE

BoundName: TypeAlias = Literal["profile", "memory", "quota"]

#: Dask moves data to disk from 60 % of a worker's limit on (``distributed.worker.memory.target``). A worker whose peak stays
#: below that neither spills, pauses nor is killed.
USED_SHARE = 0.6
#: By all memory of the process it does so from 70 % on (``spill``): what workers may use at most, where a little less memory
#: for each lets all cores of a node have workers.
TIGHT_SHARE = 0.7
#: Recommended memory is rounded to this step.
MEMORY_STEP = 256 * 1024**2
#: Minimum memory of a single-threaded worker for Python, Dask and libraries.
LEAST_MEMORY = 512 * 1024**2


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A machine that workers run on: available resources, and number of machines (None: unknown)."""

    cores: float
    memory_bytes: int
    count: int | None = field(default=None, metadata=OMIT_NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """What quotas leave for the workers of another cluster; None: no limit, or unknown.

    Attributes
    ----------
    cores_each
        Cores per worker counted by the quota, if different from its threads.
    unknown
        Resources whose remaining amount is unknown.
    """

    workers: float | None = None
    cores: float | None = None
    memory_bytes: float | None = None
    clusters: float | None = None
    core_hours: float | None = None
    cores_each: float | None = None
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Constraints on a cluster.

    Attributes
    ----------
    cores, memory_bytes
        Per worker; 0 bytes: memory is not specified.
    workers_minimum, workers_maximum
        Bounds of the profile.
    cores_limit, memory_limit_bytes
        Maximum of one cluster of the profile; None: no limit.
    memory_free
        Whether memory per worker can be recommended: it is settable, and was not requested.
    memory_minimum, memory_maximum
        Bounds of memory per worker in the profile.
    node
        Machines that workers run on, if described by the site.
    room
        What quotas leave; None: unknown.
    """

    cores: int = 1
    memory_bytes: int = 0
    workers_minimum: int = 1
    workers_maximum: int = 128
    cores_limit: float | None = None
    memory_limit_bytes: int | None = None
    memory_free: bool = False
    memory_minimum: int | None = None
    memory_maximum: int | None = None
    node: Node | None = None
    room: Headroom | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedMemory:
    """Observed memory of a worker.

    Attributes
    ----------
    peak_bytes
        Largest resident memory of one worker.
    threads
        Threads of that worker.
    is_cut
        Whether workers spilled to disk, so they would have used more.
    """

    peak_bytes: int
    threads: float = 1.0
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryAdvice:
    """Reason for the recommended memory per worker.

    Attributes
    ----------
    peak_bytes
        Measured peak of one worker, scaled to the threads of the recommended worker.
    needed_bytes
        Peak plus headroom: Dask starts to spill at 60 % of a worker's limit; at least 30 % if the full headroom would
        leave
        cores of a node unused.
    is_cut
        Whether less than that is available.
    """

    peak_bytes: int
    needed_bytes: int
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """Distribution of workers over nodes.

    Attributes
    ----------
    cores, memory_bytes
        Of a node.
    workers_per_node
        Workers that fit on a node.
    nodes
        Nodes required by the recommended workers.
    idle_cores_per_node
        Cores of a full node that no further worker can use.
    """

    cores: float
    memory_bytes: int
    workers_per_node: int
    nodes: int
    idle_cores_per_node: float


def with_memory(
    shape: Shape, need: ObservedMemory | None
) -> tuple[Shape, MemoryAdvice | None, list[str]]:
    """Return `shape` with the memory per worker for `need`, limited to what is available, and caveats."""
    if need is None:
        return shape, None, []
    warnings = []
    peak = need.peak_bytes
    if need.threads != shape.cores:
        peak = round(peak * shape.cores / need.threads)
        warnings.append(
            f"Memory was measured on workers of {need.threads:.3g} threads and scaled in proportion."
        )
    needed = _needed(shape, peak)
    most = _most_memory(shape)
    given = max(shape.memory_minimum or 0, min(needed, most)) if _is_open(shape) else None
    memory = shape.memory_bytes if given is None else int(given)
    if need.is_cut:
        warnings.append(
            "Workers spilled data to disk: they need more memory than the measured peak."
        )
    if 0 < memory < needed:
        warnings.append(_too_little(memory, peak, needed))
    advice = MemoryAdvice(peak_bytes=peak, needed_bytes=needed, is_cut=0 < memory < needed)
    return replace(shape, memory_bytes=memory), advice, warnings


def _needed(shape: Shape, peak: int) -> int:
    needed = max(LEAST_MEMORY, math.ceil(peak / USED_SHARE / MEMORY_STEP) * MEMORY_STEP)
    workers = int(shape.node.cores // shape.cores) if shape.node is not None else 0
    if shape.node is None or not workers or not _is_open(shape):
        return needed
    share = shape.node.memory_bytes // workers // MEMORY_STEP * MEMORY_STEP
    return share if peak / TIGHT_SHARE <= share < needed else needed


def _is_open(shape: Shape) -> bool:
    return shape.memory_free or not shape.memory_bytes


def _most_memory(shape: Shape) -> float:
    limits = (
        shape.memory_maximum,
        shape.memory_limit_bytes,
        shape.node and shape.node.memory_bytes,
    )
    return min((limit for limit in limits if limit), default=math.inf)


def _too_little(memory: int, peak: int, needed: int) -> str:
    remedy = "Smaller partitions or fewer threads per worker need less."
    if memory <= peak:
        return (
            f"A worker took {format_bytes(peak)} at its peak but gets only {format_bytes(memory)}: it would be killed or "
            f"spill to disk. {remedy}"
        )
    return (
        f"A worker took {format_bytes(peak)} at its peak but gets only {format_bytes(memory)}; {format_bytes(needed)} would "
        f"keep it from spilling to disk. {remedy}"
    )


def bounds(shape: Shape) -> dict[BoundName, int]:
    """Return the maximum workers by each constraint, tightest first; ties in the order profile, memory, quota."""
    found: dict[BoundName, list[int]] = {"profile": [], "memory": [], "quota": []}
    for name, workers in _bounds(shape):
        found[name].append(max(0, workers))
    tightest = {name: min(many) for name, many in found.items() if many}
    return dict(sorted(tightest.items(), key=lambda one: one[1]))


def _bounds(shape: Shape) -> Iterator[tuple[BoundName, int]]:
    yield "profile", shape.workers_maximum
    yield from _most("profile", shape.cores_limit, shape.cores)
    yield from _most("memory", shape.memory_limit_bytes, shape.memory_bytes)
    if shape.node is not None and shape.node.count is not None:
        count, by_cores = shape.node.count, int(shape.node.cores // shape.cores)
        yield "profile", count * by_cores
        if shape.memory_bytes:
            yield "memory", count * min(by_cores, shape.node.memory_bytes // shape.memory_bytes)
    if shape.room is not None:
        yield from _most("quota", shape.room.workers, 1)
        yield from _most("quota", shape.room.cores, shape.room.cores_each or shape.cores)
        yield from _most("quota", shape.room.memory_bytes, shape.memory_bytes)
        if shape.room.clusters is not None and shape.room.clusters < 1:
            yield "quota", 0


def _most(name: BoundName, limit: float | None, each: float) -> Iterator[tuple[BoundName, int]]:
    if limit is not None and each:
        # Rounding errors in sums of fractional cores must not cost a worker.
        yield name, math.floor(limit / each + 1e-9)


def packing(shape: Shape, workers: int) -> tuple[Packing | None, list[str]]:
    """Return the distribution of workers over the site's nodes, and what would be left unused there."""
    node = shape.node
    if node is None:
        return None, []
    by_cores = int(node.cores // shape.cores)
    by_memory = node.memory_bytes // shape.memory_bytes if shape.memory_bytes else by_cores
    each = min(by_cores, by_memory)
    named = f"{format_count(node.cores)} cores and {format_bytes(node.memory_bytes)}"
    if each < 1:
        what = f"{shape.cores} cores and {format_bytes(shape.memory_bytes)}"
        return None, [
            f"A worker of {what} does not fit on a node with {named}: it would never start."
        ]
    packed = Packing(
        cores=node.cores,
        memory_bytes=node.memory_bytes,
        workers_per_node=each,
        nodes=-(-workers // each),
        idle_cores_per_node=node.cores - each * shape.cores,
    )
    return packed, list(_stranded(shape, node, packed, by_cores)) if workers >= each else []


def _stranded(shape: Shape, node: Node, packed: Packing, by_cores: int) -> Iterator[str]:
    if packed.idle_cores_per_node <= 0:
        return
    idle = (
        f"{packed.workers_per_node} workers fill a node and leave {packed.idle_cores_per_node:g} of its "
        f"{node.cores:g} cores unused"
    )
    if packed.workers_per_node < by_cores:
        share = node.memory_bytes // by_cores // MEMORY_STEP * MEMORY_STEP
        yield f"{idle}, because of their memory: with at most {format_bytes(share)} per worker, all would be used."
    else:
        yield f"{idle}: with {dividing(node.cores, shape.cores)} cores per worker, all would be used."


def dividing(whole: float, part: int) -> int:
    """Return the largest number up to `part` that divides `whole`."""
    cores = max(1, int(whole))
    return next(n for n in range(min(part, cores), 0, -1) if cores % n == 0)
