"""Handler of profiles."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from hrlab.server.handler import to_json
from hrlab.server.handlers.clusters import ClusterSide
from hrlab.server.parameters import given


class ProfilesHandler(ClusterSide):
    """``profiles``: the cluster profiles available to this user."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Return the usable profiles with their options, and the broken ones with the reason."""
        given(self.query(), ())
        self.answer(to_json(await self.clusters.profiles()))
