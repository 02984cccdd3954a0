"""Handlers of clusters."""

from __future__ import annotations

from http import HTTPStatus

from jupyter_server.auth.decorator import authorized
from tornado import web

from hrlab.clusters.service import ClusterService
from hrlab.model.cluster import DryRun
from hrlab.model.wire import encode
from hrlab.server.handler import HrlabHandler, to_json
from hrlab.server.parameters import given
from hrlab.server.store_threads import Backend


class ClusterSide(HrlabHandler):
    """A handler that asks the service of clusters."""

    def initialize(  # type: ignore[override]
        self, backend: Backend, clusters: ClusterService
    ) -> None:
        """Take what the extension composed."""
        super().initialize(backend)
        self.clusters = clusters


class ClustersHandler(ClusterSide):
    """``clusters``: all of them."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Clusters of all kinds, however they were made."""
        given(self.query(), ())
        self.answer(to_json(await self.clusters.list()))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Make one, or say what would become of it."""
        made = await self.clusters.create(await self.json_body())
        status = HTTPStatus.OK if isinstance(made, DryRun) else HTTPStatus.CREATED
        self.answer(to_json(encode(made)), status)


class ClusterHandler(ClusterSide):
    """``clusters/<id>``: one of them."""

    @web.authenticated
    @authorized
    async def get(self, cluster_id: str) -> None:
        """How it is now."""
        given(self.query(), ())
        self.answer(to_json(encode(await self.clusters.get(cluster_id))))

    @web.authenticated
    @authorized
    async def patch(self, cluster_id: str) -> None:
        """Scale, adapt, or extend its idle time."""
        cluster = await self.clusters.change(cluster_id, await self.json_body())
        self.answer(to_json(encode(cluster)))

    @web.authenticated
    @authorized
    async def delete(self, cluster_id: str) -> None:
        """Close it, cancel its start, or dismiss it."""
        await self.clusters.close(cluster_id)
        self.set_status(HTTPStatus.NO_CONTENT)
        self.finish()


class ClusterLogsHandler(ClusterSide):
    """``clusters/<id>/logs``."""

    @web.authenticated
    @authorized
    async def get(self, cluster_id: str) -> None:
        """The ends of its logs, by component."""
        given(self.query(), ())
        self.answer(to_json({"logs": dict(await self.clusters.logs(cluster_id))}))
