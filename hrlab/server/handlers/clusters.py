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
    """Base class of cluster handlers."""

    def initialize(  # type: ignore[override]
        self, backend: Backend, clusters: ClusterService
    ) -> None:
        """Store the objects that the extension composed."""
        super().initialize(backend)
        self.clusters = clusters


class ClustersHandler(ClusterSide):
    """``clusters``: the collection."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Return the clusters of all backends, however they were created."""
        given(self.query(), ())
        self.answer(to_json(await self.clusters.list()))

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Create a cluster, or return the result of a dry run."""
        made = await self.clusters.create(await self.json_body())
        status = HTTPStatus.OK if isinstance(made, DryRun) else HTTPStatus.CREATED
        self.answer(to_json(encode(made)), status)


class ClusterHandler(ClusterSide):
    """``clusters/<id>``: one cluster."""

    @web.authenticated
    @authorized
    async def get(self, cluster_id: str) -> None:
        """Return its current state."""
        given(self.query(), ())
        self.answer(to_json(encode(await self.clusters.get(cluster_id))))

    @web.authenticated
    @authorized
    async def patch(self, cluster_id: str) -> None:
        """Scale it, make it adaptive, or extend its idle timeout."""
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
        """Return the last log lines by component."""
        given(self.query(), ())
        self.answer(to_json({"logs": dict(await self.clusters.logs(cluster_id))}))
