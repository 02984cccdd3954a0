"""Self-contained reports of a run, or of runs compared."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from hrlab.comparison.groups import MAX_RUNS
from hrlab.comparison.service import Compared, ComparisonQuestion, compared_runs
from hrlab.export.pictures import NoPicturesError, draw
from hrlab.history.service import RunService
from hrlab.model.errors import MalformedError
from hrlab.model.redaction import Secret, redacted
from hrlab.model.run import Run
from hrlab.render.charts import VIEWS, chart
from hrlab.render.vega import Chart


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportQuestion:
    """What is asked.

    Attributes
    ----------
    ids
        One run, or several to be compared.
    by, baseline, over
        Of a comparison, as in :func:`hrlab.comparison.groups.compare`.
    secrets
        What is kept back.
    """

    ids: Sequence[str]
    by: str | None = None
    baseline: str | None = None
    over: str | None = None
    secrets: Collection[Secret] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A report as HTML, its title, and why charts are missing if they are."""

    title: str
    html: str
    without_charts: str | None


def report(service: RunService, question: ReportQuestion) -> Report:
    """The report of a run, or of runs compared.

    Raises
    ------
    NotFoundError
        If there is no such run.
    InvalidRequestError
        If fewer than two of several runs can be compared.
    """
    ids = list(dict.fromkeys(question.ids))
    if not ids:
        raise MalformedError("A report is of one run, or of several. Name them.")
    if len(ids) > MAX_RUNS:
        raise MalformedError(f"{len(ids)} runs are too many for a report; at most {MAX_RUNS}.")
    runs = [Run.from_dict(redacted(service.get(one), question.secrets)) for one in ids]
    if len(runs) == 1:
        return _of_run(runs[0], question.secrets)
    found = compared_runs(
        runs,
        ComparisonQuestion(by=question.by, baseline=question.baseline, over=question.over),
    )
    return _of_comparison(found, runs, question.secrets)


def _of_run(run: Run, secrets: Collection[Secret]) -> Report:
    from hrlab.export.report_page import run_section

    charts: dict[str, Chart] = {
        view: made for view in VIEWS if (made := chart(run, view)).table.rows
    }
    drawn, missing = _drawn(charts)
    sections = [*_notice(missing), run_section(run, charts, drawn)]
    return Report(run.name, _page(run.name, sections, secrets), missing)


def _of_comparison(found: Compared, runs: Sequence[Run], secrets: Collection[Secret]) -> Report:
    from hrlab.comparison.charts import charts as charts_of
    from hrlab.comparison.charts import headline
    from hrlab.export.report_page import comparison_sections, runs_section

    charts = charts_of(found.comparison, found.difference)
    drawn, missing = _drawn(charts)
    first, *rest = comparison_sections(found.comparison, found.difference, charts, drawn)
    sections = [first, *_notice(missing), *rest, runs_section(runs, found.comparison)]
    title = headline(found.comparison)
    return Report(title, _page(title, sections, secrets), missing)


def _drawn(charts: Mapping[str, Chart]) -> tuple[dict[str, str], str | None]:
    try:
        return draw({name: one.spec for name, one in charts.items()}), None
    except NoPicturesError as error:
        return {}, str(error)


def _notice(missing: str | None) -> list[str]:
    return [f'<p class="quiet">{missing}</p>'] if missing else []


def _page(title: str, sections: Sequence[str], secrets: Collection[Secret]) -> str:
    from importlib.metadata import version

    from hrlab.render.page import page

    when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime())
    kept = f" Kept back: {', '.join(secrets)}." if secrets else ""
    return page(title, sections, f"Made by hrlab {version('hrlab')} on {when}.{kept}")
