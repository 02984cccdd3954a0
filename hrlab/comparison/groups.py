"""Groups compared runs, combines repeats, and computes speed-up and efficiency against a baseline. Pure.

The **speed-up** of a group is the baseline's median wall time divided by the group's, for the same amount of work; its
**efficiency** is the speed-up divided by the ratio of threads (or workers) to the baseline (Eager, Zahorjan and
Lazowska,
"Speedup versus efficiency in parallel systems", IEEE Transactions on Computers 38, 1989, doi:10.1109/12.21127).
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from hrlab.comparison.agreement import differing_workload, differs
from hrlab.model.errors import InvalidRequestError, MalformedError
from hrlab.model.names import numbered, one_line
from hrlab.model.run import Approach, Phases, Run
from hrlab.model.units import pods_in_words

Key: TypeAlias = str | float
Over: TypeAlias = Literal["threads", "workers"]

#: Keys to group runs by, besides ``profile``, ``label:<name>`` and ``workload:<name>``.
FIXED = ("approach", "workers", "threads", "run")
#: Units of the efficiency.
OVERS: tuple[Over, ...] = get_args(Over)
MAX_RUNS = 200
#: Key of runs without the profile, label or figure they are grouped by.
ABSENT = "–"
_APPROACHES: tuple[str, ...] = get_args(Approach)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Repeats of one configuration.

    Attributes
    ----------
    key, amount
        Value that it is grouped by, and the workload figure if it differs between runs.
    label
        Displayed key. Labels are unique: the second run named ``scan`` is ``scan #2``.
    runs, cold
        Ids of counted runs, and of separately shown cold ones: first runs of a fresh cluster or of new workers, which
        include
        imports and compilation. A group that has only cold runs counts them.
    wall_seconds, wall_low_seconds, wall_high_seconds
        Median, minimum and maximum.
    cold_seconds
        Wall times of the runs in `cold`.
    phases
        Medians of each, scaled to add up to the median wall time; None if a run has none.
    threads, workers, memory_bytes
        Maxima of each run, median over the runs; 1, 0 and 0 without a cluster. The memory is the sum of the workers'
        limits.
    speed_up, efficiency
        Against the baseline; None if it has no run of this amount, if one is cold and the other warm, or if runs are
        grouped
        by the amount.
    warm
        Whether the counted runs are warm; None if unknown or without a cluster.
    alone
        False if one of the runs shared its cluster or its nodes with other work.
    other_pods
        Maximum number of pods of other clusters seen on the nodes of one of the runs.
    """

    key: Key
    label: str
    amount: float | None
    runs: tuple[str, ...]
    cold: tuple[str, ...]
    wall_seconds: float
    wall_low_seconds: float
    wall_high_seconds: float
    phases: Phases | None
    threads: float
    workers: float
    cold_seconds: tuple[float, ...] = ()
    memory_bytes: float = 0.0
    speed_up: float | None = None
    efficiency: float | None = None
    warm: bool | None = None
    alone: bool | None = None
    other_pods: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Ordered groups, their baseline, and notes for their interpretation.

    Attributes
    ----------
    by, amount
        Key that runs are grouped by, and the workload figure that differs; None if none does.
    baseline
        Key of the group whose speed-up is 1; the same for every amount.
    notes
        Unexpected differences between the runs, and what was left out.
    over
        Whether the efficiency counts threads or workers.
    choices
        Possible values of `by` for these runs: `FIXED`, and the cluster profiles, labels and workload figures in which
        they
        differ.
    differs
        The notes on unexpected differences; they come first.
    """

    by: str
    amount: str | None
    baseline: Key
    groups: tuple[Group, ...]
    notes: tuple[str, ...]
    over: Over = "threads"
    choices: tuple[str, ...] = FIXED
    differs: tuple[str, ...] = ()


def compare(
    runs: Sequence[Run],
    by: str | None = None,
    baseline: str | None = None,
    over: str | None = None,
) -> Comparison:
    """Compare `runs`.

    Parameters
    ----------
    by
        One of `FIXED`, ``profile``, ``label:<name>`` or ``workload:<name>``; None: the first in which the runs differ.
    baseline
        Key of the group whose speed-up is 1; None: serial runs, else the fewest threads, else the oldest run.
    over
        One of `OVERS`, the unit of the efficiency; None: threads, or workers if runs are grouped by workers.

    Raises
    ------
    MalformedError
        If `by`, `baseline` or `over` is unknown.
    InvalidRequestError
        If fewer than two runs can be compared.
    """
    counted = _over(over, by)
    good = comparable(runs)
    if len(good) < 2:
        raise InvalidRequestError(
            f"Of {len(runs)} runs, {len(good)} succeeded; a comparison needs two. Choose other runs, or time it again."
        )
    by = by or _first_difference(good)
    key_of = _key_of(by)
    amount = None if by.startswith("workload:") else next(iter(differing_workload(good)), None)
    parts: dict[tuple[Key, float | None], list[Run]] = {}
    for run in good:
        key = (key_of(run), run.workload.get(amount) if amount else None)
        parts.setdefault(key, []).append(run)
    groups = [_group(key, size, part, by) for (key, size), part in parts.items()]
    if by != "run":  # single runs stay in chronological order
        groups.sort(key=lambda group: (_order(group.key), group.amount or 0.0))
    groups = _named_apart(groups)
    base = _baseline(groups, by, baseline, good)
    return Comparison(
        by=by,
        amount=amount,
        baseline=base,
        groups=tuple(_against(group, _of_same_work(groups, by), base, counted) for group in groups),
        notes=(*differs(good), *_notes(runs, good, groups, by)),
        over=counted,
        choices=_choices(good, by),
        differs=differs(good),
    )


def comparable(runs: Sequence[Run]) -> list[Run]:
    """Return the successful runs with a wall time, oldest first."""
    good = (run for run in runs if run.status == "ok" and run.wall_seconds > 0)
    return sorted(good, key=lambda run: run.started_at)


def threads_of(run: Run) -> int:
    """Return the maximum number of threads of all clusters or, without any, of parallel processes; at least 1."""
    return max(1, run.threads_peak, (run.processes or 1) if run.approach == "processes" else 1)


def units_of(group: Group, over: Over) -> float:
    """Return the threads or workers of a group; 1 without a cluster."""
    return max(1.0, group.threads if over == "threads" else group.workers)


def _key_of(by: str) -> Callable[[Run], Key]:
    kind, _, name = by.partition(":")
    if kind == "label" and name:
        return lambda run: run.labels.get(name, ABSENT)
    if kind == "workload" and name:
        return lambda run: float(run.workload[name]) if name in run.workload else ABSENT
    found: Mapping[str, Callable[[Run], Key]] = {
        "approach": lambda run: run.approach,
        "workers": lambda run: float(run.workers_peak),
        "threads": lambda run: float(threads_of(run)),
        "run": lambda run: run.id,
        "profile": _profiles_of,
    }
    if by not in found:
        known = ", ".join([*FIXED, "profile", "label:<name>", "workload:<name>"])
        raise MalformedError(f"Cannot group runs by {by[:80]!r}. Use one of {known}.")
    return found[by]


def _profiles_of(run: Run) -> str:
    named = dict.fromkeys(cluster.profile for cluster in run.clusters if cluster.profile)
    return " ".join(named) or ABSENT


def _first_difference(runs: Sequence[Run]) -> str:
    for by in ("approach", "threads"):
        if len({_key_of(by)(run) for run in runs}) > 1:
            return by
    amounts = differing_workload(runs)
    return f"workload:{amounts[0]}" if amounts else "run"


def _over(over: str | None, by: str | None) -> Over:
    if not over:
        return "workers" if by == "workers" else "threads"
    for known in OVERS:
        if over == known:
            return known
    raise MalformedError(
        f"Efficiency cannot be computed over {over[:80]!r}. Use one of {', '.join(OVERS)}."
    )


def _choices(runs: Sequence[Run], by: str) -> tuple[str, ...]:
    profile = ["profile"] if len({_profiles_of(run) for run in runs}) > 1 else []
    labels = sorted({name for run in runs for name in run.labels})
    differing = [
        f"label:{name}" for name in labels if len({run.labels.get(name) for run in runs}) > 1
    ]
    figures = [f"workload:{name}" for name in differing_workload(runs)]
    return tuple(dict.fromkeys((*FIXED, *profile, *differing, *figures, by)))


def _group(key: Key, amount: float | None, runs: Sequence[Run], by: str) -> Group:
    warm = [run for run in runs if not run.cold]
    counted = warm or list(runs)
    apart = [run for run in runs if run.cold] if warm else []
    walls = [run.wall_seconds for run in counted]
    known = [run.cold for run in counted if run.cold is not None]
    alone = [run.was_alone for run in counted if run.was_alone is not None]
    return Group(
        key=key,
        label=_label(key, by, runs[0]),
        amount=amount,
        runs=tuple(run.id for run in counted),
        cold=tuple(run.id for run in apart),
        cold_seconds=tuple(run.wall_seconds for run in apart),
        wall_seconds=statistics.median(walls),
        wall_low_seconds=min(walls),
        wall_high_seconds=max(walls),
        phases=_phases(counted),
        threads=statistics.median(threads_of(run) for run in counted),
        workers=statistics.median(run.workers_peak for run in counted),
        memory_bytes=statistics.median(
            sum(cluster.memory_bytes for cluster in run.clusters) for run in counted
        ),
        warm=not any(known) if known else None,
        alone=all(alone) if alone else None,
        other_pods=max(run.other_pods or 0 for run in counted),
    )


def _label(key: Key, by: str, run: Run) -> str:
    if by == "run":
        return run.name
    if not isinstance(key, float):
        return key
    if by == "workers" and not key:
        return "no cluster"
    name = by.partition(":")[2] or by
    return f"{key:g} {name[:-1] if key == 1 and name.endswith('s') else name}"


def _named_apart(groups: Sequence[Group]) -> list[Group]:
    """Make the groups' labels distinct in every chart, table and sentence."""
    labels = {group.key: one_line(group.label) for group in groups}
    names = dict(zip(labels, numbered(list(labels.values())), strict=True))
    return [replace(group, label=names[group.key]) for group in groups]


