"""Composes the server's cluster support."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from logging import Logger
from pathlib import Path
from typing import Any

from jupyter_server.serverapp import ServerApp

from hrlab.clusters import factories
from hrlab.clusters.backend import ClusterBackend
from hrlab.clusters.labextension import LabextensionClusters
from hrlab.clusters.profiles.default import local_profile
from hrlab.clusters.profiles.load import Profiles, load_profiles
from hrlab.clusters.registry import Maker, kinds_left
from hrlab.clusters.service import ClusterService
from hrlab.clusters.start_times import StartTimes
from hrlab.server.kernel_finder import KernelFinder
from hrlab.store.location import jupyter_data_directory

#: Delay in seconds after which a server looks for clusters left by a previous one, without any request.
WATCH_SECONDS = 1.0


def site_profiles(configured: Mapping[str, Any], file: str, log: Logger) -> Profiles:
    """Load all profiles of the site; broken ones are logged once, here."""
    path = Path(file).expanduser() if file else None
    default = {} if configured or path else local_profile(*_machine())
    profiles = load_profiles(configured, path, default)
    for broken in profiles.broken:
        log.warning("hrlab: profile %s is invalid and disabled: %s", broken.name, broken.reason)
    return profiles


def _machine() -> tuple[float, int]:
    from hrlab.clusters.cgroup import machine_cores, machine_memory_bytes

    return machine_cores(), machine_memory_bytes()


def makers(
    server: ServerApp,
    owner: str,
    profiles: Profiles,
    log: Logger,
    secret_variables: Sequence[str],
) -> dict[str, Maker]:
    """Return the factories of the available cluster backends; each is imported in a thread on first use."""

    async def labextension() -> ClusterBackend:
        return LabextensionClusters(owner)

    runtime = Path(server.runtime_dir)
    own = factories.makers(runtime, owner, profiles, log, secret_variables=secret_variables)
    return {**own, "labextension": labextension}


def cluster_service(
    server: ServerApp,
    profiles: Profiles,
    kinds: Mapping[str, Maker],
    owner: str,
    log: Logger,
) -> ClusterService:
    """Return the service of one user's clusters."""
    service = ClusterService(
        profiles,
        kinds,
        owner=owner,
        find_kernel=KernelFinder(server),
        starts=StartTimes(_kept("starts.json")),
        log=log,
    )
    runtime, data = Path(server.runtime_dir), jupyter_data_directory()
    # Delayed, to not slow down the server's start.
    server.io_loop.call_later(WATCH_SECONDS, lambda: service.watch(kinds_left(runtime, data)))
    return service


def _kept(name: str) -> Path:
    return jupyter_data_directory() / "hrlab" / name
