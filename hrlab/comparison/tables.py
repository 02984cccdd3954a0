"""Tables of a comparison: in the form published by facilities, and as rows of text."""

from __future__ import annotations

from collections.abc import Sequence

from hrlab.comparison.difference import Difference, Line
from hrlab.comparison.groups import ABSENT, Comparison, Group
from hrlab.comparison.words import by_name, joined, series_name, shape_in_words, temperature
from hrlab.model.units import (
    UNKNOWN,
    format_change,
    format_count,
    format_duration,
    format_share,
    significant,
)
from hrlab.render.vega import Column, Table
from hrlab.render.words import one_line


def published(comparison: Comparison) -> Table | None:
    """Return the published form: amounts of work as rows, groups as columns, cells in seconds.

    None if the amount of work does not differ, or there is only one group.
    """
    amounts = sorted({group.amount for group in comparison.groups if group.amount is not None})
    heads = {group.key: _column_head(group, comparison) for group in comparison.groups}
    if comparison.amount is None or len(heads) < 2 or len(amounts) < 2:
        return None
    found = {(group.key, group.amount): group.wall_seconds for group in comparison.groups}
    columns = [Column(f"group_{i}", head, "s") for i, head in enumerate(heads.values())]
    return Table(
        (Column("amount", comparison.amount), *columns),
        tuple((amount, *(found.get((key, amount)) for key in heads)) for amount in amounts),
    )


def _column_head(group: Group, comparison: Comparison) -> str:
    """Return the label, with the shape if the same for every amount: ``distributed (10 workers, 100 threads)``."""
    shapes = {shape_in_words(one) for one in comparison.groups if one.key == group.key}
    shape = shapes.pop() if len(shapes) == 1 else ""
    return f"{group.label} ({shape})" if shape and comparison.by == "approach" else group.label


def published_seconds(seconds: float | None) -> str:
    """Format seconds as in published tables: integers from 100 on, else three significant digits."""
    if seconds is None:
        return ABSENT
    return (
        f"{f'{seconds:.0f}' if seconds >= 100 else significant(seconds).rstrip('0').rstrip('.')} s"
    )


def published_rows(table: Table) -> list[tuple[str, ...]]:
    """Return the published form as text, head first."""
    head = tuple(column.label for column in table.columns)
    return [
        head,
        *(
            (format_count(float(row[0] or 0)), *(published_seconds(_number(c)) for c in row[1:]))
            for row in table.rows
        ),
    ]


def _number(cell: object) -> float | None:
    return float(cell) if isinstance(cell, (int, float)) else None


def group_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Return a row of text for each group, head first; cold runs get a column if there are any."""
    with_cold = any(group.cold for group in comparison.groups)
    head: tuple[str, ...] = (
        *(by_name(comparison), "runs", "wall time", comparison.over),
        *("speed-up", "efficiency"),
    )
    rows = [(*head, "cold") if with_cold else head]
    for group in comparison.groups:
        row = _group_row(group, comparison)
        cold = ", ".join(format_duration(seconds) for seconds in group.cold_seconds) or UNKNOWN
        rows.append((*row, cold) if with_cold else row)
    return rows


def _group_row(group: Group, comparison: Comparison) -> tuple[str, ...]:
    alone = ", not alone" if group.alone is False else ""
    wall = format_duration(group.wall_seconds)
    if group.wall_low_seconds < group.wall_high_seconds:
        low, high = (
            format_duration(group.wall_low_seconds),
            format_duration(group.wall_high_seconds),
        )
        wall += f" ({low} – {high})"
    return (
        one_line(
            temperature(joined(group.label, series_name(group, comparison)), group, comparison)
            + alone
        ),
        str(len(group.runs)),
        wall,
        format_count(getattr(group, comparison.over)),
        UNKNOWN if group.speed_up is None else significant(group.speed_up),
        format_share(group.efficiency),
    )


def difference_rows(difference: Difference, parts: Sequence[str]) -> list[tuple[str, ...]]:
    """Return a row of text for each line of `parts`, head first."""
    lines = [line for line in difference.lines if line.part in parts]
    thread_time = "thread time, " if "group" in parts else ""
    head = ("", f"{thread_time}before", "after", "change", "")
    return [head, *(_difference_row(line) for line in lines)]


def _difference_row(line: Line) -> tuple[str, ...]:
    change = line.change_seconds
    sign = "+" if change is not None and change > 0 else ""
    before, after = line.before_seconds, line.after_seconds
    return (
        line_name(line),
        format_duration(before),
        format_duration(after),
        UNKNOWN if change is None else sign + format_duration(change),
        "" if line.ratio is None else format_change(1.0, line.ratio),
    )


def line_name(line: Line) -> str:
    """Return the name of a part of a run; stages belong to dask."""
    return f"dask: {line.name}" if line.part == "stage" else one_line(line.name)
