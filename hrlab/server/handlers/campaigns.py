"""Handlers of campaigns."""

from __future__ import annotations

from http import HTTPStatus

from jupyter_server.auth.decorator import authorized
from tornado import web

from hrlab.server.campaign_watch import CampaignWatch
from hrlab.server.handler import HrlabHandler, to_json
from hrlab.server.parameters import given
from hrlab.server.store_threads import Backend


class CampaignSide(HrlabHandler):
    """A handler that asks after campaigns."""

    def initialize(  # type: ignore[override]
        self, backend: Backend, campaigns: CampaignWatch
    ) -> None:
        """Take what the extension composed."""
        super().initialize(backend)
        self.campaigns = campaigns


class CampaignsHandler(CampaignSide):
    """``campaigns``: all of them."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Those that are on, the command line's too, and those that ended lately."""
        given(self.query(), ())
        self.answer(to_json({"campaigns": await self.campaigns.list()}))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Measure how a run scales, or say what would be measured."""
        made, begun = await self.campaigns.launch(await self.json_body())
        self.answer(to_json(made), HTTPStatus.CREATED if begun else HTTPStatus.OK)


class CampaignHandler(CampaignSide):
    """``campaigns/<id>``: one of them."""

    @web.authenticated
    @authorized
    async def get(self, campaign_id: str) -> None:
        """How far it is, and its runs."""
        given(self.query(), ())
        self.answer(to_json(await self.campaigns.get(campaign_id)))

    @web.authenticated
    @authorized
    async def delete(self, campaign_id: str) -> None:
        """Cancel it, or dismiss it when it has ended."""
        await self.campaigns.end(campaign_id)
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()
