"""Cores and memory available to this container: control-group limits, not the host's totals."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

T = TypeVar("T", int, float)

CGROUP = Path("/sys/fs/cgroup")
#: Kernels express "no limit" as an impossibly large number.
UNLIMITED_BYTES = 2**60


def machine_cores() -> int:
    """Return the number of cores that this container may use concurrently, at least 1.

    A quota of 1.5 cores counts as 1: more processes than the quota would only be throttled.
    """
    quota = least(cpu_quotas(CGROUP, own_groups()))
    return max(1, int(min(_allowed_cores(), quota or float("inf"))))


def machine_memory_bytes() -> int:
    """Return the memory available to this container."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = least(memory_limits(CGROUP, own_groups()))
    return min(pages, limit or pages)


def _allowed_cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS
        return os.cpu_count() or 1


def own_groups() -> dict[str, str]:
    """Return the control groups of this process: path by controller, ``""`` for version 2."""
    return parse_groups(_read(Path("/proc/self/cgroup")))


def parse_groups(text: str) -> dict[str, str]:
    """Parse ``/proc/self/cgroup``: lines of ``4:cpu,cpuacct:/a/b`` (version 1) or ``0::/a/b`` (version 2)."""
    groups = {}
    for line in text.splitlines():
        _, controllers, path = line.split(":", 2)
        groups.update(dict.fromkeys(controllers.split(","), path))
    return groups


def cpu_quotas(root: Path, groups: dict[str, str]) -> Iterator[float | None]:
    """Yield CPU quotas, in cores, of the process's group and its ancestors."""
    for directory in directories(root, groups, "cpu"):
        yield parse_cpu_max(_read(directory / "cpu.max"))
        yield parse_cfs(
            _read(directory / "cpu.cfs_quota_us"), _read(directory / "cpu.cfs_period_us")
        )


def memory_limits(root: Path, groups: dict[str, str]) -> Iterator[int | None]:
    """Yield memory limits, in bytes, of the process's group and its ancestors."""
    for directory in directories(root, groups, "memory"):
        yield parse_bytes(_read(directory / "memory.max"))
        yield parse_bytes(_read(directory / "memory.limit_in_bytes"))


def directories(root: Path, groups: dict[str, str], controller: str) -> Iterator[Path]:
    """Yield the directories that may contain limits: versions 1 and 2, own group and ancestors.

    In a container the path may be the host's while only the root is mounted; a missing file reads as no limit.
    """
    for mount, key in ((root, ""), (root / "unified", ""), (root / controller, controller)):
        path = groups.get(key)
        if path is not None:
            own = mount / path.lstrip("/")
            yield own
            yield from (around for around in own.parents if around.is_relative_to(mount))


def parse_cpu_max(text: str) -> float | None:
    """Parse ``cpu.max`` (version 2) to cores: ``150000 100000`` is 1.5, ``max 100000`` no limit."""
    quota, _, period = text.strip().partition(" ")
    return _ratio(quota, period)


def parse_cfs(quota: str, period: str) -> float | None:
    """Convert a CFS quota and period (version 1) to cores; a quota of -1 is no limit."""
    return _ratio(quota.strip(), period.strip())


def _ratio(quota: str, period: str) -> float | None:
    used, whole = _number(quota), _number(period)
    return used / whole if used and whole and used > 0 and whole > 0 else None


def parse_bytes(text: str) -> int | None:
    """Parse a memory limit of either version; ``max`` and impossibly large numbers are no limit."""
    limit = _number(text.strip())
    return limit if limit is not None and 0 < limit < UNLIMITED_BYTES else None


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def least(limits: Iterator[T | None]) -> T | None:
    """Return the smallest limit; None if there is none."""
    return min((limit for limit in limits if limit is not None), default=None)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""
