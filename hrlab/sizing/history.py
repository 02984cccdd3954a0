"""Selects runs that can be used together to determine scaling, and extracts their data points."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hrlab.model.errors import InvalidRequestError
from hrlab.model.run import Run
from hrlab.model.shape import ObservedMemory
from hrlab.model.workload import by_meaning
from hrlab.sizing.laws import Point, Startup


@dataclass(frozen=True, slots=True, kw_only=True)
class RunHistory:
    """Comparable runs: their points, the measure of their work, and what was left out."""

    runs: tuple[Run, ...]
    points: tuple[Point, ...]
    amount: str | None
    left_out: tuple[str, ...]


def body_of(runs: Sequence[Run]) -> RunHistory:
    """Combine `runs`, newest first.

    Raises
    ------
    InvalidRequestError
        If no run is usable; the message says why.
    """
    usable = [(run, _unusable(run)) for run in runs]
    left_out = [f"{run.name}: {why}" for run, why in usable if why]
    good = [run for run, why in usable if not why]
    if not good:
        reasons = "; ".join(sorted(set(left_out))[:3]) or "there are none"
        raise InvalidRequestError(
            f"Not enough runs for a recommendation ({reasons}). Time the same code on 1, 2 and 4 workers first."
        )
    alike = [run for run in good if _kind(run) == _kind(good[0])]
    if len(alike) < len(good):
        left_out.append(
            f"{len(good) - len(alike)} of {len(good)} runs: code, image or approach differs from the newest run"
        )
    alike, apart = _of_one_temperature(alike)
    left_out += apart
    amount = _shared_amount(alike)
    same = [run for run in alike if amount or run.workload == alike[0].workload]
    if len(same) < len(alike):
        left_out.append(
            f"{len(alike) - len(same)} runs: different workload without a common figure"
        )
    points = tuple(point_of(run, amount) for run in same)
    return RunHistory(runs=tuple(same), points=points, amount=amount, left_out=tuple(left_out))


def _of_one_temperature(runs: Sequence[Run]) -> tuple[list[Run], list[str]]:
    """Select either warm or cold runs, preferring more sizes, then warm; also return what was left out."""
    warm = [run for run in runs if not run.cold]
    cold = [run for run in runs if run.cold]
    if not warm or not cold:
        return list(runs), []
    if len({_threads(run) for run in cold}) > len({_threads(run) for run in warm}):
        return cold, [f"{len(warm)} of {len(runs)} runs: warm workers"]
    what = "cold, including imports and compilation on fresh workers"
    return warm, [f"{len(cold)} of {len(runs)} runs: {what}"]


def point_of(run: Run, amount: str | None) -> Point:
    """Return the data point of one run."""
    parts = _parts(run)
    # Imported runs have only a wall time: all of it may scale.
    fixed = min(run.wall_seconds, sum(parts.values()))
    startup = startup_of(run)
    scaling = max(0.0, run.wall_seconds - fixed - (startup.first_seconds if startup else 0.0))
    lengths = [group.longest_seconds for group in run.groups]
    return Point(
        run_id=run.id,
        threads=_threads(run),
        amount=run.workload[amount] if amount else 1.0,
        fixed_seconds=fixed,
        parts=parts,
        startup=startup,
        scaling_seconds=scaling,
        # Sequential work does not use several threads at a time.
        tasks=max((loop.tasks for loop in run.loops), default=0) or None,
        longest_seconds=max(lengths, default=None),
        chain_seconds=min(scaling, sum(lengths)) if lengths else None,
    )


def startup_of(run: Run) -> Startup | None:
    """Return how long the loops had no worker, and how fast workers arrived; None if they were ready."""
    first, steps = 0.0, list[float]()
    for index, cluster in enumerate(run.clusters):
        spans = _spans(run, index)
        history = cluster.workers.history
        if not spans or not history:
            continue
        first += _seconds_without(history, spans)
        came = [
            (at, workers)
            for at, workers, _ in history
            if spans[0][0] <= at <= spans[-1][1] and workers
        ]
        before = next((n for at, n, _ in reversed(history) if at < spans[0][0]), 0)
        peak = max((workers for _, workers in came), default=0)
        if before == 0 and peak > 1:
            start, alone = came[0]
            full = next(at for at, workers in came if workers == peak)
            steps += [(full - start) / (peak - alone)] if peak > alone else []
    if first <= 0 and not steps:
        return None
    return Startup(first_seconds=first, per_worker_seconds=max(steps, default=0.0))


def need_of(runs: Sequence[Run]) -> ObservedMemory | None:
    """Return the maximum memory of one worker in any of `runs`; None if not measured."""
    found = [
        ObservedMemory(
            peak_bytes=use.worker_memory_peak_bytes,
            threads=_threads_of_a_worker(run, use.cluster),
            is_cut=any(value for value in use.spilled_bytes.total),
        )
        for run in runs
        if run.resources is not None
        for use in run.resources.clusters
        if use.worker_memory_peak_bytes
    ]
    return max(found, key=lambda need: need.peak_bytes / need.threads, default=None)


def without_series(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Reduce each series of a run's JSON to its maximum: parsing them all takes twenty times as long."""
    resources = record.get("resources")
    if resources is None:
        return record
    kernel = resources.get("kernel")
    shorter = {
        "points": 1,
        "clusters": [_largest(use) for use in resources["clusters"]],
        "kernel": kernel and _largest(kernel),
    }
    return {**record, "resources": {**resources, **shorter}}


