"""Service for stored runs: queries, edits, comparison and advice."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hrlab.comparison.service import Compared, ComparisonQuestion, compared
from hrlab.history.edit import read_patch
from hrlab.model.errors import (
    ConflictError,
    InvalidRecordError,
    MalformedError,
    NotFoundError,
    StoreError,
)
from hrlab.model.run import Run
from hrlab.model.suggest import did_you_mean
from hrlab.model.wire import encode
from hrlab.sizing.advice import Advice
from hrlab.sizing.service import AdvisingService, Question, ShapeOf
from hrlab.store.query import RunQuery
from hrlab.store.reading import Page
from hrlab.store.sqlite import RunStore
from hrlab.store.summary import Summary


class RunService:
    """Operations on the runs of one store."""

    def __init__(self, store: RunStore) -> None:
        self._store = store

    @property
    def path(self) -> Path:
        """Path of the store."""
        return self._store.path

    def page(self, query: RunQuery) -> Page:
        """Return the page of runs that match `query`, newest first."""
        self.resolve_interrupted()
        return self._store.page(query)

    def resolve_interrupted(self) -> None:
        """Mark runs whose process has died as interrupted."""
        # A read-only store stays readable; a process that can write will mark them.
        with contextlib.suppress(StoreError):
            self._store.mark_interrupted()

    def has(self, run_id: str) -> bool:
        """Whether the run is stored."""
        return self._store.summary(run_id) is not None

    def get(self, run_id: str) -> dict[str, Any]:
        """Return the complete record as JSON values."""
        record = self._store.get(run_id)
        if record is None:
            raise _no_run(run_id)
        return record

    def full_id(self, prefix: str) -> str:
        """Return the id of the only run whose id starts with `prefix`; ``last`` means the newest ended run."""
        if prefix == "last":
            if run := self.latest():
                return run.id
            raise NotFoundError("No run has ended yet. Time one with %%hrtime in a notebook.")
        found = self._store.ids_from(prefix) if prefix else []
        if len(found) > 1:
            raise ConflictError(f"The id prefix {prefix!r} is ambiguous. Use a longer prefix.")
        if not found:
            raise _no_run(prefix)
        return found[0]

    def latest(self) -> Run | None:
        """Return the most recently started run that has ended."""
        return self._store.latest()

    def change(self, run_id: str, patch: object) -> Summary:
        """Rename, label, note or restore a run.

        Parameters
        ----------
        patch
            JSON object with any of ``name``, ``labels`` (replaces all), ``note``, ``deleted: false``.
        """
        wanted = read_patch(patch)
        if wanted.restore:
            self._store.restore(run_id)
        if wanted.annotates:
            self._store.annotate(run_id, name=wanted.name, labels=wanted.labels, note=wanted.note)
        summary = self._store.summary(run_id)
        if summary is None:
            raise _no_run(run_id)
        return summary

    def delete(self, run_id: str) -> None:
        """Mark the run as deleted."""
        self._store.delete(run_id)

    def save(self, run_id: str, record: object) -> bool:
        """Store a run that ended elsewhere, unless it is stored already. Returns whether it was new."""
        run = _read(record)
        if run.id != run_id:
            message = f"The record of run {run.id} was sent to the address of run {run_id}. Use its own address."
            raise InvalidRecordError(message, path="record.id")
        if run.status == "running":
            message = f"Run {run_id} is still running. Save it after it has ended."
            raise InvalidRecordError(message, path="record.status")
        assert isinstance(record, Mapping)
        return self._store.save(run, record)

    def advise(self, question: Question, shape_of: ShapeOf) -> Advice:
        """Recommend a cluster size for the next run; see :mod:`hrlab.sizing.service`."""
        return AdvisingService(self._store, shape_of).advise(question)

    def compare(
        self,
        ids: Sequence[str],
        by: str | None = None,
        baseline: str | None = None,
        **more: str | None,
    ) -> dict[str, Any]:
        """Compare runs and return the result as JSON; `more` has the other fields of :class:`ComparisonQuestion`."""
        question = ComparisonQuestion(ids=ids, by=by, baseline=baseline, **more)
        return self.compared(question).to_dict()

    def compared(self, question: ComparisonQuestion) -> Compared:
        """Compare runs: groups, notes, and the differences between two runs."""
        return compared(self._store, question)

    def figures(self, run_id: str) -> dict[str, Any]:
        """Return the run's derived figures with their formulas, and advice with its evidence, as JSON."""
        from hrlab.model.advice_rules import findings  # imported late, as charts are
        from hrlab.model.figures import figures
        from hrlab.render.figures import format_value

        run = Run.from_dict(self.get(run_id))
        derived = [
            {
                "name": one.name,
                "label": one.label,
                "value": one.value,
                "unit": one.unit,
                "estimated": one.estimated,
                "text": format_value(one),
                "formula": one.formula,
            }
            for one in figures(run)
        ]
        return {"figures": derived, "advice": [encode(one) for one in findings(run)]}

    def chart(self, run_id: str, view: str) -> dict[str, Any]:
        """Return a view of the run as a Vega-Lite specification and a table."""
        from hrlab.render import charts  # imported late: the server starts faster

        for known in charts.VIEWS:
            if view == known:
                return charts.chart(Run.from_dict(self.get(run_id)), known).to_dict()
        hint = did_you_mean(view, charts.VIEWS)
        raise MalformedError(f"A run has no view {view!r}. {hint}", view=view)


def _read(record: object) -> Run:
    from hrlab.history.validate import (
        check_run,
        check_values,
    )  # imported late: the server starts faster

    run = Run.from_dict(record)
    check_run(run)
    check_values(record)
    return run


def _no_run(run_id: str) -> NotFoundError:
    return NotFoundError(
        f"There is no run {run_id[:40]}. It may have been deleted.", id=run_id[:40]
    )
