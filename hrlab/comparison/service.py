"""Comparison as a service: selects runs, groups them, and picks the baseline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hrlab.comparison.difference import Difference, difference
from hrlab.comparison.groups import MAX_RUNS, Comparison, comparable, compare
from hrlab.comparison.overlay import Overlay, Since, overlays, since_of
from hrlab.model.errors import MalformedError, NotFoundError
from hrlab.model.run import Run
from hrlab.model.wire import encode
from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore

if TYPE_CHECKING:
    from hrlab.render.vega import Chart


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonQuestion:
    """A request for a comparison.

    Attributes
    ----------
    ids
        Runs to compare.
    like
        Compare the newest 200 successful runs of the same code as this run.
    previous
        Compare this run with the previous successful run of the same code.
    by, baseline, over
        See :func:`hrlab.comparison.groups.compare`.
    since
        Origin of the time axis of two runs' hardware use: ``start``, or ``loop`` for the first dask loop.
    """

    ids: Sequence[str] = ()
    like: str | None = None
    previous: str | None = None
    by: str | None = None
    baseline: str | None = None
    over: str | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison; for exactly two runs, also their difference and hardware use."""

    comparison: Comparison
    difference: Difference | None
    use: tuple[Overlay, ...] = ()
    since: Since = "start"

    def charts(self) -> dict[str, Chart]:
        """Charts with their tables, by name."""
        from hrlab.comparison.charts import charts

        return charts(self.comparison, self.difference, self.use, self.since)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object: groups, headline, notes, the published table, and charts with their tables."""
        from hrlab.comparison.charts import headline, published
        from hrlab.render.vega import table_dict

        table = published(self.comparison)
        return {
            **encode(self.comparison),
            "headline": headline(self.comparison),
            "published": table and table_dict(table),
            "difference": encode(self.difference),
            "since": self.since,
            "charts": {name: chart.to_dict() for name, chart in self.charts().items()},
        }


def compared(store: RunStore, question: ComparisonQuestion) -> Compared:
    """Compare runs of `store`."""
    if len(question.ids) > MAX_RUNS:
        raise MalformedError(
            f"{len(question.ids)} runs are too many to compare; the limit is {MAX_RUNS}."
        )
    ids = list(question.ids)
    if question.like:
        ids += _of_same_code(store, question.like)
    if question.previous:
        ids += _with_previous(store, question.previous)
    ids = list(dict.fromkeys(ids))
    runs = [_run(store, run_id) for run_id in ids]
    if len(comparable(runs)) == 2:
        runs = [_run(store, run_id, whole=True) for run_id in ids]
    return compared_runs(runs, question)


def compared_runs(runs: Sequence[Run], question: ComparisonQuestion) -> Compared:
    """Compare `runs` according to `question`, whose ids are ignored."""
    found = compare(runs, question.by, question.baseline, question.over)
    since = since_of(question.since)
    good = comparable(runs)
    if len(good) != 2:
        return Compared(found, None, since=since)
    pair = _in_order(good, found)
    return Compared(found, difference(*pair), overlays(*pair, since), since)


def _in_order(runs: Sequence[Run], found: Comparison) -> tuple[Run, Run]:
    """Return the runs as before and after: the baseline and the other, or the older and the newer."""
    first, second = runs
    if {first.cold, second.cold} == {True, False}:
        return first, second  # the baseline has no effect on the result
    group = next((one for one in found.groups if second.id in (*one.runs, *one.cold)), None)
    is_base = group is not None and group.key == found.baseline
    alike = group is not None and first.id in (*group.runs, *group.cold)
    return (second, first) if is_base and not alike else (first, second)


def _run(store: RunStore, run_id: str, *, whole: bool = False) -> Run:
    """Return a run; unless `whole`, without the large fields needed only for comparing two runs."""
    record = store.get(run_id, resources=whole)
    if record is None:
        shown = run_id[:40]
        raise NotFoundError(f"There is no run {shown}. It may have been deleted.", id=shown)
    return Run.from_dict(record if whole else _short(record))


def _short(record: dict[str, Any]) -> dict[str, Any]:
    """Return the record without its series, groups and activities."""
    loops = [{**loop, "stage_intervals": []} for loop in record.get("loops", [])]
    clusters = [
        {**cluster, "workers": {**cluster["workers"], "history": []}}
        for cluster in record.get("clusters", [])
    ]
    return {**record, "loops": loops, "clusters": clusters, "groups": [], "activities": {}}


def _of_same_code(store: RunStore, run_id: str) -> list[str]:
    sha = _run(store, run_id).source.code_sha256
    if sha is None:
        return [run_id]
    query = RunQuery(code_sha256=sha, status="ok", limit=MAX_RUNS)
    return [run_id, *(run.id for run in store.page(query).runs)]


def _with_previous(store: RunStore, run_id: str) -> list[str]:
    summary = store.summary(run_id)
    if summary is None or summary.change is None:
        run = _run(store, run_id)
        raise NotFoundError(
            f"There is no earlier successful run of the same code as {run.name!r}. "
            "Time it again, or select the runs to compare.",
            id=run_id[:40],
        )
    return [summary.change.previous_id, run_id]
