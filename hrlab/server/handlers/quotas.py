"""Handler of quotas."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from hrlab.model.wire import encode
from hrlab.quota.service import QuotaService
from hrlab.server.handler import HrlabHandler, to_json
from hrlab.server.parameters import given
from hrlab.server.store_threads import Backend


class QuotaSide(HrlabHandler):
    """Base class of handlers that need the quota service."""

    def initialize(  # type: ignore[override]
        self, backend: Backend, quotas: QuotaService
    ) -> None:
        """Store the objects that the extension composed."""
        super().initialize(backend)
        self.quotas = quotas


class QuotasHandler(QuotaSide):
    """``quotas``: limits and usage of this user from all sources."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Return limits, usage, and the status of each source at its last query."""
        given(self.query(), ())
        self.answer(to_json(encode(await self.quotas.report())))
