"""Factories of cluster backends; each imports its backend in a thread, on first use."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Sequence
from logging import Logger
from pathlib import Path
from typing import Any

from hrlab.clusters.backend import ClusterBackend
from hrlab.clusters.kubernetes.api import is_at_hand
from hrlab.clusters.profiles.load import Profiles
from hrlab.clusters.registry import Maker
from hrlab.store.location import jupyter_data_directory


def makers(
    runtime_dir: Path,
    owner: str,
    profiles: Profiles,
    log: Logger,
    *,
    secret_variables: Sequence[str] | None = None,
) -> dict[str, Maker]:
    """Return factories for the kinds that profiles use, and for those that may have clusters without a profile."""

    async def process() -> ClusterBackend:
        module = await _loaded("hrlab.clusters.process.backend")
        kind: ClusterBackend = module.ProcessClusters(runtime_dir, owner, secret_variables)
        return kind

    async def address() -> ClusterBackend:
        module = await _loaded("hrlab.clusters.address")
        path = jupyter_data_directory() / "hrlab" / "attached.json"
        kind: ClusterBackend = module.AddressClusters(path, owner)
        return kind

    async def kubernetes() -> ClusterBackend:
        module = await _loaded("hrlab.hosts.kubernetes")
        kept = jupyter_data_directory() / "hrlab" / "kubernetes.json"
        kind: ClusterBackend = module.KubernetesWithNeighbours(
            owner, profiles.usable, log, kept=kept
        )
        return kind

    # Without a profile there are no clusters of kind address; Kubernetes needs credentials on this machine.
    offered: set[str] = {profile.kind for profile in profiles.usable.values()}
    if is_at_hand(os.environ, Path.home()):
        offered.add("kubernetes")
    known: dict[str, Maker] = {"address": address, "kubernetes": kubernetes}
    return {"process": process, **{name: known[name] for name in known if name in offered}}


async def _loaded(module: str) -> Any:
    return await asyncio.to_thread(importlib.import_module, module)
