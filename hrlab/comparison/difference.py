"""Difference in time between two runs: by phase, stage and task group. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from hrlab.model.names import numbered, one_line
from hrlab.model.run import Phase, Run, Stage

Part: TypeAlias = Literal["wall", "phase", "stage", "group"]

#: Number of groups with the largest change that are listed; the others are summed.
MOST_GROUPS = 20
REST = "other groups"

#: Below this share of the whole (the wall time, or the thread time of all groups), a part is too small for a meaningful
#: ratio.
NEARLY_NOTHING = 0.01


@dataclass(frozen=True, slots=True)
class Line:
    """One part of both runs.

    Attributes
    ----------
    part
        ``wall`` is the whole, ``phase`` and ``stage`` are shares of the wall time, ``group`` is thread time summed over
        workers.
    before_seconds, after_seconds
        None if only the wall time of the run was recorded.
    before_tasks, after_tasks
        Tasks of a group; None for other parts.
    ratio
        After over before; None if one is unknown or `before` is nearly zero.
    """

    part: Part
    name: str
    before_seconds: float | None
    after_seconds: float | None
    before_tasks: int | None = None
    after_tasks: int | None = None
    ratio: float | None = None

    @property
    def change_seconds(self) -> float | None:
        """After minus before in seconds; None if one is unknown."""
        if self.before_seconds is None or self.after_seconds is None:
            return None
        return self.after_seconds - self.before_seconds


@dataclass(frozen=True, slots=True)
class Difference:
    """Two runs compared part by part.

    Attributes
    ----------
    before, after
        Ids of the runs.
    before_name, after_name, before_at, after_at
        Their names, made distinct, and start times in seconds since 1970 (UTC).
    lines
        The wall time, then the phases in order, the stages below dask, then groups by decreasing change. Parts that
        neither
        run has are omitted.
    """

    before: str
    after: str
    before_name: str
    after_name: str
    before_at: float
    after_at: float
    lines: tuple[Line, ...]

    def of(self, *parts: Part) -> tuple[Line, ...]:
        """Return the lines of the given parts, in order."""
        return tuple(line for line in self.lines if line.part in parts)


def difference(before: Run, after: Run) -> Difference:
    """Return the difference from `before` to `after`."""
    phases = _lines("phase", get_args(Phase), _phases(before), _phases(after))
    after_dask = sum(line.name in ("pre", "dask") for line in phases)
    lines = (
        Line("wall", "wall time", before.wall_seconds, after.wall_seconds),
        *phases[:after_dask],
        *_lines("stage", get_args(Stage), _stages(before), _stages(after)),
        *phases[after_dask:],
    )
    groups = _groups(before, after)
    names = _names(before, after)
    thread_seconds = sum(line.before_seconds or 0.0 for line in groups)
    return Difference(
        before=before.id,
        after=after.id,
        before_name=names[before.id],
        after_name=names[after.id],
        before_at=before.started_at,
        after_at=after.started_at,
        lines=(
            *(_with_ratio(line, before.wall_seconds) for line in lines),
            *(_with_ratio(line, thread_seconds) for line in groups),
        ),
    )


def _names(*runs: Run) -> dict[str, str]:
    """Return distinct names, as in the charts: equal names are numbered in start order."""
    ran = sorted(runs, key=lambda run: run.started_at)
    return dict(
        zip((run.id for run in ran), numbered([one_line(run.name) for run in ran]), strict=True)
    )


def _with_ratio(line: Line, whole_seconds: float) -> Line:
    if line.after_seconds is None or not line.before_seconds:
        return line
    if line.before_seconds < NEARLY_NOTHING * whole_seconds:
        return line
    return replace(line, ratio=line.after_seconds / line.before_seconds)


def _lines(
    part: Part,
    names: Iterable[str],
    before: Mapping[str, float] | None,
    after: Mapping[str, float] | None,
) -> list[Line]:
    found = [
        Line(part, name, before and before[name], after and after[name])  # type: ignore[arg-type]
        for name in names
    ]
    return [line for line in found if line.before_seconds or line.after_seconds]


def _phases(run: Run) -> dict[str, float] | None:
    if run.phases is None:
        return None
    return {name: float(getattr(run.phases, f"{name}_seconds")) for name in get_args(Phase)}


def _stages(run: Run) -> dict[str, float] | None:
    if run.phases is None:
        return None
    return {
        name: sum(float(getattr(loop.stages, f"{name}_seconds")) for loop in run.loops)
        for name in get_args(Stage)
    }


def _groups(before: Run, after: Run) -> list[Line]:
    """Return groups by name; a group missing in a run took no time there, if that run has phases."""
    old = {group.name: group for group in before.groups}
    new = {group.name: group for group in after.groups}
    lines = []
    for name in dict.fromkeys((*old, *new)):
        one, other = old.get(name), new.get(name)
        lines.append(
            Line(
                "group",
                name,
                one.compute_seconds if one else _nothing(before),
                other.compute_seconds if other else _nothing(after),
                one.tasks if one else None,
                other.tasks if other else None,
            )
        )
    lines.sort(key=lambda line: -abs(line.change_seconds or 0.0))
    rest = lines[MOST_GROUPS:]
    return [*lines[:MOST_GROUPS], *([_summed(rest)] if rest else [])]


def _nothing(run: Run) -> float | None:
    return None if run.phases is None else 0.0


def _summed(lines: list[Line]) -> Line:
    return Line(
        "group",
        REST,
        sum(line.before_seconds or 0.0 for line in lines),
        sum(line.after_seconds or 0.0 for line in lines),
        sum(line.before_tasks or 0 for line in lines),
        sum(line.after_tasks or 0 for line in lines),
    )