def _phases(runs: Sequence[Run]) -> Phases | None:
    known = [run.phases for run in runs if run.phases is not None]
    if len(known) < len(runs):
        return None
    names = ("pre_seconds", "dask_seconds", "between_seconds", "post_seconds")
    medians = [statistics.median(getattr(phases, name) for phases in known) for name in names]
    wall, total = statistics.median(run.wall_seconds for run in runs), sum(medians)
    return Phases(*(part * wall / total for part in medians)) if total > 0 else None


def _order(key: Key) -> tuple[int, float, str]:
    if isinstance(key, float):
        return (0, key, "")
    if key in _APPROACHES:
        return (1, _APPROACHES.index(key), "")
    try:  # labels may be numbers: sort 9 before 10
        return (2, float(key), key)
    except ValueError:
        return (3, 0.0, key)


def _baseline(groups: Sequence[Group], by: str, wanted: str | None, runs: Sequence[Run]) -> Key:
    keys = list(dict.fromkeys(group.key for group in groups))
    if wanted is not None:
        for key in keys:
            if wanted in (str(key), f"{key:g}" if isinstance(key, float) else key):
                return key
        shown = ", ".join(f"{key:g}" if isinstance(key, float) else key for key in keys)
        raise MalformedError(
            f"No group {wanted[:80]!r} to use as the baseline; the groups are {shown}."
        )
    if "serial" in keys:
        return "serial"
    # A run parallelized over processes is not a serial baseline.
    spread = {run.id for run in runs if run.approach == "processes"}
    groups = [group for group in groups if not spread.issuperset(group.runs)] or groups
    # Cold runs include start-up costs and are not compared with warm ones.
    groups = [group for group in groups if group.warm is not False] or groups
    if by == "run":
        return groups[0].key
    return min(groups, key=lambda group: group.threads).key


