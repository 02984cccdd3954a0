"""Handlers of runs."""

from __future__ import annotations

from http import HTTPStatus

from jupyter_server.auth.decorator import authorized
from tornado import web

from hrlab.history.service import RunService
from hrlab.server.handler import HrlabHandler, from_json, to_json
from hrlab.server.parameters import given, run_query
from hrlab.store.query import RunQuery


class RunsHandler(HrlabHandler):
    """``runs``: the collection."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Return a page of the runs that match the filters, newest first."""
        query = run_query(self.query())
        warning = self.backend.storage_warning
        seq, text = await self.backend.query(lambda service: _page(service, query, warning))
        self.backend.served(seq)
        self.answer(text)


def _page(service: RunService, query: RunQuery, warning: str) -> tuple[int, str]:
    page = service.page(query)
    told = {"storage_warning": warning} if warning else {}
    runs = [run.to_dict() for run in page.runs]
    return page.seq, to_json({"runs": runs, "total": page.total, "seq": page.seq, **told})


class RunHandler(HrlabHandler):
    """``runs/<id>``: one run."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Return the complete record."""
        given(self.query(), ())
        self.answer(await self.backend.query(lambda service: to_json(service.get(run_id))))

    @web.authenticated
    @authorized
    async def put(self, run_id: str) -> None:
        """Store a record; repeating it changes nothing."""
        body = self.body()
        new = await self.backend.change(lambda service: service.save(run_id, from_json(body)))
        self.answer(to_json({"id": run_id}), HTTPStatus.CREATED if new else HTTPStatus.OK)

    @web.authenticated
    @authorized
    async def patch(self, run_id: str) -> None:
        """Rename, label, annotate or restore it."""
        patch = await self.json_body()
        summary = await self.backend.change(lambda service: service.change(run_id, patch))
        self.answer(to_json(summary.to_dict()))

    @web.authenticated
    @authorized
    async def delete(self, run_id: str) -> None:
        """Mark it as deleted."""
        await self.backend.change(lambda service: service.delete(run_id))
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()


class RunChartHandler(HrlabHandler):
    """``runs/<id>/chart``: a chart of one run."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Return a Vega-Lite specification with its table."""
        view = given(self.query(), ("view",)).get("view", ["timeline"])[-1]
        chart = await self.backend.query(lambda service: to_json(service.chart(run_id, view)))
        self.answer(chart)


class RunFiguresHandler(HrlabHandler):
    """``runs/<id>/figures``: values derived from the record of one run."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Return derived figures with their formulas, and advice with its evidence."""
        given(self.query(), ())
        self.answer(await self.backend.query(lambda service: to_json(service.figures(run_id))))


_COMPARED = ("like", "previous", "by", "baseline", "over", "since")


class CompareHandler(HrlabHandler):
    """``compare``: a comparison of several runs."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Return groups, a headline, notes, and charts with their tables."""
        found = given(self.query(), ("ids", *_COMPARED))
        ids = [one for text in found.get("ids", []) for one in text.split(",") if one]
        words = {name: found.get(name, [""])[-1] or None for name in _COMPARED}
        self.answer(
            await self.backend.query(lambda service: to_json(service.compare(ids, **words)))
        )
