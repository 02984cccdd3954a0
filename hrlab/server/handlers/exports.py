"""Handlers of reports and of the delivery status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from hrlab.server.handler import HrlabHandler, to_json
from hrlab.server.parameters import given
from hrlab.server.store_threads import Backend

if TYPE_CHECKING:
    from hrlab.export.influx_delivery import Delivery


class ExportSide(HrlabHandler):
    """Base class of handlers that need the delivery."""

    def initialize(  # type: ignore[override]
        self, backend: Backend, delivery: Delivery | None
    ) -> None:
        """Store the objects that the extension composed."""
        super().initialize(backend)
        self.delivery = delivery


class ExportsHandler(ExportSide):
    """``exports``: target and status of the delivery of runs."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Return the site's target; none if runs are not delivered."""
        given(self.query(), ())
        found = [] if self.delivery is None else [await self.delivery.state()]
        self.answer(to_json({"exports": found}))


class ReportHandler(HrlabHandler):
    """``report``: a self-contained page of one run, or comparing several."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Return the page as a download."""
        from hrlab.export.report import ReportQuestion, report
        from hrlab.model.redaction import secrets_of

        found = given(self.query(), ("ids", "by", "baseline", "over", "redact"))
        by, baseline, over = (
            found.get(name, [""])[-1] or None for name in ("by", "baseline", "over")
        )
        question = ReportQuestion(
            ids=[one for text in found.get("ids", []) for one in text.split(",") if one],
            by=by,
            baseline=baseline,
            over=over,
            secrets=secrets_of(",".join(found.get("redact", []))),
        )
        made = await self.backend.query(lambda service: report(service, question))
        self.set_header("Content-Disposition", 'attachment; filename="hrlab-report.html"')
        self.finish(made.html, set_content_type="text/html; charset=utf-8")
