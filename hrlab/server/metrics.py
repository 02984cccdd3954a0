"""Runs as Prometheus metrics, on the server's ``/metrics`` beside Jupyter's own.

Labels have few, fixed values: approaches, statuses, phases. Counts the runs that end while the server is up; a scrape
reads
the changes since the previous one, so nothing is done between scrapes.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from prometheus_client import REGISTRY
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from hrlab.model.errors import StoreError
from hrlab.store.sqlite import RunStore
from hrlab.store.summary import Summary

if TYPE_CHECKING:
    from hrlab.export.delivery_cursor import Position

#: Maximum number of runs counted per scrape, to not block the server; the next scrape continues.
MOST_RUNS = 100
#: Upper bounds of the histogram's buckets in seconds.
BOUNDS = (1.0, 10.0, 60.0, 300.0, 900.0, 3600.0, 14400.0)
#: Tolerated clock difference in seconds of remote kernels; runs that ended earlier preceded the server's start.
SLACK_SECONDS = 60.0

_PHASES = ("pre", "dask", "between", "post")


class RunMetrics(Collector):
    """Prometheus collector of runs.

    Parameters
    ----------
    open_store
        Opens a store that does not wait for writers.
    position
        Returns the delivery's position; None without delivery.
    began_at
        Start of the server, in seconds since 1970 (UTC).
    """

    def __init__(
        self,
        open_store: Callable[[], RunStore],
        position: Callable[[], Position | None],
        began_at: float | None = None,
    ) -> None:
        self._open_store = open_store
        self._position = position
        self._began_at = time.time() if began_at is None else began_at
        self._store: RunStore | None = None
        self._seq: int | None = None
        self._counted: set[str] = set()
        self._runs: Counter[tuple[str, str]] = Counter()
        self._tasks: Counter[str] = Counter()
        self._phases = dict.fromkeys(_PHASES, 0.0)
        self._in_bound = [0] * (len(BOUNDS) + 1)
        self._wall_seconds = 0.0

    def start(self, seq: int) -> None:
        """Count changes after change number `seq`."""
        self._seq = seq

    def register(self) -> bool:
        """Register with ``/metrics``; returns False if another server of this process already has."""
        try:
            REGISTRY.register(self)
        except ValueError:
            return False
        return True

    def unregister(self) -> None:
        """Remove the metrics from ``/metrics``."""
        REGISTRY.unregister(self)
        if self._store is not None:
            self._store.close()

    def describe(self) -> Iterator[Metric]:
        """Yield the metrics' names for :meth:`collect` without reading the store."""
        yield from self._metrics()

    def collect(self) -> Iterator[Metric]:
        """Yield the current metrics, or the previous ones if the store cannot be read."""
        waiting = None
        try:
            store = self._opened()
            self._count(store)
            position = self._position()
            waiting = None if position is None else store.waiting(position.seq)
        except StoreError:
            pass
        yield from self._metrics()
        yield from self._delivery(waiting)

    def _opened(self) -> RunStore:
        if self._store is None:
            self._store = self._open_store()
        return self._store

    def _count(self, store: RunStore) -> None:
        if self._seq is None:
            return
        self._seq = min(self._seq, store.seq())  # numbering restarts if the store was replaced
        for run_id, seq in store.queue(self._seq, MOST_RUNS):
            self._seq = seq
            if run_id in self._counted:
                continue
            run = store.summary(run_id)
            if run is not None and run.status != "running":
                self._counted.add(run_id)
                if run.started_at + run.wall_seconds >= self._began_at - SLACK_SECONDS:
                    self._add(run)

    def _add(self, run: Summary) -> None:
        self._runs[run.approach, run.status] += 1
        self._tasks["failed"] += run.failed_tasks
        self._tasks["done"] += run.tasks - run.failed_tasks
        if run.phases is not None:
            for phase in _PHASES:
                self._phases[phase] += getattr(run.phases, f"{phase}_seconds")
        bound = next((i for i, most in enumerate(BOUNDS) if run.wall_seconds <= most), len(BOUNDS))
        self._in_bound[bound] += 1
        self._wall_seconds += run.wall_seconds

    def _metrics(self) -> Iterator[Metric]:
        runs = CounterMetricFamily(
            "hrlab_runs", "Runs that ended while the server was up.", labels=("approach", "status")
        )
        for (approach, status), count in sorted(self._runs.items()):
            runs.add_metric((approach, status), count)
        phases = CounterMetricFamily(
            "hrlab_phase_seconds", "Wall time of those runs by phase.", labels=("phase",)
        )
        for phase, seconds in self._phases.items():
            phases.add_metric((phase,), seconds)
        tasks = CounterMetricFamily("hrlab_tasks", "Dask tasks of those runs.", labels=("outcome",))
        for outcome in ("done", "failed"):
            tasks.add_metric((outcome,), self._tasks[outcome])
        names = [*(str(bound) for bound in BOUNDS), "+Inf"]
        buckets = list(zip(names, accumulate(self._in_bound), strict=True))
        wall = HistogramMetricFamily("hrlab_run_wall_seconds", "Wall time of those runs.")
        wall.add_metric((), buckets, sum_value=self._wall_seconds)
        yield from (runs, phases, tasks, wall)

    def _delivery(self, waiting: int | None) -> Iterator[Metric]:
        position = self._position()
        if position is None:
            return
        said = {
            "delivered": ("Delivered runs.", position.delivered),
            "refused": ("Runs rejected by the database.", position.refused),
        }
        for name, (what, count) in said.items():
            yield CounterMetricFamily(f"hrlab_runs_{name}", what, value=count)
        if waiting is not None:
            yield GaugeMetricFamily(
                "hrlab_runs_waiting", "Runs waiting to be delivered.", value=waiting
            )
