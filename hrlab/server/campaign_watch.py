"""Campaigns on the server's event loop: starts, watches and announces them, and keeps the server from appearing idle.

Hubs stop inactive servers. Kernels of headless runs do not belong to the server, and a cluster keeps working while the
kernel that submitted its tasks is idle. So while a run, a campaign or a cluster is active, the server reports activity
itself: in `last_activity_times`, which hubs read, and by `current_activity`, which Jupyter checks before it shuts down.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from datetime import datetime, timezone
from logging import Logger
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hrlab.history.service import RunService
from hrlab.model.errors import HrlabError
from hrlab.model.profile import Profile
from hrlab.model.quota import Remaining
from hrlab.server.store_threads import Backend
from hrlab.store.query import MAX_LIMIT, RunQuery

if TYPE_CHECKING:
    from hrlab.campaigns.manager import Campaigns
    from hrlab.model.site_limit import SiteLimit

#: Polling intervals in seconds while a campaign is active, and otherwise.
ACTIVE_SECONDS, QUIET_SECONDS = 1.0, 15.0
#: Interval in seconds of activity reports for the hub, which reads them every few minutes.
ALIVE_SECONDS = 30.0
KEY = "hrlab"


class CampaignWatch:
    """Campaigns of this user.

    Parameters
    ----------
    make
        Creates the service on first use: the server starts faster.
    activity
        The server's ``last_activity_times``.
    changed
        Called with the ids of changed campaigns.
    """

    def __init__(
        self,
        make: Callable[[], Campaigns],
        backend: Backend,
        profiles: Mapping[str, Profile],
        activity: MutableMapping[str, datetime],
        changed: Callable[[Sequence[str]], None],
        log: Logger,
    ) -> None:
        self._make = make
        self._backend = backend
        self._profiles = profiles
        self._activity = activity
        self._changed = changed
        self._log = log
        self._made: Campaigns | None = None
        self._seen: dict[str, Any] = {}
        self._task: asyncio.Task[None] | None = None
        self._soon = asyncio.Event()
        self._alive_at = float("-inf")
        #: Whether a run, a campaign or a cluster was active at the last check.
        self.is_active = False
        #: Returns whether clusters are active.
        self.clusters_at_work: Callable[[], bool] = lambda: False
        #: Returns what quotas leave for another cluster of a profile; None: unknown.
        self.left_now: Callable[[str], Remaining] | None = None

    def start(self) -> None:
        """Start watching."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._watch())

    async def stop(self) -> None:
        """Stop watching; campaigns continue."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
        if self._made is not None:
            self._made.detach()

    async def list(self) -> list[dict[str, Any]]:
        """Return all campaigns."""
        return await asyncio.to_thread(lambda: self._service().list())

    async def get(self, campaign_id: str) -> dict[str, Any]:
        """Return one campaign with the ids of its successful runs."""
        found = await asyncio.to_thread(lambda: self._service().get(campaign_id))
        query = RunQuery(labels=(("campaign", campaign_id),), status="ok", limit=MAX_LIMIT)
        page = await self._backend.query(lambda service: service.page(query))
        return {**found, "run_ids": [run.id for run in page.runs]}

    async def launch(self, body: object) -> tuple[dict[str, Any], bool]:
        """Return the requested campaign, and whether it was started."""
        from hrlab.campaigns.scaling_study import plan_of, read_body
        from hrlab.model.run import Run

        asked = read_body(body)
        record = await self._backend.query(lambda service: service.get(asked["run"]))
        root = self._service().root
        plan = plan_of(Run.from_dict(record), asked, self._profiles, self._left_workers, root)
        await asyncio.to_thread(lambda: self._service().check(plan))
        if asked.get("dry_run"):
            return plan.to_dict(), False
        made = await asyncio.to_thread(lambda: self._service().start(plan))
        self._soon.set()
        self._changed([made["id"]])
        return made, True

    async def end(self, campaign_id: str) -> None:
        """Cancel an active campaign, or dismiss an ended one."""
        await asyncio.to_thread(lambda: self._service().end(campaign_id))
        self._soon.set()
        self._changed([campaign_id])

    def _left_workers(self, profile: Profile) -> int | None:
        left = None if self.left_now is None else self.left_now(profile.name).workers
        return int(left) if isinstance(left, (int, float)) else None

    def _service(self) -> Campaigns:
        if self._made is None:
            self._made = self._make()
        return self._made

    async def _watch(self) -> None:
        """Poll campaigns, and less often runs, until the server stops."""
        loop = asyncio.get_running_loop()
        while True:
            self._soon.clear()
            with suppress(OSError):  # a disk that is temporarily unavailable
                on = await self._poll()
                if loop.time() - self._alive_at >= ALIVE_SECONDS:
                    self._alive_at = loop.time()
                    self.is_active = self.clusters_at_work() or on or await self._running()
                    if self.is_active:
                        self._activity[KEY] = datetime.now(timezone.utc)
            wait = ACTIVE_SECONDS if self._any_active() else QUIET_SECONDS
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._soon.wait(), wait)

    async def _poll(self) -> bool:
        """Announce changes; return whether a campaign is active."""
        found = {one["id"]: one for one in await self.list()}
        known, self._seen = self._seen, found
        new = [key for key in {**known, **found} if known.get(key) != found.get(key)]
        if new:
            self._changed(new)
        return self._any_active()

    def _any_active(self) -> bool:
        return any(one["state"] in ("starting", "running") for one in self._seen.values())

    async def _running(self) -> bool:
        """Whether a run is active: its process is alive here or, by its heartbeat, elsewhere."""
        if not self._backend.path.exists():
            return False
        try:
            return await self._backend.query(_has_running)
        except HrlabError as error:
            self._log.debug("hrlab cannot determine whether a run is active: %s", error.message)
            return False


def _has_running(service: RunService) -> bool:
    return service.page(RunQuery(status="running", limit=1)).total > 0


def campaigns_in(
    runtime_dir: Path,
    root: Path,
    store: Path,
    profiles: Mapping[str, Profile],
    limits: Sequence[SiteLimit],
) -> Callable[[], Campaigns]:
    """Return a factory for the campaign service."""

    def make() -> Campaigns:
        from hrlab.campaigns.manager import Campaigns

        return Campaigns(runtime_dir, root, store, profiles, limits)

    return make
