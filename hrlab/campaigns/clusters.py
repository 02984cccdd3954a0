"""The clusters of a campaign: made by their profile, waited for, kept alive while the campaign lives, and closed.

No Jupyter server is needed: the kinds of cluster are used directly. A server of the same user sees these clusters like any
other. Their idle time is short and begun anew while the campaign lives, so they end soon after a campaign that was killed.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from logging import Logger
from pathlib import Path
from typing import Any

from hrlab.campaigns.sweep import Setting
from hrlab.clusters.admission.conflicts import ConflictResolver
from hrlab.clusters.factories import makers
from hrlab.clusters.kernel_python import Kernelspecs
from hrlab.clusters.profiles.load import Profiles
from hrlab.clusters.service import ClusterService
from hrlab.clusters.start_times import StartTimes
from hrlab.headless.execute import Stop
from hrlab.model.cluster import Cluster, DryRun
from hrlab.model.errors import BackendError, HrlabError, NotFoundError, UsageError
from hrlab.model.profile import MAXIMUM, MINIMUM, WORKERS, Profile
from hrlab.model.suggest import did_you_mean
from hrlab.quota.factory import GATEWAY, class_of, gateway_arguments, quota_service
from hrlab.quota.site_config import Site
from hrlab.shared.users import user_name
from hrlab.store.location import jupyter_data_directory

#: A cluster whose campaign was killed is closed after so long.
IDLE_SECONDS = 180.0
ALIVE_SECONDS = 30.0
LOOK_SECONDS = 0.2
#: How long making the first cluster is tried.
FIRST_SECONDS = 20.0
#: Where `jupyter hrlab sweep` finds a site's profiles, if not by its option.
PROFILES_VARIABLE = "HRLAB_PROFILES_FILE"
#: Variables of Dask's configuration by the arguments of a `GatewayCluster` that they stand for.
_GATEWAY = {
    "address": "DASK_GATEWAY__ADDRESS",
    "proxy_address": "DASK_GATEWAY__PROXY_ADDRESS",
    "auth": "DASK_GATEWAY__AUTH__TYPE",
}


def campaign_clusters(
    site: Site, runtime_dir: Path, kernel: str | None, log: Logger
) -> CampaignClusters:
    """Cluster service without a server, within the site's limits; see `CampaignClusters`."""
    owner, profiles = user_name(os.environ), site.profiles
    short = {
        name: dataclasses.replace(profile, idle_seconds=_short(profile))
        for name, profile in profiles.usable.items()
    }
    service = ClusterService(
        Profiles(short, profiles.broken),
        makers(runtime_dir, owner, profiles, log, secret_variables=site.secret_variables),
        owner=owner,
        find_kernel=Kernelspecs(),
        starts=StartTimes(jupyter_data_directory() / "hrlab" / "starts.json"),
        log=log,
    )
    quotas = quota_service(site.limits, service, profiles.usable, {}, log, keeps_hours=False)
    settling = ConflictResolver(site.limits.usable, log)
    service.weighing.binding = quotas.binding
    service.marks, service.settle = site.limits.marks, settling.start
    return CampaignClusters(service, profiles, kernel, [quotas.stop, settling.stop])


def _short(profile: Profile) -> float:
    return min(profile.idle_seconds or IDLE_SECONDS, IDLE_SECONDS)


