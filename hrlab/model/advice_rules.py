"""Advice on how a run could have been faster or safer, from the values of its record.

Each rule has a threshold and can be disabled by its code. Rules are in order of priority: correctness risks first, then
time losses, usually the largest first. Users see only the first finding.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from hrlab.model.figures import figure, in_loops, loop_seconds
from hrlab.model.run import Run, Workers
from hrlab.model.units import counted, format_bytes, format_duration, format_share, significant

#: Savings below this time in seconds are not reported.
WORTH_SECONDS = 1.0
#: Dask's workers spill from 70 % of their limit and pause at 80 %.
MEMORY_SHARE = 0.8
# Below these, waiting is normal: tasks take a moment to reach a worker.
WAIT_SHARE = 0.2
WAIT_SECONDS = 2.0
#: Longest task divided by the median of its group, and by the length of all loops.
SKEW_TIMES = 5.0
SKEW_SHARE = 0.3
#: Tasks per thread; with fewer, threads idle at the end of each loop.
TASKS_PER_THREAD = 2.0
#: Dask needs about 1 ms per task; a task should take ten times that.
TINY_SECONDS = 0.01
TINY_TASKS = 100
#: If threads spend a smaller share of their time in tasks, the rest is overhead.
TINY_EFFICIENCY = 0.5
TRANSFER_SHARE = 0.5
SERIAL_SHARE = 0.5

#: Thresholds of the rules, by code.
THRESHOLDS: Mapping[str, str] = {
    "workers-died": "a worker's connection broke while it had tasks",
    "memory-spilled": "workers moved data from memory to disk",
    "memory-near-limit": f"a worker used at least {MEMORY_SHARE:.0%} of its memory limit",
    "waited-for-workers": (
        f"tasks waited for at least {WAIT_SHARE:.0%} of the dask time and {WAIT_SECONDS:g} s, without any thread to run "
        "them, or while all threads had tasks from before the run, or another client used the cluster"
    ),
    "skew": (
        f"the longest task of a group, first executions in each worker apart, took at least {SKEW_TIMES:g} times the "
        f"group's median, {SKEW_SHARE:.0%} of the dask time and {WORTH_SECONDS:g} s"
    ),
    "transfer-dominates": (
        f"transfer between workers took at least {TRANSFER_SHARE:.0%} of the thread seconds of all activities, and "
        f"{WORTH_SECONDS:g} s"
    ),
    "tiny-tasks": (
        f"at least {TINY_TASKS} tasks of less than {1000 * TINY_SECONDS:g} ms on average, the threads busy with less than "
        f"{TINY_EFFICIENCY:.0%} of the dask time, which is at least {WORTH_SECONDS:g} s"
    ),
    "few-tasks": (
        f"fewer tasks than {TASKS_PER_THREAD:g} times the threads, computing for at least half of the dask time and "
        f"{WORTH_SECONDS:g} s"
    ),
    "serial-share": (
        f"at least {SERIAL_SHARE:.0%} of the wall time and {WORTH_SECONDS:g} s outside the loops, on more than one thread"
    ),
}


#: Environment variable with the codes of disabled rules, read by the kernel and the command line.
OFF_VARIABLE = "HRLAB_ADVICE_OFF"


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of advice: code, sentence, and evidence as ``(name, value)``."""

    code: str
    text: str
    evidence: tuple[tuple[str, str], ...] = ()


def findings(run: Run, off: Collection[str] = ()) -> tuple[Finding, ...]:
    """Return all findings for `run`, most important first, without the rules in `off`."""
    if run.phases is None or not run.clusters or run.phases.dask_seconds <= 0:
        return ()
    found = (rule(run) for code, rule in _RULES.items() if code not in off)
    return tuple(one for one in found if one is not None)


def codes_in(words: str) -> frozenset[str]:
    """Return the rule codes of a text that separates them by commas or blanks."""
    return frozenset(words.replace(",", " ").split())


def _wait_seconds(run: Run) -> float:
    return sum(loop.stages.wait_seconds for loop in run.loops)


def _dask_seconds(run: Run) -> float:
    return run.phases.dask_seconds if run.phases is not None else 0.0