def _of_same_work(groups: Sequence[Group], by: str) -> Sequence[Group]:
    """Return the groups that did the same amount of work: a larger amount that takes longer is not slower."""
    return () if by.startswith("workload:") else groups


def _against(group: Group, groups: Sequence[Group], baseline: Key, over: Over) -> Group:
    base = next((one for one in groups if one.key == baseline and one.amount == group.amount), None)
    if base is None or {base.warm, group.warm} == {True, False}:
        return group
    speed_up = base.wall_seconds / group.wall_seconds
    more = units_of(group, over) / units_of(base, over)
    return replace(group, speed_up=speed_up, efficiency=speed_up / more)


def _notes(runs: Sequence[Run], good: Sequence[Run], groups: Sequence[Group], by: str) -> list[str]:
    notes = []
    if len(good) < len(runs):
        notes.append(
            f"{len(runs) - len(good)} of {len(runs)} runs did not succeed and are excluded."
        )
    cold = sum(len(group.cold) for group in groups)
    if cold:
        notes.append(
            f"{cold} first {'run' if cold == 1 else 'runs'} of a fresh cluster excluded from the medians."
        )
    notes += _cold_beside_warm(groups)
    notes += _shared(good, groups)
    notes += _mixed(good, groups)
    if by not in ("run",) and all(len(group.runs) == 1 for group in groups):
        notes.append("No repeats: run each again to see how much the times vary.")
    return notes


def _cold_beside_warm(groups: Sequence[Group]) -> list[str]:
    """Name the groups with only cold runs, if another group has warm ones."""
    cold = dict.fromkeys(group.label for group in groups if group.warm is False)
    if not cold or not any(group.warm for group in groups):
        return []
    return [
        f"{', '.join(cold)}: cold, includes imports and compilation on fresh workers. "
        "Not compared with runs on warm workers: time it again."
    ]


def _shared(runs: Sequence[Run], groups: Sequence[Group]) -> list[str]:
    """Describe other work on the runs' clusters and nodes."""
    busy = {run.id for run in runs if run.alone is False}
    clients = dict.fromkeys(group.label for group in groups if busy.intersection(group.runs))
    pods: dict[str, int] = {}
    for group in groups:
        if group.other_pods:
            pods[group.label] = max(group.other_pods, pods.get(group.label, 0))
    notes = (
        [f"The cluster also ran tasks of other clients: {', '.join(clients)}."] if clients else []
    )
    return [*notes, *(f"{label}: {pods_in_words(n)}." for label, n in pods.items())]


def _mixed(runs: Sequence[Run], groups: Sequence[Group]) -> list[str]:
    """Note groups whose runs are not repeats of each other, as far as is known."""
    known = {run.id: run for run in runs}
    notes = []
    for group in groups:
        members = [known[run_id] for run_id in group.runs]
        threads = {threads_of(run) for run in members}
        if len(threads) > 1:
            notes.append(
                f"{group.label}: runs with {min(threads)} to {max(threads)} threads are combined; "
                "group by threads to separate them."
            )
        notes += [
            f"{group.label}: runs of different {name} are combined; "
            f"group by {name} to separate them."
            for name in differing_workload(members)
        ]
    return list(dict.fromkeys(notes))
