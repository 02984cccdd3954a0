"""Names of groups, and what a comparison found in a sentence."""

from __future__ import annotations

from hrlab.comparison.groups import Comparison, Group, units_of
from hrlab.model.names import numbered
from hrlab.model.units import format_bytes, format_count, format_duration, format_share, significant
from hrlab.render.words import one_line

#: More than that, runs gain from something else than threads: it is not said without what that may be.
MOST_EFFICIENT = 1.1


def headline(comparison: Comparison) -> str:
    """What was found, in a sentence: the baseline, the others, and the fastest with its speed-up and efficiency."""
    largest = max((group.amount or 0.0) for group in comparison.groups)
    shown = [group for group in comparison.groups if (group.amount or 0.0) == largest]
    times = ", ".join(
        f"{temperature(group.label, group, comparison)} {format_duration(group.wall_seconds)}"
        for group in shown[:6]
    )
    start = f"{format_count(largest)} {comparison.amount}: {times}" if comparison.amount else times
    # Warm runs are compared with cold ones by nobody.
    best = min(
        (group for group in shown if group.speed_up is not None),
        key=lambda group: group.wall_seconds,
        default=None,
    )
    if best is None or best.speed_up is None or best.key == comparison.baseline:
        return f"{start}."
    faster = f"{significant(best.speed_up, 2)} times faster than {base_label(comparison)}"
    share = format_share(best.efficiency)
    on = _several(getattr(best, comparison.over), comparison.over.removesuffix("s"))
    why = unusual_efficiency(best, comparison)
    return f"{start}: {faster} on {on} ({share} efficiency{f': {why}' if why else ''})."


def unusual_efficiency(group: Group, comparison: Comparison) -> str:
    """Why a group gains more than its threads can give; empty if it does not."""
    if group.efficiency is None or group.efficiency <= MOST_EFFICIENT:
        return ""
    base = next(
        one
        for one in comparison.groups
        if one.key == comparison.baseline and one.amount == group.amount
    )
    if comparison.over == "workers" and group.threads > units_of(group, "workers"):
        return "a worker has several threads"
    if group.warm is False or base.warm is False:
        return "one of them may have imported and compiled first"
    if comparison.differs:
        first = comparison.differs[0].rstrip(".")
        return first[:1].lower() + first[1:]
    if units_of(group, comparison.over) == units_of(base, comparison.over):
        return f"on as many {comparison.over}, so something else made it faster"
    return f"more than its {comparison.over} alone can give, such as files in a cache"


def lane_names(comparison: Comparison) -> list[str]:
    """What the lane of each group is called, in every picture with lanes; no two are called the same."""
    return numbered([_lane_name(group, comparison) for group in comparison.groups])


def _lane_name(group: Group, comparison: Comparison) -> str:
    """Label, amount of work, repeats, and whether others were on the cluster."""
    repeats = f" ({len(group.runs)}×)" if len(group.runs) > 1 else ""
    alone = ", not alone" if group.alone is False else ""
    name = temperature(joined(group.label, series_name(group, comparison)), group, comparison)
    return one_line(name + repeats + alone)


def temperature(name: str, group: Group, comparison: Comparison) -> str:
    """`name`, and that the group is cold where another is warm."""
    is_apart = group.warm is False and any(one.warm for one in comparison.groups)
    return f"{name}, cold" if is_apart else name


def series_name(group: Group, comparison: Comparison) -> str:
    """The amount of work, if that differs between the runs."""
    if comparison.amount is None or group.amount is None:
        return ""
    return one_line(f"{format_count(group.amount)} {comparison.amount}")


def joined(label: str, series: str) -> str:
    """A label, with its series if there is one."""
    return f"{label}, {series}" if series else label


def by_name(comparison: Comparison) -> str:
    """What the runs are grouped by, as people say it."""
    return comparison.by.partition(":")[2] or comparison.by


def base_label(comparison: Comparison) -> str:
    """Label of the group that is 1."""
    return next(group.label for group in comparison.groups if group.key == comparison.baseline)


def shape_in_words(group: Group) -> str:
    """On what it ran: ``10 workers, 100 threads, 200 GiB``; empty without a cluster."""
    if not group.workers:
        return ""
    said = [_several(group.workers, "worker"), _several(group.threads, "thread")]
    if group.memory_bytes:
        said.append(format_bytes(group.memory_bytes))
    return ", ".join(said)


def _several(count: float, noun: str) -> str:
    return f"{format_count(count)} {noun if count == 1 else noun + 's'}"
