"""Route of dashboards; the proxy is imported on the first request."""

from __future__ import annotations

from typing import Any

from jupyter_server.utils import url_path_join
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.routing import PathMatches, Router, Rule
from tornado.web import Application

from hrlab.clusters.service import ClusterService

PATH = r"/hrlab/dashboard/([^/]+)(/.*)?"


class _LoadedWhenAsked(Router):
    """Defers jupyter-server-proxy, which takes longer to import than the rest of hrlab's server side."""

    #: Jupyter reads the verbs of handlers to verify that each is authenticated; this one has none of its own.
    SUPPORTED_METHODS = ()
    __name__ = "DashboardHandler"

    def __init__(self, application: Application, clusters: ClusterService) -> None:
        self._application = application
        self._clusters = clusters

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate | None:
        from hrlab.server.handlers.dashboard import DashboardHandler

        return self._application.get_handler_delegate(
            request,
            DashboardHandler,
            target_kwargs={"clusters": self._clusters},
            path_args=kwargs.get("path_args"),
        )


def dashboard_rule(application: Application, base_url: str, clusters: ClusterService) -> Rule:
    """Return the routing rule of the proxy below `base_url`."""
    matcher = PathMatches(url_path_join(base_url, PATH))
    return Rule(matcher, _LoadedWhenAsked(application, clusters))