def _largest(use: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _largest_of(value) for name, value in use.items()}


def _largest_of(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {"total": _largest_of(value["total"])}
    if isinstance(value, list):
        return [max((number for number in value if number is not None), default=None)]
    return value


def _threads_of_a_worker(run: Run, index: int) -> float:
    workers = run.clusters[index].workers
    return max(1.0, workers.threads_peak / workers.peak) if workers.peak else 1.0


def _unusable(run: Run) -> str | None:
    if run.status != "ok":
        return "it did not succeed" if run.status != "running" else "it is still running"
    if run.wall_seconds <= 0:
        return "it took no time"
    if run.phases is not None and not run.loops:
        return "it has no Dask loop"
    return None


def _kind(run: Run) -> tuple[Any, ...]:
    code = run.source.code_sha256 or run.name
    return (code, run.environment.image, run.approach, frozenset(run.workload))


def _shared_amount(runs: Sequence[Run]) -> str | None:
    """Return the figure by which the workloads differ: present in all runs and positive."""
    counts = Counter(name for run in runs for name, value in run.workload.items() if value > 0)
    shared = [name for name, count in counts.items() if count == len(runs)]
    differing = [name for name in shared if len({run.workload[name] for run in runs}) > 1]
    return next(iter([*by_meaning(differing), *by_meaning(shared)]), None)


def _parts(run: Run) -> dict[str, float]:
    """Return the seconds that do not scale, by phase; empty if only the wall time is known."""
    if run.phases is None:
        return {}
    return {
        "pre": run.phases.pre_seconds,
        "submit": sum(loop.stages.submit_seconds for loop in run.loops),
        "gather": sum(loop.stages.gather_seconds for loop in run.loops),
        "between": run.phases.between_seconds,
        "post": run.phases.post_seconds,
    }


def _threads(run: Run) -> float:
    """Return the average threads during loops with workers; for imported runs the maximum."""
    total = 0.0
    for index, cluster in enumerate(run.clusters):
        threads = _average(cluster.workers.history, _spans(run, index))
        total += threads or cluster.workers.threads_peak
    return max(1.0, total)


def _spans(run: Run, index: int) -> list[tuple[float, float]]:
    return [(one.start_seconds, one.stop_seconds) for one in run.loops if one.cluster == index]


def _average(
    history: Sequence[tuple[float, int, int]], spans: Sequence[tuple[float, float]]
) -> float | None:
    """Return the average threads in `spans`, without intervals that had none: those are waiting for workers."""
    spent = [(threads, seconds) for threads, seconds in _overlaps(history, spans) if threads]
    whole = sum(seconds for _, seconds in spent)
    return sum(threads * seconds for threads, seconds in spent) / whole if whole > 0 else None


def _seconds_without(
    history: Sequence[tuple[float, int, int]], spans: Sequence[tuple[float, float]]
) -> float:
    return sum(seconds for threads, seconds in _overlaps(history, spans) if not threads)


def _overlaps(
    history: Sequence[tuple[float, int, int]], spans: Sequence[tuple[float, float]]
) -> Iterator[tuple[int, float]]:
    """Yield thread counts, and the seconds of `spans` with that count."""
    changes = [*history, (float("inf"), 0, 0)]
    for (begin, _, threads), (end, *_rest) in pairwise(changes):
        for start, stop in spans:
            yield threads, max(0.0, min(stop, end) - max(start, begin))
