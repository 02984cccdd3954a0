"""The charts of one run, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias, get_args

from hrlab.model.run import Run
from hrlab.render.hardware import cpu, disk, memory, network
from hrlab.render.shares import phases
from hrlab.render.timeline import timeline
from hrlab.render.vega import Chart, Column, Table
from hrlab.render.worker_steps import workers

__all__ = [
    "VIEWS",
    "Chart",
    "Column",
    "Table",
    "View",
    "chart",
    "cpu",
    "disk",
    "memory",
    "network",
    "phases",
    "timeline",
    "workers",
]

View: TypeAlias = Literal["timeline", "phases", "workers", "cpu", "memory", "network", "disk"]
VIEWS: tuple[View, ...] = get_args(View)

_CHARTS: Mapping[View, Callable[[Run], Chart]] = {
    "timeline": timeline,
    "phases": phases,
    "workers": workers,
    "cpu": cpu,
    "memory": memory,
    "network": network,
    "disk": disk,
}


def chart(run: Run, view: View) -> Chart:
    """Return the chart of `run` named by `view`."""
    return _CHARTS[view](run)
