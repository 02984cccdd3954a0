"""The charts of one run, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias, get_args

from hrlab.model.run import Run
from hrlab.render.shares import phases
from hrlab.render.timeline import timeline
from hrlab.render.vega import Chart, Column, Table
from hrlab.render.worker_steps import workers

__all__ = ["VIEWS", "Chart", "Column", "Table", "View", "chart", "phases", "timeline", "workers"]

View: TypeAlias = Literal["timeline", "phases", "workers"]
VIEWS: tuple[View, ...] = get_args(View)

_CHARTS: Mapping[View, Callable[[Run], Chart]] = {
    "timeline": timeline,
    "phases": phases,
    "workers": workers,
}


def chart(run: Run, view: View) -> Chart:
    """The chart of `run` that `view` names."""
    return _CHARTS[view](run)
