"""The loops of a record: the times that the model found, with the tasks that came into being in them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from hrlab.model.intervals import Interval, Intervals
from hrlab.model.run import Loop
from hrlab.timing.observations import Busy, Evidence
from hrlab.timing.phases import LoopTimes, stages_in_seconds


def loops_of(evidence: Evidence, used: list[int]) -> tuple[Loop, ...]:
    """The loops; `used` are the links that carried the run's work, in the order of the record's clusters."""
    times = _with_true_compute(evidence, used)
    content = _content(evidence, times)
    left = {i: (evidence.links[i].report or {}).get("unfinished", 0) for i in used}
    asked = [(i, _asked(evidence, i, alone=len(used) == 1)) for i in used]
    loops: list[Loop] = []
    for loop, items in reversed(list(zip(times, content, strict=True))):
        # What is unfinished at the end belongs to the last loop of its cluster.
        unfinished = sum(left.pop(item.link, 0) for item in items)
        link = items[0].link if items else _first(loop, asked)
        loops.append(_loop(loop, items, unfinished, None if link is None else used.index(link)))
    return tuple(reversed(loops))


def _with_true_compute(evidence: Evidence, used: list[int]) -> tuple[LoopTimes, ...]:
    """The loops, without the gaps between executions that were closed because there were too many to keep.

    How long anything executed is known nevertheless. What is too much in all goes from compute to wait, by share.
    """
    times, true = evidence.account.loops, evidence.executed(used)
    painted = sum(loop.stages["compute"] for loop in times)
    if true is None or painted <= true:
        return times
    corrected = []
    for loop in times:
        moved = loop.stages["compute"] * (painted - true) // painted
        stages = dict(loop.stages)
        stages["compute"] -= moved
        stages["wait"] += moved
        corrected.append(replace(loop, stages=stages))
    return tuple(corrected)


def _content(evidence: Evidence, times: Sequence[LoopTimes]) -> list[list[Busy]]:
    starts = [loop.start for loop in times]
    content: list[list[Busy]] = [[] for _ in times]
    for item in sorted(evidence.busy, key=lambda item: item.start) if times else ():
        content[max(0, bisect_right(starts, evidence.axis.place(item.start)) - 1)].append(item)
    return content


def _asked(evidence: Evidence, index: int, *, alone: bool) -> Intervals:
    """When the kernel asked something of a scheduler. An actor's method does not say of which: with one it is clear."""
    link, now = evidence.links[index], evidence.now
    calling = evidence.active.watch.calling.until(now) if alone else []
    return evidence.axis.intervals(
        [*link.fetching.until(now), *link.outgoing.calls.until(now), *calling]
    )


def _first(loop: LoopTimes, asked: list[tuple[int, Intervals]]) -> int | None:
    """The link that was asked in a loop without tasks; None for a loop that a mark declares."""
    return next(
        (index for index, times in asked if _overlaps((loop.start, loop.stop), times)), None
    )


def _overlaps(one: Interval, several: Intervals) -> bool:
    i = bisect_left(several, one[1], key=lambda interval: interval[0]) - 1
    return i >= 0 and several[i][1] > one[0]


def _loop(loop: LoopTimes, items: list[Busy], unfinished: int, cluster: int | None) -> Loop:
    return Loop(
        start_seconds=loop.start / 1e9,
        stop_seconds=loop.stop / 1e9,
        cluster=cluster,
        client=next((item.client for item in items if item.client), None),
        tasks=sum(item.tasks for item in items),
        failed_tasks=sum(item.failed for item in items),
        left_unfinished=unfinished,
        stages=stages_in_seconds(loop.stages),
        stage_intervals=tuple(
            (stage, start / 1e9, stop / 1e9) for stage, start, stop in loop.intervals
        ),
    )
