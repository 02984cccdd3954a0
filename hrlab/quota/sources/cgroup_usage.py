"""CPU and memory usage of the container or machine, from control groups."""

from __future__ import annotations

import os
import time
from pathlib import Path

from hrlab.clusters.cgroup import (
    CGROUP,
    directories,
    own_groups,
    parse_bytes,
    parse_cfs,
    parse_cpu_max,
)

#: Files of the limit and the usage, and the `memory.stat` field of reclaimable cache: cgroup v2, v1.
_MEMORY = (
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def memory_used_bytes(root: Path = CGROUP, groups: dict[str, str] | None = None) -> int | None:
    """Return memory in use under the tightest limit, without reclaimable file cache; None if unknown."""
    tightest = None
    for directory in directories(root, own_groups() if groups is None else groups, "memory"):
        for limit, used, kept in _MEMORY:
            most, count = parse_bytes(_read(directory / limit)), _number(_read(directory / used))
            if most and count is not None and (tightest is None or most < tightest[0]):
                tightest = most, count - _field(_read(directory / "memory.stat"), kept)
    return _memory_of_the_machine() if tightest is None else max(0, tightest[1])


def _memory_of_the_machine() -> int | None:
    """Return used memory without a control group, from `/proc/meminfo` (in KiB)."""
    text = _read(Path("/proc/meminfo")).replace(":", "").replace(" kB", "")
    total, free = _field(text, "MemTotal"), _field(text, "MemAvailable")
    return 1024 * (total - free) if total and free else None


class CoresUsed:
    """Average number of cores in use since the previous poll."""

    def __init__(self, root: Path = CGROUP, groups: dict[str, str] | None = None) -> None:
        self._root = root
        self._groups = own_groups() if groups is None else groups
        self._last: tuple[float, float] | None = None

    def poll(self) -> float | None:
        """Return the average; None on the first call, or if unknown."""
        seconds, now = self._seconds(), time.monotonic()
        if seconds is None:
            return None
        before, self._last = self._last, (seconds, now)
        if before is None or now <= before[1]:
            return None
        return round(max(0.0, (seconds - before[0]) / (now - before[1])), 2)

    def _seconds(self) -> float | None:
        """Return CPU seconds used under the CPU quota, or by the whole machine without one."""
        for directory in directories(self._root, self._groups, "cpu"):
            if parse_cpu_max(_read(directory / "cpu.max")):
                return _field(_read(directory / "cpu.stat"), "usage_usec") / 1e6
            period = _read(directory / "cpu.cfs_period_us")
            nano = _number(_read(directory / "cpuacct.usage"))
            if parse_cfs(_read(directory / "cpu.cfs_quota_us"), period) and nano is not None:
                return nano / 1e9
        return self._of_the_machine()

    @staticmethod
    def _of_the_machine() -> float | None:
        # user, nice, system, idle, iowait, irq, softirq, steal: everything except idle and iowait counts as busy
        words = _read(Path("/proc/stat")).partition("\n")[0].split()[1:9]
        if len(words) < 8:
            return None
        ticks = [int(word) for word in words]
        return (sum(ticks) - ticks[3] - ticks[4]) / float(os.sysconf("SC_CLK_TCK"))


def _field(text: str, name: str) -> int:
    for line in text.splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return _number(value) or 0
    return 0


def _number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""
