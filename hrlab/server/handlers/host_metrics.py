"""The site's host metrics: database access, and the handler that returns the metrics of a run."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from logging import Logger
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from hrlab.model.errors import HrlabError
from hrlab.model.run import Run
from hrlab.server.handler import HrlabHandler, to_json
from hrlab.server.parameters import given
from hrlab.server.store_threads import Backend

if TYPE_CHECKING:
    from hrlab.hosts.service import HostMetrics
    from hrlab.shared.http_post import PostAnswer, PostRequest

#: 200 values of a few lines take less than 100 kB.
MAX_ANSWER_BYTES = 1_000_000
#: At most 64 host names, resolved from a cache or a nearby name server.
NAME_THREADS = 8
NAME_SECONDS = 1.0


def host_metrics_of(configured: Mapping[str, Any], log: Logger) -> HostMetrics | None:
    """Return the configured metrics; None if there are none or the configuration is invalid, which is logged."""
    if not configured:
        return None
    # Few sites configure this; otherwise do not import it.
    from hrlab.hosts.config import source_from
    from hrlab.hosts.service import HostMetrics

    try:
        return HostMetrics(source_from(configured), post, names_of)
    except HrlabError as error:
        log.warning("Host metrics are disabled: %s", error)
        return None


async def names_of(addresses: Sequence[str]) -> Mapping[str, str]:
    """Resolve `addresses` to names, leaving out those that take too long."""
    if not addresses:
        return {}
    # Separate threads: an unreachable name server must not block the server's other look-ups.
    pool = ThreadPoolExecutor(NAME_THREADS, thread_name_prefix="names-of-hosts")
    try:
        loop = asyncio.get_running_loop()
        asked = {one: loop.run_in_executor(pool, _name_of, one) for one in addresses}
        await asyncio.wait(asked.values(), timeout=NAME_SECONDS)
        return {
            one: found.result() for one, found in asked.items() if found.done() and found.result()
        }
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _name_of(address: str) -> str:
    try:
        return socket.getnameinfo((address, 0), socket.NI_NAMEREQD)[0]
    except (OSError, UnicodeError):
        return ""


async def post(requests: list[PostRequest], limit_seconds: float) -> list[PostAnswer]:
    """Send requests concurrently with a separate client: a slow database must not block the server's other requests."""
    from tornado.simple_httpclient import SimpleAsyncHTTPClient

    from hrlab.shared.http_post import sent

    client = SimpleAsyncHTTPClient(
        force_instance=True, max_clients=len(requests), max_body_size=MAX_ANSWER_BYTES
    )
    try:
        return await asyncio.gather(*(sent(client, one, limit_seconds) for one in requests))
    finally:
        client.close()


class HostSide(HrlabHandler):
    """Base class of handlers that need the host metrics."""

    def initialize(  # type: ignore[override]
        self, backend: Backend, host_metrics: HostMetrics | None
    ) -> None:
        """Store the objects that the extension composed."""
        super().initialize(backend)
        self.host_metrics = host_metrics


class RunHostsHandler(HostSide):
    """``runs/<id>/hosts``: host metrics of one run."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Return charts and their hosts; none if the site has no such database."""
        given(self.query(), ())
        run = await self.backend.query(lambda service: Run.from_dict(service.get(run_id)))
        if self.host_metrics is None:
            found: dict[str, Any] = {"source": None, "note": "", "charts": []}
        else:
            found = await self.host_metrics.of(run, self.backend.run)
        self.answer(to_json(found))