def workers_died(run: Run) -> Finding | None:
    """Detect workers lost while they had tasks."""
    lost = sum(cluster.workers.lost or 0 for cluster in run.clusters)
    if not lost:
        return None
    share = figure(run, "peak_memory_share")
    near = share is not None and share.value >= MEMORY_SHARE
    return Finding(
        "workers-died",
        f"{counted(lost, 'worker')} died while running tasks, and the lost work was repeated: "
        + (
            "their memory was nearly exhausted, so give workers more."
            if near
            else "see their logs; insufficient memory is the usual cause."
        ),
        (
            ("workers lost", str(lost)),
            ("maximum workers", str(run.workers_peak)),
            *_memory_evidence(run),
        ),
    )


def memory_spilled(run: Run) -> Finding | None:
    """Detect data spilled to disk."""
    uses = run.resources.clusters if run.resources is not None else ()
    totals = [value for use in uses for value in use.spilled_bytes.total if value]
    if not totals:
        return None
    return Finding(
        "memory-spilled",
        f"Workers ran low on memory and spilled up to {format_bytes(max(totals))} to disk: "
        "give them more memory, or split the work into smaller pieces.",
        (("maximum spilled", format_bytes(max(totals))), *_memory_evidence(run)),
    )


def memory_near_limit(run: Run) -> Finding | None:
    """Detect a worker near its memory limit."""
    share = figure(run, "peak_memory_share")
    if share is None or share.value < MEMORY_SHARE:
        return None
    return Finding(
        "memory-near-limit",
        f"A worker used {format_share(share.value)} of its memory limit; at 95 % it is killed: "
        "give workers more memory, or split the work into smaller pieces.",
        _memory_evidence(run),
    )


def _memory_evidence(run: Run) -> tuple[tuple[str, str], ...]:
    uses = run.resources.clusters if run.resources is not None else ()
    return tuple(
        (
            f"largest worker of {run.clusters[use.cluster].name}",
            f"{format_bytes(use.worker_memory_peak_bytes)}, limit {format_bytes(use.worker_memory_limit_bytes)}",
        )
        for use in uses
        if use.worker_memory_peak_bytes is not None
    )


def waited_for_workers(run: Run) -> Finding | None:
    """Detect tasks that waited long before execution, if the reason is known.

    Nothing is reported for idle threads, which may have been loading code.
    """
    reasons = (
        (_wait_seconds(run) if run.alone is False else 0.0, _OTHER_CLIENT),
        (_waited_seconds(run, _without_threads), _NO_WORKERS),
        (_waited_seconds(run, _occupied), _OTHER_TASKS),
    )
    for waited, reason in reasons:
        if waited >= WAIT_SECONDS and waited / _dask_seconds(run) >= WAIT_SHARE:
            return _waited(run, waited, reason)
    return None


_OTHER_CLIENT = (
    ", while another client used the cluster: use your own cluster for exclusive timing."
)
_NO_WORKERS = " for workers: create the cluster earlier, or keep it warm."
_OTHER_TASKS = (
    " because the workers were busy with other tasks: cancel them, or wait until they are done."
)


def _waited(run: Run, waited: float, reason: str) -> Finding:
    share = format_share(waited / _dask_seconds(run))
    return Finding(
        "waited-for-workers",
        f"{share} of the dask time ({format_duration(waited)}) was spent waiting{reason}",
        (("wait", format_duration(waited)), ("dask", format_duration(_dask_seconds(run)))),
    )


def _waited_seconds(
    run: Run, spans_of: Callable[[Workers, float], list[tuple[float, float]]]
) -> float:
    """Return how much of the stage wait lies in the given spans of the loop's cluster."""
    seconds = 0.0
    for loop in run.loops:
        if loop.cluster is None:
            continue
        spans = spans_of(run.clusters[loop.cluster].workers, run.wall_seconds)
        seconds += sum(
            max(0.0, min(stop, end) - max(start, begin))
            for stage, start, stop in loop.stage_intervals
            if stage == "wait"
            for begin, end in spans
        )
    return seconds


def _without_threads(workers: Workers, wall_seconds: float) -> list[tuple[float, float]]:
    """Return when there were no threads."""
    ends = [at for at, _, _ in workers.history[1:]] + [wall_seconds]
    changes = zip(workers.history, ends, strict=False)
    return [(at, end) for (at, _, threads), end in changes if not threads]


def _occupied(workers: Workers, wall_seconds: float) -> list[tuple[float, float]]:  # noqa: ARG001
    """Return when tasks from before the run occupied all threads."""
    until = workers.occupied_until_seconds
    return [] if until is None else [(0.0, until)]


