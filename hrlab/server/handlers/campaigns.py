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
    """Base class of campaign handlers."""

    def initialize(  # type: ignore[override]
        self, backend: Backend, campaigns: CampaignWatch
    ) -> None:
        """Store the objects that the extension composed."""
        super().initialize(backend)
        self.campaigns = campaigns


class CampaignsHandler(CampaignSide):
    """``campaigns``: the collection."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Return active campaigns, including those of the command line, and recently ended ones."""
        given(self.query(), ())
        self.answer(to_json({"campaigns": await self.campaigns.list()}))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Start a scaling study, or return its plan."""
        made, begun = await self.campaigns.launch(await self.json_body())
        self.answer(to_json(made), HTTPStatus.CREATED if begun else HTTPStatus.OK)


class CampaignHandler(CampaignSide):
    """``campaigns/<id>``: one campaign."""

    @web.authenticated
    @authorized
    async def get(self, campaign_id: str) -> None:
        """Return its progress and runs."""
        given(self.query(), ())
        self.answer(to_json(await self.campaigns.get(campaign_id)))

    @web.authenticated
    @authorized
    async def delete(self, campaign_id: str) -> None:
        """Cancel it, or dismiss it after its end."""
        await self.campaigns.end(campaign_id)
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()
