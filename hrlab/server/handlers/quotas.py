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
    """A handler that asks the service of quotas."""

    def initialize(  # type: ignore[override]
        self, backend: Backend, quotas: QuotaService
    ) -> None:
        """Take what the extension composed."""
        super().initialize(backend)
        self.quotas = quotas


class QuotasHandler(QuotaSide):
    """``quotas``: what this user may still use, by every source."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Limits, use, and how each source was when it was last asked."""
        given(self.query(), ())
        self.answer(to_json(encode(await self.quotas.report())))
