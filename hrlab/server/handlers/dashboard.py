"""Proxy for the dashboards of clusters known to hrlab, and nothing else."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, urlencode, urlsplit

from jupyter_server.utils import ensure_async
from jupyter_server_proxy.handlers import ProxyHandler, RewritableResponse
from tornado import web
from tornado.httpclient import HTTPClientError

from hrlab.clusters.service import DASHBOARD, ClusterService
from hrlab.model.errors import BackendError
from hrlab.server.errors import ErrorsInOneShape

#: Not forwarded: secrets of this server, which a dashboard at another site must not get, and hop-specific headers.
_KEPT_HERE = ("Authorization", "Cookie", "X-Xsrftoken", "Host")
_OFFERED = ("GET", "HEAD")


class DashboardHandler(ErrorsInOneShape, ProxyHandler):  # type: ignore[misc]
    """``<base_url>hrlab/dashboard/<id>/...``, HTTP and web sockets."""

    auth_resource = "hrlab"
    _target = SplitResult("", "", "", "", "")

    @property
    def content_security_policy(self) -> str:
        """Allow frames of the same server: JupyterLab's panes are frames, which a hub's policy would forbid."""
        return "frame-ancestors 'self'"

    def set_default_headers(self) -> None:
        """Set the server's default headers; their own policy would hide errors in a pane."""
        super().set_default_headers()
        self.set_header("Content-Security-Policy", self.content_security_policy)

    def initialize(self, clusters: ClusterService) -> None:
        """Store the objects that the extension composed."""
        self.clusters = clusters
        self.rewrite_response = _without_cookies
        # The address comes from the cluster's backend, never from the request.
        self.host_allowlist = lambda _, host: host == self._target.hostname
        # An open dashboard does not count as user activity.
        self.update_last_activity = False

    async def prepare(self, *args: Any, **kwargs: Any) -> None:
        """Check access and that the dashboard exists, before anything is upgraded or forwarded."""
        await super().prepare(*args, **kwargs)
        allowed: Awaitable[bool] | bool = self.authorizer.is_authorized(
            self, self.current_user, "read", self.auth_resource
        )
        if not await ensure_async(allowed):
            raise web.HTTPError(403)
        if self.request.method not in _OFFERED:
            raise web.HTTPError(405, f"A dashboard does not support {self.request.method}.")
        cluster_id, path = self.path_args[0], self.path_args[1]
        self.proxy_base = f"{DASHBOARD}{quote(cluster_id)}"
        self._target = urlsplit(await self.clusters.dashboard_url(cluster_id))
        if path is None:
            self.redirect(f"{self.request.path}/")
        self._forget_token()

    async def http_get(self, cluster_id: str, path: str) -> None:
        """Proxy a page of the dashboard."""
        del cluster_id
        # Pages are buffered: streaming would bypass the rewriting of responses.
        self.request.headers["Accept"] = "*/*"
        try:
            await self.proxy(self._target.hostname, self._port(), self._path(path))
        except (OSError, HTTPClientError) as error:
            raise BackendError(f"The dashboard does not respond: {error}.") from error
        except web.HTTPError as error:
            if error.status_code < 500:
                raise
            raise BackendError(f"The dashboard does not respond: {error.log_message}.") from error
        self.set_header("Content-Security-Policy", self.content_security_policy)

    async def head(self, cluster_id: str, path: str) -> None:
        """Proxy a HEAD request like GET."""
        await self.http_get(cluster_id, path)

    async def open(self, cluster_id: str, path: str) -> None:
        """Proxy a web socket of the dashboard."""
        try:
            await self.proxy_open(self._target.hostname, self._port(), self._path(path))
        except (OSError, HTTPClientError) as error:
            self.log.info("hrlab: the dashboard of %s does not respond: %s", cluster_id, error)
            self.close(1013, "The dashboard does not respond.")

    def get_client_uri(self, protocol: str, host: str, port: int, proxied_path: str) -> str:
        """Return the target URI, encrypted if the dashboard is."""
        if self._target.scheme == "https":
            protocol += "s"
        shown = f"[{host}]" if ":" in host else host
        uri: str = super().get_client_uri(protocol, shown, port, proxied_path)
        return uri

    def proxy_request_headers(self) -> Any:
        """Return the request headers forwarded to the dashboard."""
        headers = super().proxy_request_headers()
        for name in _KEPT_HERE:
            headers.pop(name, None)
        return headers

    def get_login_url(self) -> str:
        """Reject with 403 instead of redirecting to a login page, which a pane cannot show."""
        raise web.HTTPError(403)

    def _forget_token(self) -> None:
        query = parse_qsl(self.request.query, keep_blank_values=True)
        kept = [(name, value) for name, value in query if name not in ("token", "_xsrf")]
        if len(kept) < len(query):
            self.request.query = urlencode(kept)

    def _port(self) -> int:
        return self._target.port or (443 if self._target.scheme == "https" else 80)

    def _path(self, path: str | None) -> str:
        return f"{self._target.path.rstrip('/')}{path or '/'}"


def _without_cookies(response: RewritableResponse) -> None:
    """Remove cookies: a dashboard must not set any for Jupyter's address."""
    response.headers.pop("Set-Cookie", None)
