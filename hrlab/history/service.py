"""Runs: what may be asked of them and done with them."""

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
    """Runs of one store."""

    def __init__(self, store: RunStore) -> None:
        self._store = store

    @property
    def path(self) -> Path:
        """The store's file."""
        return self._store.path

    def page(self, query: RunQuery) -> Page:
        """The runs that `query` asks for, newest first."""
        self.resolve_interrupted()
        return self._store.page(query)

    def resolve_interrupted(self) -> None:
        """Mark the runs whose process is gone."""
        # A store that cannot be written can still be read; whoever can write marks them.
        with contextlib.suppress(StoreError):
            self._store.mark_interrupted()

    def has(self, run_id: str) -> bool:
        """Whether there is such a run."""
        return self._store.summary(run_id) is not None

    def get(self, run_id: str) -> dict[str, Any]:
        """The whole record as JSON values."""
        record = self._store.get(run_id)
        if record is None:
            raise _no_run(run_id)
        return record

    def full_id(self, prefix: str) -> str:
        """The id of the one run that begins with `prefix`; ``last`` is the newest that has ended."""
        if prefix == "last":
            if run := self.latest():
                return run.id
            raise NotFoundError("No run has ended yet. Time one with %%hrtime in a notebook.")
        found = self._store.ids_from(prefix) if prefix else []
        if len(found) > 1:
            raise ConflictError(f"{prefix!r} begins the ids of several runs. Give more of it.")
        if not found:
            raise _no_run(prefix)
        return found[0]

    def latest(self) -> Run | None:
        """The run that began last, of those that have ended."""
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
        """Take the run off every list."""
        self._store.delete(run_id)

    def save(self, run_id: str, record: object) -> bool:
        """Keep a run that ended elsewhere, unless it is here already. Whether it was new."""
        run = _read(record)
        if run.id != run_id:
            message = f"The record of run {run.id} was sent as {run_id}. Send it as its own."
            raise InvalidRecordError(message, path="record.id")
        if run.status == "running":
            message = f"Run {run_id} is still running. Save it when it has ended."
            raise InvalidRecordError(message, path="record.status")
        assert isinstance(record, Mapping)
        return self._store.save(run, record)

    def advise(self, question: Question, shape_of: ShapeOf) -> Advice:
        """How large a cluster the next run of some code should have; see :class:`AdvisingService`."""
        return AdvisingService(self._store, shape_of).advise(question)

    def compare(
        self,
        ids: Sequence[str],
        by: str | None = None,
        baseline: str | None = None,
        **more: str | None,
    ) -> dict[str, Any]:
        """Runs compared, as JSON; `more` are the other fields of :class:`ComparisonQuestion`."""
        question = ComparisonQuestion(ids=ids, by=by, baseline=baseline, **more)
        return self.compared(question).to_dict()

    def compared(self, question: ComparisonQuestion) -> Compared:
        """Runs compared: groups, notes, and where two of them differ."""
        return compared(self._store, question)

    def figures(self, run_id: str) -> dict[str, Any]:
        """What follows from the run: derived figures, each with its formula, and advice with its evidence."""
        from hrlab.model.advice_rules import findings  # as with charts
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
        """A view of the run as a specification, ready to render, and the table behind it."""
        from hrlab.render import charts  # not before a chart is asked for: the server starts sooner

        for known in charts.VIEWS:
            if view == known:
                return charts.chart(Run.from_dict(self.get(run_id)), known).to_dict()
        hint = did_you_mean(view, charts.VIEWS)
        raise MalformedError(f"There is no view {view!r} of a run. {hint}", view=view)


def _read(record: object) -> Run:
    from hrlab.history.validate import check_run, check_values  # the server starts sooner without

    run = Run.from_dict(record)
    check_run(run)
    check_values(record)
    return run


def _no_run(run_id: str) -> NotFoundError:
    return NotFoundError(
        f"There is no run {run_id[:40]}. It may have been deleted.", id=run_id[:40]
    )
