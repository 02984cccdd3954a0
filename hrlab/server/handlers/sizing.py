"""Handler of cluster size recommendations."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from hrlab.history.service import RunService
from hrlab.model.wire import encode
from hrlab.server.handler import from_json, to_json
from hrlab.server.handlers.quotas import QuotaSide
from hrlab.sizing.service import ShapeOf, question_from

#: How long in seconds a recommendation waits for stale quota sources before it uses their last values.
QUOTA_SECONDS = 0.2


class SizingHandler(QuotaSide):
    """``sizing``: recommends a cluster size. Never creates anything."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Return the recommendation, its evidence, and a chart of time and efficiency against workers."""
        body, shape_of = self.body(), self.backend.shape_of
        if b'"profile"' in body:
            await self.quotas.binding(QUOTA_SECONDS)
        self.answer(
            await self.backend.query(lambda service: to_json(_advice(service, body, shape_of)))
        )


def _advice(service: RunService, body: bytes, shape_of: ShapeOf) -> dict[str, Any]:
    from hrlab.sizing.chart import (
        sizing,
    )  # imported late: the server starts faster

    advice = service.advise(question_from(from_json(body)), shape_of)
    return {**encode(advice), "chart": sizing(advice).to_dict()}
