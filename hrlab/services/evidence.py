"""Which runs may be taken together to learn how they scale, and what each of them says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hrlab.model.errors import InvalidRequestError
from hrlab.model.run import Run
from hrlab.model.scaling import Point
from hrlab.model.workload import by_meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """Runs that may be taken together: their points, by what work is measured, and what was left out."""

    runs: tuple[Run, ...]
    points: tuple[Point, ...]
    amount: str | None
    left_out: tuple[str, ...]


def body_of(runs: Sequence[Run]) -> Body:
    """What `runs`, newest first, say together.

    Raises
    ------
    InvalidRequestError
        If none of them says anything; the message says why.
    """
    usable = [(run, _unusable(run)) for run in runs]
    left_out = [f"{run.name}: {why}" for run, why in usable if why]
    good = [run for run, why in usable if not why]
    if not good:
        reasons = "; ".join(sorted(set(left_out))[:3]) or "there are none"
        raise InvalidRequestError(
            f"Not enough runs to advise from ({reasons}). Time the same code on 1, 2 and 4 workers first."
        )
    alike = [run for run in good if _kind(run) == _kind(good[0])]
    if len(alike) < len(good):
        left_out.append(
            f"{len(good) - len(alike)} of {len(good)} runs: other code, image or approach than the newest"
        )
    amount = _shared_amount(alike)
    same = [run for run in alike if amount or run.workload == alike[0].workload]
    if len(same) < len(alike):
        left_out.append(
            f"{len(alike) - len(same)} runs: another workload, and no figure that all share"
        )
    points = tuple(point_of(run, amount) for run in same)
    return Body(runs=tuple(same), points=points, amount=amount, left_out=tuple(left_out))


def point_of(run: Run, amount: str | None) -> Point:
    """What one run says."""
    fixed = _fixed_seconds(run)
    longest = max((group.longest_seconds for group in run.groups), default=None)
    return Point(
        run_id=run.id,
        threads=_threads(run),
        amount=run.workload[amount] if amount else 1.0,
        fixed_seconds=fixed,
        scaling_seconds=max(0.0, run.wall_seconds - fixed),
        tasks=run.tasks or None,
        longest_seconds=longest,
    )


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
    """The figure by which the runs' workloads differ: all have it, from more than 0 on."""
    counts = Counter(name for run in runs for name, value in run.workload.items() if value > 0)
    shared = [name for name, count in counts.items() if count == len(runs)]
    differing = [name for name in shared if len({run.workload[name] for run in runs}) > 1]
    return next(iter([*by_meaning(differing), *by_meaning(shared)]), None)


def _fixed_seconds(run: Run) -> float:
    if run.phases is None:
        return 0.0  # only the wall time is known: all of it may scale
    outside = run.phases.pre_seconds + run.phases.between_seconds + run.phases.post_seconds
    inside = sum(loop.stages.submit_seconds + loop.stages.gather_seconds for loop in run.loops)
    return min(run.wall_seconds, outside + inside)


def _threads(run: Run) -> float:
    """Threads over the time of the loops, on average; of imported runs the most that there were."""
    total = 0.0
    for index, cluster in enumerate(run.clusters):
        spans = [(one.start_seconds, one.stop_seconds) for one in run.loops if one.cluster == index]
        total += _average(cluster.workers.history, spans) or cluster.workers.threads_peak
    return max(1.0, total)


def _average(
    history: Sequence[tuple[float, int, int]], spans: Sequence[tuple[float, float]]
) -> float | None:
    seconds = sum(stop - start for start, stop in spans)
    if not history or seconds <= 0:
        return None
    changes = [*history, (float("inf"), 0, 0)]
    sums = 0.0
    for (begin, _, threads), (end, *_rest) in pairwise(changes):
        for start, stop in spans:
            sums += threads * max(0.0, min(stop, end) - max(start, begin))
    return sums / seconds or None
