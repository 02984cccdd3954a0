"""Composes the delivery of runs and their metrics."""

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

#: Timeout in seconds: a write takes milliseconds; a slower database counts as unavailable.
LIMIT_SECONDS = 20.0
#: A scrape does not wait for writers of the store: that would block the server.
SCRAPE_SECONDS = 0.02


class ExportSideOfServer:
    """The delivery of runs, if configured, and the metrics of runs."""

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
        """Emit an event whenever the state of the delivery changes."""
        if self.delivery is not None:
            announcer = self._announcer = ClusterAnnouncer(emit, topic="exports")
            self.delivery.changed = lambda: announcer.changed(())

    async def start(self) -> None:
        """Start the delivery and metrics, on the event loop."""
        try:
            # A missing store is created by its first writer.
            self._metrics.start(await self._asked(RunStore.seq) if self._path.exists() else 0)
        except StoreError as error:
            self._log.warning("Prometheus metrics of runs are disabled: %s", error)
        if self._stopped:
            return
        self._registered = self._metrics.register()
        if self.delivery is not None:
            self.delivery.start()

    def stop(self) -> None:
        """Stop the delivery and metrics."""
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
    """Send a request with the event loop's own client, which needs no closing."""
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
    """Return the configured delivery; None if there is none or the configuration is invalid, which is logged."""
    if not configured:
        return None
    # Most sites deliver nothing: then do not import it.
    from hrlab.export.influx_delivery import Delivery
    from hrlab.export.influx_target import target_from
    from hrlab.model.redaction import secrets_of

    try:
        target = target_from(configured)
        kept_back = secrets_of(",".join(secrets))
    except HrlabError as error:
        log.warning("Delivery of runs is disabled: %s", error)
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