class CampaignClusters:
    """One cluster at a time.

    Parameters
    ----------
    kernel
        The kernelspec of the notebook, whose Python workers run.
    ends
        Called when the campaign is over.
    """

    def __init__(
        self,
        service: ClusterService,
        profiles: Profiles,
        kernel: str | None,
        ends: Sequence[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        self._service = service
        self._profiles = profiles
        #: Name of the clusters; what an earlier call of the same campaign left is known by it.
        self.name = "campaign"
        self._kernel = kernel
        self._setting: Setting | None = None
        self._cluster: Cluster | None = None
        self._alive: asyncio.Task[None] | None = None
        self._ends = ends
        self._works = False

    def check(self, setting: Setting) -> None:
        """Refuse settings that can never be created.

        Raises
        ------
        UsageError
            If there is no such profile, or it can't have a number of workers.
        """
        if not setting.serial:
            self._options(setting)

    def environment(self, setting: Setting) -> Mapping[str, str]:
        """Return the Dask configuration that a kernel needs for a gateway cluster, besides its address."""
        profile = self._profiles.usable[setting.profile]
        if class_of(profile) != GATEWAY:
            return {}
        arguments = gateway_arguments(profile, dict(setting.options))
        return {name: str(arguments[key]) for key, name in _GATEWAY.items() if arguments.get(key)}

    async def refusals(self, setting: Setting) -> Sequence[str]:
        """Return why a profile limit or a quota would refuse this cluster now; empty if it would be allowed.

        What can't be told now, because a kind of cluster can't be asked, is no refusal: making it will tell.
        """
        if setting.serial:
            return ()
        try:
            found = await self._service.create({**self._body(setting), "dry_run": True})
        except BackendError:
            return ()
        assert isinstance(found, DryRun)
        return [refusal.message for refusal in found.refusals]

    async def close_leftovers(self) -> list[str]:
        """Close clusters left by an earlier call that was killed; return their names."""
        listed = (await self._service.list())["clusters"]
        left = [one for one in listed if one["mine"] and one["name"] == self.name]
        for one in left:
            with suppress(HrlabError):
                await self._service.close(one["id"])
        await self._gone({one["id"] for one in left})
        return [str(one["id"]) for one in left]

    async def get(self, setting: Setting, stop: Stop, *, fresh: bool) -> tuple[Cluster, bool]:
        """Return a cluster of this setting with all its workers, and whether it is new.

        Raises
        ------
        HrlabError
            If it can't be made, or is not there in time.
        asyncio.CancelledError
            If somebody wants the campaign to end.
        """
        if not fresh and setting == self._setting and (warm := await self._still_there()):
            return warm, False
        await self.release()
        made = await self._create(setting, stop)
        self._setting, self._cluster = setting, made
        self._alive = asyncio.create_task(self._keep_alive(made.id))
        self._cluster = await self._ready(made.id, setting, stop)
        return self._cluster, True

    async def _still_there(self) -> Cluster | None:
        """Return the cluster, unless it died or was closed meanwhile; that must not fail its other points."""
        if self._cluster is None:
            return None
        with suppress(NotFoundError):
            found = await self._service.get(self._cluster.id)
            return found if found.state == "ready" else None
        return None

    async def release(self) -> None:
        """Close the cluster and wait until it is gone, so that it does not disturb the next point."""
        cluster, self._cluster, self._setting = self._cluster, None, None
        if self._alive is not None:
            self._alive.cancel()
            await asyncio.wait({self._alive})
            self._alive = None
        if cluster is not None:
            with suppress(HrlabError):
                await self._service.close(cluster.id)
            await self._gone({cluster.id})

    async def stop(self) -> None:
        """Close the current cluster and stop watching."""
        await self.release()
        for end in self._ends:
            await end()
        await self._service.stop()

    def _options(self, setting: Setting) -> Mapping[str, Any]:
        profile = self._profiles.usable.get(setting.profile)
        if profile is None:
            known = [*self._profiles.usable, "serial"]
            hint = did_you_mean(setting.profile, known)
            raise UsageError(f"Unknown profile {setting.profile!r}. {hint}")
        options = dict(setting.options)
        if setting.workers is None:
            return options
        if WORKERS in profile.options:
            return {**options, WORKERS: setting.workers}
        if MAXIMUM in profile.options:
            return {**options, MINIMUM: setting.workers, MAXIMUM: setting.workers}
        raise UsageError(
            f"Profile {setting.profile!r} has no option `workers`: remove `workers` from its setting."
        )

    def _body(self, setting: Setting) -> dict[str, Any]:
        return {
            "profile": setting.profile,
            "name": self.name,
            "options": dict(self._options(setting)),
            "kernel": self._kernel,
        }

    async def _create(self, setting: Setting, stop: Stop) -> Cluster:
        body = self._body(setting)
        until = time.monotonic() + FIRST_SECONDS
        while True:
            made = await self._attempt(body)
            if isinstance(made, Cluster):
                self._works = True
                return made
            # Who has just begun to watch, Kubernetes say, can't make anything yet.
            if self._works or stop.asked.is_set() or time.monotonic() > until:
                raise made
            await asyncio.sleep(LOOK_SECONDS)

    async def _attempt(self, body: Mapping[str, Any]) -> Cluster | BackendError:
        try:
            made = await self._service.create(body)
        except BackendError as error:
            return error
        assert isinstance(made, Cluster)
        return made

    async def _ready(self, cluster_id: str, setting: Setting, stop: Stop) -> Cluster:
        until = time.monotonic() + self._profiles.usable[setting.profile].start_timeout_seconds
        while True:
            cluster = await self._service.get(cluster_id)
            # Who attaches to a cluster takes it as it is; how many workers it has may not be told.
            least = 0 if cluster.kind == "address" else 1
            there, wanted = cluster.workers.ready, setting.workers or least
            if cluster.state == "ready" and cluster.scheduler_address and there >= wanted:
                return cluster
            if cluster.state not in ("starting", "ready"):
                raise BackendError(f"The cluster is {cluster.state}. {cluster.reason}".strip())
            if time.monotonic() > until:
                details = [step.detail for step in cluster.steps if step.detail]
                why = cluster.reason or (details[-1] if details else "")
                raise BackendError(
                    f"Only {there} of {wanted} workers started in time. {why}".strip()
                )
            if stop.asked.is_set():
                raise asyncio.CancelledError
            await asyncio.sleep(LOOK_SECONDS)

    async def _keep_alive(self, cluster_id: str) -> None:
        while True:
            await asyncio.sleep(ALIVE_SECONDS)
            with suppress(HrlabError):
                await self._service.change(cluster_id, {"extend": True})

    async def _gone(self, ids: set[str]) -> None:
        until = time.monotonic() + ALIVE_SECONDS
        while time.monotonic() < until:
            listed = (await self._service.list())["clusters"]
            if not ids & {one["id"] for one in listed if one["state"] != "failed"}:
                return
            await asyncio.sleep(LOOK_SECONDS)
