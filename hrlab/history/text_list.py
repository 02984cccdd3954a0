"""Lists runs as text, for ``%hrtime list`` and ``jupyter hrlab list``."""

from __future__ import annotations

import time
from collections.abc import Iterable

from hrlab.model.run import Phases
from hrlab.model.units import counted, format_change, format_duration
from hrlab.render.words import one_line
from hrlab.store.summary import Summary

NAME_WIDTH = 32


#: Length of the displayed id prefix.
ID_LENGTH = 8


def listing(runs: Iterable[Summary], *, ids: bool = False) -> str:
    """Return one line for each run: optional id, time, name, wall time, change, phases, tasks."""
    return "\n".join((f"{run.id[:ID_LENGTH]}  " if ids else "") + _line(run) for run in runs)


def _line(run: Summary) -> str:
    when = _when(run.started_at)
    name = one_line(run.name)
    name = name if len(name) <= NAME_WIDTH else name[: NAME_WIDTH - 1] + "…"
    parts = [f"{when}  {name:<{NAME_WIDTH}}  {format_duration(run.wall_seconds):>12}"]
    if run.change is not None:
        parts.append(format_change(1.0, 1.0 + run.change.ratio))
    if run.status != "ok":
        parts.append(run.status)
    if run.phases is not None:
        parts.append(_in_words(run.phases))
    if run.tasks:
        parts.append(counted(run.tasks, "task"))
    return "  ".join(parts)


def _when(at: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))
    except (
        OverflowError,
        ValueError,
        OSError,
    ):  # kept before records were bounded; no calendar has it
        return f"{'impossible date':16}"


def _in_words(phases: Phases) -> str:
    times = {
        "pre": phases.pre_seconds,
        "dask": phases.dask_seconds,
        "between": phases.between_seconds,
        "post": phases.post_seconds,
    }
    return " · ".join(
        f"{name} {format_duration(seconds)}"
        for name, seconds in times.items()
        if seconds or name == "pre"
    )