def skew(run: Run) -> Finding | None:
    """Detect a task that all others wait for; first executions in each worker are excluded, as they may load code."""
    for group in sorted(run.groups, key=lambda one: -(one.longest_later_seconds or 0.0)):
        median, longest = group.median_seconds, group.longest_later_seconds or 0.0
        if not median or group.tasks < 3 or longest < WORTH_SECONDS:
            continue
        if longest / median >= SKEW_TIMES and longest / _dask_seconds(run) >= SKEW_SHARE:
            return Finding(
                "skew",
                f"The longest task of {group.name} took {format_duration(longest)}, {significant(longest / median, 2)} "
                "times the median: no number of workers can make the run shorter than that; split it.",
                (
                    ("group", group.name),
                    ("tasks", str(group.tasks)),
                    ("median", format_duration(median)),
                    ("longest", format_duration(longest)),
                ),
            )
    return None


def transfer_dominates(run: Run) -> Finding | None:
    """Detect data transfer between workers that takes longer than computing."""
    transfer, whole = run.activities.get("transfer", 0.0), sum(run.activities.values())
    if transfer < WORTH_SECONDS or transfer / whole < TRANSFER_SHARE:
        return None
    return Finding(
        "transfer-dominates",
        f"{format_share(transfer / whole)} of the workers' time was spent moving data between them "
        f"({format_duration(transfer)}): reduce data where it is stored, or use fewer and larger workers.",
        tuple((name, format_duration(seconds)) for name, seconds in run.activities.items()),
    )


def tiny_tasks(run: Run) -> Finding | None:
    """Detect tasks shorter than Dask's overhead for them."""
    tasks = sum(group.tasks for group in run.groups)
    seconds = sum(group.compute_seconds for group in run.groups)
    threads = in_loops(run, 2)
    if tasks < TINY_TASKS or _dask_seconds(run) < WORTH_SECONDS or threads <= 0:
        return None
    if seconds / tasks >= TINY_SECONDS or seconds / threads >= TINY_EFFICIENCY:
        return None
    return Finding(
        "tiny-tasks",
        f"{counted(tasks, 'task')} took {format_duration(seconds / tasks)} on average, less than Dask needs to handle "
        "them: put more work into each.",
        (
            ("tasks", str(tasks)),
            ("mean", format_duration(seconds / tasks)),
            ("threads busy", format_share(seconds / threads)),
        ),
    )


def few_tasks(run: Run) -> Finding | None:
    """Detect too few tasks to keep all threads busy to the end."""
    threads = run.threads_peak
    most = max((loop.tasks for loop in run.loops), default=0)
    computing = sum(loop.stages.compute_seconds for loop in run.loops)
    worth = computing >= WORTH_SECONDS and computing >= 0.5 * loop_seconds(run)
    if threads < 2 or not 0 < most < TASKS_PER_THREAD * threads or not worth:
        return None
    return Finding(
        "few-tasks",
        f"{counted(most, 'task')} for {threads} threads leave threads idle: split the work into at least "
        f"{round(TASKS_PER_THREAD * threads)}, preferably {3 * threads} pieces.",
        (("tasks of the largest loop", str(most)), ("threads", str(threads))),
    )


def serial_share(run: Run) -> Finding | None:
    """Detect work outside Dask that more workers cannot speed up."""
    serial = run.wall_seconds - _dask_seconds(run)
    share = serial / run.wall_seconds if run.wall_seconds else 0.0
    if run.threads_peak < 2 or serial < WORTH_SECONDS or share < SERIAL_SHARE:
        return None
    return Finding(
        "serial-share",
        f"{format_share(share)} of the time was outside Dask ({format_duration(serial)}): with any number of "
        f"workers, the run can become at most {significant(1 / share, 2)} times as fast.",
        (
            ("outside the loops", format_duration(serial)),
            ("wall", format_duration(run.wall_seconds)),
        ),
    )


_RULES: Mapping[str, Callable[[Run], Finding | None]] = {
    "workers-died": workers_died,
    "memory-spilled": memory_spilled,
    "memory-near-limit": memory_near_limit,
    "waited-for-workers": waited_for_workers,
    "skew": skew,
    "transfer-dominates": transfer_dominates,
    "tiny-tasks": tiny_tasks,
    "few-tasks": few_tasks,
    "serial-share": serial_share,
}
