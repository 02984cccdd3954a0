"""Puts the delivery of runs and their metrics together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from logging import Logger
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hrlab.model.errors import HrlabError, StoreError
from hrlab.server.events import ClusterAnnouncer
from hrlab.server.metrics import RunMetrics
from hrlab.server.run_events import Emit
from hrlab.server.store_threads import Backend, OwnStore
from hrlab.store.sqlite import RunStore

if TYPE_CHECKING:
    from hrlab.export.delivery_cursor import Position
    from hrlab.export.influx_delivery import Delivery
    from hrlab.shared.http_post import PostAnswer, PostRequest

#: A write takes milliseconds; a server that takes longer is as good as away.
LIMIT_SECONDS = 20.0
#: A scrape does not wait for whoever writes to the store: it would hold up the server.
SCRAPE_SECONDS = 0.02


class ExportSideOfServer:
    """The delivery of runs, if the site wants it, and the metrics of runs."""

    def __init__(
        self,
        configured: Mapping[str, Any],
        secrets: Sequence[str],
        path: Path,
        backend: Backend,
        *,
        interval_seconds: float,
        log: Logger,
    ) -> None:
        self._path = path
        self._asked = OwnStore(backend)
        self._log = log
        self.delivery = delivery_of(
            configured, secrets, path, self._asked, interval_seconds=interval_seconds, log=log
        )
        self._metrics = RunMetrics(
            lambda: RunStore.open(path, timeout_seconds=SCRAPE_SECONDS), self._position
        )
        self._registered = self._stopped = False
        self._announcer: ClusterAnnouncer | None = None

    def announce(self, emit: Emit) -> None:
        """From now on, say by an event that the delivery goes another way than before."""
        if self.delivery is not None:
            announcer = self._announcer = ClusterAnnouncer(emit, topic="exports")
            self.delivery.changed = lambda: announcer.changed(())

    async def start(self) -> None:
        """Begin; on the event loop."""
        try:
            # A store that is not there yet is made by whoever needs it.
            self._metrics.start(await self._asked(RunStore.seq) if self._path.exists() else 0)
        except StoreError as error:
            self._log.warning("hrlab counts no runs for Prometheus: %s", error)
        if self._stopped:
            return
        self._registered = self._metrics.register()
        if self.delivery is not None:
            self.delivery.start()

    def stop(self) -> None:
        """End."""
        self._stopped = True
        if self.delivery is not None:
            self.delivery.stop()
        if self._announcer is not None:
            self._announcer.stop()
        if self._registered:
            self._registered = False
            self._metrics.unregister()

    def _position(self) -> Position | None:
        return None if self.delivery is None else self.delivery.position


async def post(request: PostRequest) -> PostAnswer:
    """Send a request with the client that belongs to this loop; it has nothing to close."""
    from tornado.httpclient import AsyncHTTPClient

    from hrlab.shared.http_post import sent

    return await sent(AsyncHTTPClient(), request, LIMIT_SECONDS)


def delivery_of(
    configured: Mapping[str, Any],
    secrets: Sequence[str],
    store: Path,
    asked: OwnStore,
    *,
    interval_seconds: float,
    log: Logger,
) -> Delivery | None:
    """The delivery that the site asks for; None if it asks for none, or for one that can't be, which is logged."""
    if not configured:
        return None
    # Most sites deliver nothing: then nothing of it is loaded.
    from hrlab.export.influx_delivery import Delivery
    from hrlab.export.influx_target import target_from
    from hrlab.model.redaction import secrets_of

    try:
        target = target_from(configured)
        kept_back = secrets_of(",".join(secrets))
    except HrlabError as error:
        log.warning("hrlab delivers no runs: %s", error)
        return None
    return Delivery(
        target,
        store,
        ask=asked,
        post=post,
        secrets=kept_back,
        interval_seconds=interval_seconds,
        log=log,
    )
