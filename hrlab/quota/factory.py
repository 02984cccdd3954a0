"""Create the quota service from configuration, for the Jupyter server and for campaigns without one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from logging import Logger
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hrlab.clusters.service import ClusterService
from hrlab.model.options import Value
from hrlab.model.profile import Profile
from hrlab.model.template import fill
from hrlab.quota.service import QuotaService
from hrlab.shared.users import user_name
from hrlab.store.location import jupyter_data_directory

if TYPE_CHECKING:
    from hrlab.quota.site_limits import SiteLimits
    from hrlab.quota.sources.base import QuotaSource
    from hrlab.quota.sources.jupyter_server import Machine

#: Cluster class whose workers are processes beside the Jupyter server.
LOCAL = "LocalCluster"
#: Cluster classes whose workers are batch jobs, with the batch system's display name.
BATCH = {"SLURMCluster": "Slurm", "HTCondorCluster": "HTCondor"}
#: Cluster class of Dask Gateway.
GATEWAY = "GatewayCluster"


def site_limits(
    configured: Mapping[str, Any],
    file: str,
    profiles: Mapping[str, Profile],
    user: str,
    groups: Collection[str],
    log: Logger,
) -> SiteLimits | None:
    """Return the limits that apply to `user`, or None if nothing is configured; log the invalid ones."""
    if not configured and not file:
        return None
    from hrlab.quota.site_limits import load_limits  # imported late: keeps server start-up fast

    limits = load_limits(configured, Path(file).expanduser() if file else None, profiles)
    for reason in limits.broken:
        log.warning("hrlab: ignoring an invalid limit: %s", reason)
    return limits.of(user, groups)


def quota_service(
    limits: SiteLimits | None,
    clusters: ClusterService,
    profiles: Mapping[str, Profile],
    storage: Mapping[str, str],
    log: Logger,
    *,
    keeps_hours: bool = True,
) -> QuotaService:
    """Create the quota service of one user.

    Parameters
    ----------
    limits
        Site limits that apply to the user; None if the site declares none.
    clusters
        Source of current usage.
    profiles
        Usable profiles by name.
    storage
        Size limit by path, as text; empty text means the file system's own limit.
    keeps_hours
        Whether this process persists the core-hours it counts. Only one process per user may: the server.
    """
    sources = partial(_sources, limits, clusters, profiles, storage, keeps_hours=keeps_hours)
    return QuotaService(sources, log)


def _sources(
    limits: SiteLimits | None,
    clusters: ClusterService,
    profiles: Mapping[str, Profile],
    storage: Mapping[str, str],
    *,
    keeps_hours: bool,
) -> Iterator[QuotaSource]:
    from hrlab.quota.sources.core_hours import CoreHours
    from hrlab.quota.sources.jupyter_server import ServerQuotas
    from hrlab.quota.sources.site import SiteQuotas

    if limits is not None:
        kept = jupyter_data_directory() / "hrlab" / "hours.json"
        hours = CoreHours(kept, time.time, keeps=keeps_hours)
        yield SiteQuotas(limits.usable, clusters.held, hours, time.time, limits.broken)
    kubernetes = [one for one in profiles.values() if one.kind == "kubernetes"]
    if kubernetes:
        yield _kubernetes(clusters, kubernetes)
    local = [name for name, profile in profiles.items() if class_of(profile) == LOCAL]
    yield ServerQuotas(_machine(), os.environ, local, time.time)
    yield from _elsewhere(profiles, storage)


def _elsewhere(
    profiles: Mapping[str, Profile], storage: Mapping[str, str]
) -> Iterator[QuotaSource]:
    """Yield the sources that read files, run commands or use the network, where something needs them."""
    if storage:
        from hrlab.quota.sources.storage import StorageQuotas

        yield StorageQuotas(storage, time.time)
    systems = {
        system: [name for name, profile in profiles.items() if class_of(profile) == kind]
        for kind, system in BATCH.items()
    }
    if any(systems.values()):
        from hrlab.quota.sources.batch import BatchQuotas

        used = {system: names for system, names in systems.items() if names}
        yield BatchQuotas(used, user_name({}), time.time)
    if gateways := list(_gateways(profiles)):
        from hrlab.quota.sources.gateway import Gateway, GatewayQuotas

        found = [Gateway(address, auth, names) for (address, auth), names in gateways]
        yield GatewayQuotas(found, user_name({}), os.environ, time.time)


def _gateways(
    profiles: Mapping[str, Profile],
) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    """Return address and authentication type of each gateway in the profiles' defaults, with profile names."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, profile in profiles.items():
        if class_of(profile) == GATEWAY:
            arguments = gateway_arguments(profile, {})
            key = str(arguments.get("address", "")), str(arguments.get("auth", "basic"))
            found.setdefault(key, []).append(name)
    return ((key, tuple(names)) for key, names in found.items() if key[0].startswith("http"))


def gateway_arguments(profile: Profile, options: Mapping[str, Value]) -> Mapping[str, Any]:
    """Return the arguments of a profile's `GatewayCluster`, from its defaults overridden by `options`."""
    defaults = {key: option.default for key, option in profile.options.items()}
    ids = dict.fromkeys(("cluster_id", "cluster_name", "owner"), "")
    found: Mapping[str, Any] = fill(
        profile.template.get("arguments") or {}, {**defaults, **options, **ids}
    )
    return found


def _kubernetes(clusters: ClusterService, profiles: Collection[Profile]) -> QuotaSource:
    from hrlab.quota.sources.kubernetes import KubernetesQuotas, Offered
    from hrlab.quota.sources.kubernetes_api import QuotaApi, usual_worker

    offered = [
        Offered(one.name, one.template.get("namespace"), usual_worker(one)) for one in profiles
    ]

    def coming(namespace: str) -> Mapping[str, float]:
        found: Mapping[str, float] = getattr(clusters.kind("kubernetes"), "coming", _nothing)(
            namespace
        )
        return found

    return KubernetesQuotas(QuotaApi(), offered, coming, time.time)


def _nothing(_: str) -> Mapping[str, float]:
    return {}


def class_of(profile: Profile) -> str:
    """Return the class name of a process profile's cluster, without its module; empty for other kinds."""
    kind = str(profile.template.get("class", "")) if profile.kind == "process" else ""
    return kind.rpartition(".")[2]


def _machine() -> Callable[[], Machine]:
    from hrlab.clusters.cgroup import machine_cores, machine_memory_bytes
    from hrlab.quota.sources.cgroup_usage import CoresUsed, memory_used_bytes
    from hrlab.quota.sources.jupyter_server import Machine

    cores_used = CoresUsed()

    def look() -> Machine:
        return Machine(
            cores=machine_cores(),
            memory_bytes=machine_memory_bytes(),
            cores_used=cores_used.poll(),
            memory_used_bytes=memory_used_bytes(),
        )

    return look
