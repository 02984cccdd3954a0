"""Comparison as terminal text and as a self-contained HTML fragment: warnings first, then the result, then tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from hrlab.comparison.difference import Difference
from hrlab.comparison.difference_chart import sides
from hrlab.comparison.groups import Comparison
from hrlab.comparison.tables import (
    difference_rows,
    group_rows,
    published,
    published_rows,
)
from hrlab.comparison.words import headline
from hrlab.render.htmltable import BLOCK, html_table
from hrlab.render.text import aligned
from hrlab.render.words import one_line

_SHARES, _GROUPS = ("wall", "phase", "stage"), ("group",)


def comparison_text(comparison: Comparison, difference: Difference | None = None) -> str:
    """Return the comparison as text."""
    parts = [f"⚠ {one_line(said)}" for said in comparison.differs]
    parts.append(one_line(headline(comparison)))
    parts += [_lines(rows) for rows in _tables(comparison)]
    parts += [f"- {one_line(said)}" for said in _rest(comparison)]
    if difference is not None:
        parts += ["", *(one_line(side) for side in sides(difference))]
        parts += [_lines(rows) for rows in _difference_tables(difference)]
    return "\n".join(parts)


def comparison_html(comparison: Comparison, difference: Difference | None = None) -> str:
    """Return the comparison as one ``<div>``; its charts are displayed separately."""
    notices = "".join(f"<div>⚠ {escape(said)}</div>" for said in comparison.differs)
    tables = "".join(_html(rows) for rows in _tables(comparison))
    notes = "".join(f"<li>{escape(said)}</li>" for said in _rest(comparison))
    listed = f'<ul style="margin:4px 0">{notes}</ul>' if notes else ""
    return (
        f'<div class="hrlab-Comparison" style="{BLOCK}">{notices}'
        f"<div><strong>{escape(headline(comparison))}</strong></div>{tables}{listed}"
        f"{_difference_html(difference)}</div>"
    )


def _tables(comparison: Comparison) -> Iterable[list[tuple[str, ...]]]:
    if form := published(comparison):
        yield published_rows(form)
    yield group_rows(comparison)


def _difference_tables(difference: Difference) -> list[list[tuple[str, ...]]]:
    tables = [difference_rows(difference, parts) for parts in (_SHARES, _GROUPS)]
    return [rows for rows in tables if len(rows) > 1]


def _difference_html(difference: Difference | None) -> str:
    if difference is None:
        return ""
    named = "".join(f"<div>{escape(side)}</div>" for side in sides(difference))
    tables = "".join(_html(rows) for rows in _difference_tables(difference))
    return f"<details><summary>Where the two runs differ</summary>{named}{tables}</details>"


def _rest(comparison: Comparison) -> list[str]:
    return [note for note in comparison.notes if note not in comparison.differs]


def _lines(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(line.rstrip() for line in aligned(rows))


def _html(rows: Sequence[Sequence[str]]) -> str:
    head, *body = rows
    return html_table(head, body)
