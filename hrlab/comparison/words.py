"""Names of groups, and the headline of a comparison."""

from __future__ import annotations

from hrlab.comparison.groups import Comparison, Group, units_of
from hrlab.model.names import numbered
from hrlab.model.units import format_bytes, format_count, format_duration, format_share, significant
from hrlab.render.words import one_line

#: Beyond this efficiency, threads alone cannot explain the speed-up: a possible reason is given.
MOST_EFFICIENT = 1.1


def headline(comparison: Comparison) -> str:
    """Return the result in one sentence: the baseline, the others, and the fastest with speed-up and efficiency."""
    largest = max((group.amount or 0.0) for group in comparison.groups)
    shown = [group for group in comparison.groups if (group.amount or 0.0) == largest]
    times = ", ".join(
        f"{temperature(group.label, group, comparison)} {format_duration(group.wall_seconds)}"
        for group in shown[:6]
    )
    start = f"{format_count(largest)} {comparison.amount}: {times}" if comparison.amount else times
    # Never compare warm runs with cold ones.
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
    """Explain a speed-up larger than the threads allow; empty if it is not."""
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
        return "one of them may include imports and compilation"
    if comparison.differs:
        first = comparison.differs[0].rstrip(".")
        return first[:1].lower() + first[1:]
    if units_of(group, comparison.over) == units_of(base, comparison.over):
        return f"with the same number of {comparison.over}, so the speed-up has another cause"
    return f"more than its {comparison.over} alone can explain; possibly cached files"


def lane_names(comparison: Comparison) -> list[str]:
    """Return the unique name of each group's lane, the same in every chart with lanes."""
    return numbered([_lane_name(group, comparison) for group in comparison.groups])


def _lane_name(group: Group, comparison: Comparison) -> str:
    """Return label, amount of work, repeats, and whether the cluster was shared."""
    repeats = f" ({len(group.runs)}×)" if len(group.runs) > 1 else ""
    alone = ", not alone" if group.alone is False else ""
    name = temperature(joined(group.label, series_name(group, comparison)), group, comparison)
    return one_line(name + repeats + alone)


def temperature(name: str, group: Group, comparison: Comparison) -> str:
    """Return `name`, marked as cold if another group is warm."""
    is_apart = group.warm is False and any(one.warm for one in comparison.groups)
    return f"{name}, cold" if is_apart else name


def series_name(group: Group, comparison: Comparison) -> str:
    """Return the amount of work, if it differs between the runs."""
    if comparison.amount is None or group.amount is None:
        return ""
    return one_line(f"{format_count(group.amount)} {comparison.amount}")


def joined(label: str, series: str) -> str:
    """Return a label, with its series if there is one."""
    return f"{label}, {series}" if series else label


def by_name(comparison: Comparison) -> str:
    """Return the displayed name of the grouping."""
    return comparison.by.partition(":")[2] or comparison.by


def base_label(comparison: Comparison) -> str:
    """Return the label of the baseline group."""
    return next(group.label for group in comparison.groups if group.key == comparison.baseline)


def shape_in_words(group: Group) -> str:
    """Return the shape of the cluster: ``10 workers, 100 threads, 200 GiB``; empty without a cluster."""
    if not group.workers:
        return ""
    said = [_several(group.workers, "worker"), _several(group.threads, "thread")]
    if group.memory_bytes:
        said.append(format_bytes(group.memory_bytes))
    return ", ".join(said)


def _several(count: float, noun: str) -> str:
    return f"{format_count(count)} {noun if count == 1 else noun + 's'}"
