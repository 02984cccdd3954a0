"""Notes in runs that have ended how many workers of other clusters were on their nodes.

By the Jupyter server, which watches pods for its list of clusters: no run waits for it, and no run needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hrlab.clusters.backend import SeesNeighbours
from hrlab.hosts.window import stretches
from hrlab.model.run import Run
from hrlab.store.sqlite import RunStore

#: Changed runs that are looked at in one go.
MOST_RUNS = 100


@dataclass(frozen=True, slots=True)
class Ended:
    """A finished run on clusters: scheduler addresses, and its period in UTC epoch seconds."""

    run_id: str
    addresses: tuple[str, ...]
    times: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class News:
    """Runs that have ended and of which nothing is noted, and up to which change number they were looked for."""

    seq: int
    runs: tuple[Ended, ...]


def news(store: RunStore, after: int | None) -> News:
    """Return finished runs since change number `after`; none without one."""
    latest = store.seq()
    if after is None:
        return News(latest, ())
    # Numbers begin anew if the store was replaced.
    changed = store.queue(min(after, latest), MOST_RUNS)
    found = [_ended(store.get(run_id, resources=False)) for run_id, _ in changed]
    seq = changed[-1][1] if changed else latest
    return News(seq, tuple(one for one in found if one is not None))


def seen(run: Ended, kinds: Sequence[SeesNeighbours]) -> int:
    """Return a lower bound of the other clusters' workers on a run's nodes during it."""
    return max(
        kind.neighbours(address, started_at, ended_at)
        for kind in kinds
        for address in run.addresses
        for started_at, ended_at in run.times
    )


def record(counts: Sequence[tuple[str, int]]) -> Callable[[RunStore], bool]:
    """Write the counts of each run; return whether any was new."""

    def write(store: RunStore) -> bool:
        new = [store.note_other_pods(run_id, count) for run_id, count in counts]
        return any(new)

    return write


def _ended(record: dict[str, Any] | None) -> Ended | None:
    if record is None or record["status"] == "running" or record.get("other_pods"):
        return None
    run = Run.from_dict(record)
    addresses = [cluster.scheduler_address for cluster in run.clusters]
    known = tuple(dict.fromkeys(address for address in addresses if address))
    return Ended(run.id, known, _times(run)) if known else None


def _times(run: Run) -> tuple[tuple[float, float], ...]:
    """Return the periods of the run, without idle time between cells where the record gives their start times."""
    parts = stretches(run)
    if len(parts) < len(run.cells):
        return ((run.started_at, run.started_at + run.wall_seconds),)
    return tuple((part.started_at, part.stopped_at) for part in parts)
