"""Stored runs in code: list and compare them without a server."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias, get_args

from hrlab.api.display import misnamed, run_service, show
from hrlab.api.run_table import RunTable
from hrlab.comparison.charts import headline
from hrlab.comparison.difference import Difference
from hrlab.comparison.groups import Comparison
from hrlab.comparison.page import comparison_html, comparison_text
from hrlab.comparison.service import Compared, ComparisonQuestion, compared_runs
from hrlab.history.service import RunService
from hrlab.model.errors import UsageError
from hrlab.model.run import Run, Status
from hrlab.model.suggest import did_you_mean
from hrlab.render.vega import Chart
from hrlab.store.query import MAX_LIMIT, RunQuery

Named: TypeAlias = str | Run | Iterable[str | Run]


def runs(
    text: str,
    *,
    notebook: str | None,
    labels: Mapping[str, str] | None,
    status: str | None,
    since: float | str | datetime | None,
    limit: int | None,
    offset: int,
) -> RunTable:
    """Return the runs that match the filters; see :func:`hrlab.runs`."""
    if status is not None and status not in get_args(Status):
        raise UsageError(
            f"status={status!r} is not known. {did_you_mean(status, get_args(Status))}"
        )
    for name, number in (("limit", limit or 0), ("offset", offset)):
        if number < 0:
            raise UsageError(f"{name} must be 0 or more, not {number!r}.")
    query = RunQuery(
        text=text,
        notebook=notebook,
        labels=tuple((labels or {}).items()),
        status=status,  # type: ignore[arg-type]  # checked above
        since_at=None if since is None else _epoch(since),
    )
    with run_service() as service:
        return RunTable(*_pages(service, query, offset, limit), read=_read)


def compare(named: Iterable[Named], asked: Mapping[str, str | None]) -> ShownComparison:
    """Compare runs; see :func:`hrlab.compare`."""
    chosen = list(_flat(named))
    words = {name: value for name, value in asked.items() if value is not None}
    with run_service() as service:
        for name in ("like", "previous"):
            if name in words:
                words[name] = service.full_id(words[name])
        if not chosen and "like" not in words and "previous" not in words:
            words["like"] = service.full_id("last")
        if "like" in words or "previous" in words:
            ids = [run.id if isinstance(run, Run) else service.full_id(run) for run in chosen]
            return ShownComparison(service.compared(ComparisonQuestion(ids=ids, **words)))
        found = [
            run if isinstance(run, Run) else Run.from_dict(service.get(service.full_id(run)))
            for run in chosen
        ]
    several = list({run.id: run for run in found}.values())
    return ShownComparison(compared_runs(several, ComparisonQuestion(**words)))


class ShownComparison:
    """A comparison that displays itself: tables and charts in a notebook, tables in a terminal.

    Attributes
    ----------
    comparison, difference
        The result as values; `difference` is None unless exactly two runs are compared.
    """

    def __init__(self, compared: Compared) -> None:
        self._compared = compared
        self.comparison: Comparison = compared.comparison
        self.difference: Difference | None = compared.difference

    @property
    def headline(self) -> str:
        """The result in one sentence."""
        return headline(self.comparison)

    @property
    def charts(self) -> dict[str, Chart]:
        """Charts by name: Vega-Lite v5 specifications in ``.spec``, and their data in ``.table``."""
        return self._compared.charts()

    def to_pandas(self) -> Any:
        """Return the groups as a ``pandas.DataFrame``."""
        import dataclasses

        from hrlab.api.run_table import pandas

        return pandas().DataFrame([dataclasses.asdict(group) for group in self.comparison.groups])

    def __repr__(self) -> str:
        """Return headline, tables and notes."""
        return comparison_text(self.comparison, self.difference)

    def _repr_html_(self) -> str:
        return comparison_html(self.comparison, self.difference)

    def _ipython_display_(self) -> None:
        words = {"text/plain": repr(self), "text/html": self._repr_html_()}
        show(words, self.charts.values())


def _read(ids: Iterable[str]) -> list[Run]:
    with run_service() as service:
        return [Run.from_dict(service.get(run_id)) for run_id in ids]


def _pages(
    service: RunService, query: RunQuery, offset: int, limit: int | None
) -> tuple[list[Any], int]:
    import dataclasses

    found: list[Any] = []
    total = None
    while limit is None or len(found) < limit or total is None:
        most = MAX_LIMIT if limit is None else min(MAX_LIMIT, limit - len(found))
        page = service.page(
            dataclasses.replace(query, offset=offset + len(found), limit=max(1, most))
        )
        total = page.total
        found += page.runs[:most]
        if not page.runs or most == 0:
            break
    return found, total or 0


def _flat(named: Iterable[Named]) -> Iterator[str | Run]:
    for one in named:
        if isinstance(one, (str, Run)):
            yield one
        elif isinstance(one, Iterable):
            yield from _flat(one)
        else:
            raise misnamed(one)


def _epoch(since: float | str | datetime) -> float:
    if isinstance(since, (int, float)):
        return float(since)
    try:
        at = since if isinstance(since, datetime) else datetime.fromisoformat(since)
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"since={since!r} is not a time. Pass seconds since 1970 (UTC), a datetime, or text such as "
            "'2026-11-21 13:00'."
        ) from error
    return at.timestamp()
