"""Sections of a report on one run or compared runs; :mod:`hrlab.render.page` combines them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from html import escape

from hrlab.comparison.charts import headline, published
from hrlab.comparison.difference import Difference
from hrlab.comparison.groups import Comparison, Group
from hrlab.comparison.tables import difference_rows, group_rows, published_rows
from hrlab.comparison.words import base_label, by_name, joined, series_name
from hrlab.model.run import Run
from hrlab.model.units import (
    UNKNOWN,
    format_bytes,
    format_count,
    format_duration,
    pods_in_words,
    significant,
)
from hrlab.render.html import html
from hrlab.render.page import bullets, facts_table, figure, table
from hrlab.render.vega import Cell, Chart, Column, Table
from hrlab.render.words import one_line, outcome

#: Maximum number of rows of a chart's table in a report.
MOST_ROWS = 60
#: Code with at most this many lines is not split across printed pages.
_SHORT_CODE = 40


def run_section(run: Run, charts: Mapping[str, Chart], drawn: Mapping[str, str]) -> str:
    """Return the section of a run: outcome, charts and facts; `drawn` has the charts' SVG by name."""
    fragment = html(run).replace("<details>", "<details open>")
    pictures = [
        figure(str(chart.spec["description"]), drawn[name])
        for name, chart in charts.items()
        if name in drawn
    ]
    note = f"<p>{escape(run.note)}</p>" if run.note else ""
    return (
        f'<section class="run"><h2>{escape(one_line(run.name))}</h2>\n{fragment}{note}'
        f"{''.join(pictures)}\n<h3>Facts</h3>{facts_table(_facts(run))}{_code(run)}</section>"
    )


def comparison_sections(
    comparison: Comparison,
    difference: Difference | None,
    charts: Mapping[str, Chart],
    drawn: Mapping[str, str],
) -> list[str]:
    """Return the sections of a comparison: result, published table, groups, notes, and charts with their values."""
    found = [f"<h1>{escape(headline(comparison))}</h1>"]
    if form := published(comparison):
        found.append(f"<section>{table(published_rows(form))}</section>")
    base = f"Baseline: {one_line(base_label(comparison))}." if comparison.baseline else ""
    notes = bullets([*comparison.notes, *([base] if base else [])])
    found.append(f"<section><h2>Groups</h2>{table(group_rows(comparison))}{notes}</section>")
    if difference is not None:
        rows = table(difference_rows(difference, ("wall", "phase", "stage")))
        found.append(f"<section><h2>Difference</h2>{rows}</section>")
    for name, chart in charts.items():
        title = str(chart.spec["description"])
        picture = figure(title, drawn[name]) if name in drawn else f"<h3>{escape(title)}</h3>"
        found.append(f"<section>{picture}{_numbers(chart.table)}</section>")
    return found


def runs_section(runs: Sequence[Run], comparison: Comparison) -> str:
    """Return the compared runs by group, so that every number can be traced to them."""
    groups = comparison.groups
    place = {run: i for i, one in enumerate(groups) for run in (*one.runs, *one.cold)}
    head = (by_name(comparison), "run", "began (UTC)", "wall time", "workers", "threads", "cold")
    several = len({run.name for run in runs}) > 1
    rows = [
        (
            _group_of(groups[place[run.id]], comparison) if run.id in place else run.status,
            f"{run.id[:8]} {one_line(run.name)}" if several else run.id[:8],
            _when(run),
            format_duration(run.wall_seconds),
            format_count(run.workers_peak),
            format_count(max(1, run.threads_peak)),
            {True: "cold", False: "warm", None: UNKNOWN}[run.cold],
        )
        for run in sorted(runs, key=lambda run: (place.get(run.id, len(groups)), run.started_at))
    ]
    more = (
        "Details of each: <code>jupyter hrlab show RUN</code>, or find it by its time in the panel."
    )
    shown = table([head, *rows], numbers=False)
    return f'<section><h2>Runs</h2>{shown}<p class="quiet">{more}</p></section>'


def _group_of(group: Group, comparison: Comparison) -> str:
    """Return its name in the table of groups."""
    return one_line(joined(group.label, series_name(group, comparison)))


def _numbers(found: Table) -> str:
    head = [_head(column) for column in found.columns]
    rows = [
        [_cell(cell, column) for cell, column in zip(row, found.columns, strict=True)]
        for row in found.rows
    ]
    rest = len(rows) - MOST_ROWS
    more = f'<p class="quiet">and {rest} more rows</p>' if rest > 0 else ""
    return table([head, *rows[:MOST_ROWS]]) + more


def _head(column: Column) -> str:
    return f"{column.label} ({column.unit})" if column.unit else column.label


def _cell(cell: Cell, column: Column) -> str:
    del column
    if cell is None:
        return UNKNOWN
    if isinstance(cell, float):
        return (
            format_count(cell) if cell.is_integer() and abs(cell) < 1e15 else significant(cell, 4)
        )
    return one_line(str(cell))


def _when(run: Run) -> str:
    try:
        return f"{datetime.fromtimestamp(run.started_at, timezone.utc):%Y-%m-%d %H:%M:%S}"
    except (OverflowError, OSError, ValueError):
        return UNKNOWN


def _facts(run: Run) -> list[tuple[str, str]]:
    environment, source = run.environment, run.source
    versions = (
        ("Python", environment.python),
        ("dask", environment.dask),
        ("distributed", environment.distributed),
        ("hrlab", environment.hrlab),
    )
    return [
        ("run", run.id),
        ("began", f"{_when(run)} UTC"),
        ("status", outcome(run) if run.status != "ok" else "ok"),
        ("error", f"{run.error.type}: {run.error.message}"[:2000] if run.error else ""),
        ("workload", ", ".join(f"{format_count(n)} {name}" for name, n in run.workload.items())),
        ("labels", ", ".join(f"{name}={value}" for name, value in run.labels.items())),
        ("inputs", ", ".join(one.name for one in run.inputs)),
        ("clusters", "; ".join(_cluster(run, i) for i in range(len(run.clusters)))),
        ("cold", {True: "yes: first run of a fresh cluster", False: "no", None: ""}[run.cold]),
        ("alone", _alone(run)),
        ("versions", ", ".join(f"{name} {version}" for name, version in versions if version)),
        ("platform", environment.platform or ""),
        ("image", environment.image or ""),
        ("host", environment.hostname or ""),
        ("user", environment.user or ""),
        ("notebook", source.notebook or ""),
        ("code (SHA-256)", source.code_sha256 or ""),
    ]


def _alone(run: Run) -> str:
    seen = ["others used the cluster"] if run.alone is False else []
    seen += [pods_in_words(run.other_pods)] if run.other_pods else []
    return f"no: {', '.join(seen)}" if seen else "yes" if run.alone else ""


def _cluster(run: Run, number: int) -> str:
    cluster = run.clusters[number]
    workers = cluster.workers
    said = [
        cluster.name,
        f"{workers.peak} workers ({significant(workers.time_average)} on average)",
        f"{workers.threads_peak} threads",
    ]
    if cluster.memory_bytes:
        said.append(format_bytes(cluster.memory_bytes))
    if cluster.profile:
        said.append(f"profile {cluster.profile}")
    return ", ".join(said)


def _code(run: Run) -> str:
    code = run.source.code
    if not code:
        return ""
    kind = ' class="short"' if code.count("\n") < _SHORT_CODE else ""
    return f"<h3>Code</h3><pre{kind}>{escape(code)}</pre>"
