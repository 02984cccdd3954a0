"""Formats the derived figures of a run."""

from __future__ import annotations

from hrlab.model.figures import Figure, figures
from hrlab.model.run import Run
from hrlab.model.units import (
    format_bytes,
    format_count,
    format_duration,
    format_rate,
    format_share,
    significant,
)
from hrlab.render.text import aligned


def format_value(figure: Figure) -> str:
    """Return the value with its unit: ``41 %``, ``about 2.25 GiB``."""
    value = figure.value
    words = {
        "share": lambda: format_share(value),
        "bytes": lambda: format_bytes(value),
        "bytes/s": lambda: f"{format_bytes(value)}/s",
        "events/s": lambda: format_rate(value, 1.0, "events"),
        "workers": lambda: significant(value) if value % 1 else format_count(value),
        "seconds": lambda: format_duration(value),
    }
    return f"{'about ' if figure.estimated else ''}{words[figure.unit]()}"


def figure_table(run: Run) -> str:
    """Return a line for each figure; empty if there are none."""
    rows = [(one.label, format_value(one)) for one in figures(run)]
    return "\n".join(aligned(rows)) if rows else ""
