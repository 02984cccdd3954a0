"""Time windows and hosts of a run, to query a metrics database and map results to the run's time axis."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hrlab.model.run import Run
from hrlab.shared.hostnames import is_loopback

#: Most values that are asked for of one line.
MAX_POINTS = 200
_LONGEST_WORD = 200
_PLAIN = re.compile(r"[A-Za-z0-9_:-]")
_ADDRESS = re.compile(r"[\d.]+$|.*:.*:")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the run's time axis without idle time, and its start.

    Attributes
    ----------
    start_seconds, stop_seconds
        On the run's time axis.
    started_at
        UTC epoch seconds of the kernel's clock.
    """

    start_seconds: float
    stop_seconds: float
    started_at: float

    @property
    def stopped_at(self) -> float:
        """End in UTC epoch seconds."""
        return self.started_at + self.stop_seconds - self.start_seconds


@dataclass(frozen=True, slots=True)
class Window:
    """A query's window: `points` values of `step_seconds` each, from `started_at` (UTC epoch seconds)."""

    started_at: float
    step_seconds: float
    points: int


@dataclass(frozen=True, slots=True)
class HostLine:
    """A line of a chart: its name, and values as ``(UTC epoch seconds of validity start, value)`` in order of time."""

    name: str
    values: tuple[tuple[float, float], ...]


def stretches(run: Run) -> tuple[Stretch, ...]:
    """Return the run's periods in clock time, in order.

    Older records do not say when cells after the first began: then what is known ends with the first.
    """
    if len(run.cells) < 2:
        return (Stretch(0.0, run.wall_seconds, run.started_at),)
    found = [Stretch(0.0, run.cells[0].stop_seconds, run.started_at)]
    for cell in run.cells[1:]:
        if cell.started_at is None:
            break
        found.append(Stretch(cell.start_seconds, cell.stop_seconds, cell.started_at))
    return tuple(found)


def window_of(parts: Sequence[Stretch], interval_seconds: float) -> Window:
    """At most `MAX_POINTS` values from the first stretch's start to the last one's end.

    Each stands for a whole number of the database's own intervals, so that it is of equally many of its values.
    """
    start, stop = parts[0].started_at, parts[-1].stopped_at
    length = max(stop - start, 0.0)
    step = interval_seconds * max(1, math.ceil(length / MAX_POINTS / interval_seconds - 1e-9))
    return Window(start, step, min(MAX_POINTS, max(1, math.ceil(length / step - 1e-9))))


def on_axis(
    line: HostLine, parts: Sequence[Stretch], step_seconds: float
) -> list[tuple[float, float, float]]:
    """Return values as ``(start_seconds, stop_seconds, value)`` of the run, without its idle time."""
    found: list[tuple[float, float, float]] = []
    for at, value in line.values:
        for part in parts:
            start = max(at, part.started_at)
            stop = min(at + step_seconds, part.stopped_at)
            if stop > start or part.started_at == part.stopped_at:
                shift = part.start_seconds - part.started_at
                found.append((max(0.0, start + shift), stop + shift, value))
    return found


def hosts_of(run: Run) -> tuple[str, ...]:
    """Return the hosts of the workers, and the kernel's if work ran there; empty if not recorded."""
    told = {host.partition("/")[0] for cluster in run.clusters for host in cluster.hosts or ()}
    here = {host for host in told if is_loopback(host)}
    kernel = run.environment.hostname
    if kernel and (here or not run.clusters):
        told = (told - here) | {kernel, "localhost", "127.0.0.1"}
    return tuple(sorted(told))


def is_address(host: str) -> bool:
    """Return whether `host` is an IP address rather than a name."""
    return bool(_ADDRESS.match(host)) and not is_loopback(host)


def hosts_pattern(hosts: Iterable[str]) -> str:
    """Return a regular expression (Prometheus, InfluxQL) for `hosts` with or without domain and port."""
    return "|".join(dict.fromkeys(_host_pattern(host) for host in hosts if host))


def _host_pattern(host: str) -> str:
    if _ADDRESS.match(host):
        return f"{_literal(host)}(:[0-9]+)?"
    return f"{_literal(host.partition('.')[0])}([.][^:]*)?(:[0-9]+)?"


def words_pattern(words: Iterable[str]) -> str:
    """Return a regular expression that matches any of `words`."""
    return "|".join(dict.fromkeys(_literal(word) for word in words if word))


def _literal(word: str) -> str:
    # Records may be written by anybody, and queries run with the site's rights: what could end the expression or its
    # quotes becomes a wildcard. No backslash, which a quoted text would need to have twice.
    return "".join(
        one if _PLAIN.match(one) else "[.]" if one == "." else "." for one in word[:_LONGEST_WORD]
    )
