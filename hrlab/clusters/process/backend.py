"""Backend of process clusters: any Dask cluster class, run by a cluster host process that outlives this server.

Hosts are discovered by their directories in Jupyter's runtime directory, so a restarted or second server of the same
user sees the same clusters. When a hub pod ends, all its processes are killed, including hosts: local workers end with
them, and batch jobs end when they lose their scheduler. Where the home directory outlives the pod, the user's next server
finds the directories, cancels jobs still queued, and shows those clusters as failed.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial
from pathlib import Path
from typing import Any

from hrlab.clusters.backend import Plan
from hrlab.clusters.process.daemon.cluster_factory import SECRET_VARIABLES
from hrlab.clusters.process.daemon.process_identity import STATUS
from hrlab.clusters.process.host_client import HostClient, describe, read
from hrlab.clusters.process.host_files import DESCRIPTION
from hrlab.clusters.process.launcher import as_json, read_log, specification, target
from hrlab.model.cluster import ID, Cluster, Target
from hrlab.model.errors import BackendError, ConflictError, NotFoundError
from hrlab.model.profile import CORES, MEMORY
from hrlab.model.quota import ClusterUsage

#: Seconds between scans for hosts started by another server.
SCAN_SECONDS = 2.0
#: Age after which a directory without description is removed: its server was killed while creating it.
NAMELESS_SECONDS = 60.0


class ProcessClusters:
    """Backend of kind ``process``.

    Parameters
    ----------
    runtime_dir
        Jupyter's runtime directory; hosts get ``hrlab-clusters/<id>`` in it.
    owner
        User name.
    secret_variables
        Patterns of environment variables that hosts, workers and jobs do not inherit; None: the defaults.
    """

    def __init__(
        self,
        runtime_dir: Path,
        owner: str,
        secret_variables: Sequence[str] | None = None,
    ) -> None:
        self.root = runtime_dir / "hrlab-clusters"
        self.owner = owner
        self.secret_variables = SECRET_VARIABLES if secret_variables is None else secret_variables
        self._hosts: dict[str, HostClient] = {}
        self._changed: Callable[[Sequence[str]], None] = lambda _: None
        self._scanning: asyncio.Task[None] | None = None

    async def start(self, changed: Callable[[Sequence[str]], None]) -> None:
        """Discover hosts and watch them."""
        self._changed = changed
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root.chmod(0o700)
        self._take(await asyncio.to_thread(self._scan, frozenset()))
        self._scanning = asyncio.create_task(self._keep_scanning())

    async def stop(self) -> None:
        """Stop watching; hosts keep running."""
        if self._scanning is not None:
            self._scanning.cancel()
            await asyncio.wait({self._scanning})
        for host in tuple(self._hosts.values()):
            await host.stop()
        self._hosts.clear()

    def clusters(self) -> Sequence[Cluster]:
        """Return the last known state of all clusters."""
        return [host.cluster for host in self._hosts.values()]

    def claims(self) -> Sequence[ClusterUsage]:
        """Return the usage of all clusters at their requested size."""
        return [host.claim for host in self._hosts.values()]

    async def create(self, plan: Plan) -> Cluster:
        """Start a cluster host."""
        if plan.python is None:
            raise BackendError(
                f"Profile {plan.profile.name!r} needs the Python of a kernel on this machine; "
                f"kernel {plan.kernel!r} has none. Choose another kernel."
            )
        spec = specification(plan, os.getcwd(), self.secret_variables)  # noqa: PTH109 - a text
        description = {
            "id": plan.id,
            "name": plan.name,
            "profile": plan.profile.name,
            "site": plan.profile.site,
            "owner": plan.owner,
            "created_at": plan.created_at,
            "start_timeout_seconds": plan.profile.start_timeout_seconds,
            "kernel": plan.kernel,
            "target": as_json(target(plan.options)),
            "each": {"cores": plan.options.get(CORES), "memory_bytes": plan.options.get(MEMORY)},
        }
        directory = self.root / plan.id
        try:
            describe(directory, description)
        except FileExistsError:
            raise ConflictError(f"Cluster {plan.id!r} already exists.", id=plan.id) from None
        except OSError as error:
            raise BackendError(f"Cannot create the cluster's directory: {error}.") from error
        host = self._add(plan.id, description)
        host.start(plan.python, spec)
        return host.cluster

    async def scale(self, cluster_id: str, target: Target) -> None:
        """Scale to a number of workers, or adapt between bounds."""
        await self._host(cluster_id).request(do="scale", **as_json(target))

    async def extend(self, cluster_id: str) -> None:
        """Reset the idle timeout."""
        await self._host(cluster_id).request(do="extend")

    async def close(self, cluster_id: str) -> None:
        """Close a cluster, cancel its start, or dismiss a failed one."""
        await self._host(cluster_id).close()

    async def logs(self, cluster_id: str) -> Mapping[str, str]:
        """Return the last part of the logs of host, scheduler and workers; only the host's if it hangs."""
        host = self._host(cluster_id)
        said = {"host": await asyncio.to_thread(read_log, host.directory)}
        if host.state not in ("failed", "unreachable"):
            said.update((await host.request(do="logs"))["logs"])
        return said

    def dashboard_url(self, cluster_id: str) -> str | None:
        """Return the dashboard's URL as this machine reaches it."""
        return self._host(cluster_id).dashboard_url

    def _host(self, cluster_id: str) -> HostClient:
        try:
            return self._hosts[cluster_id]
        except KeyError:
            raise NotFoundError(f"Cluster {cluster_id!r} does not exist.", id=cluster_id) from None

    def _add(self, cluster_id: str, description: object) -> HostClient:
        tell = partial(self._notify, cluster_id)
        host = self._hosts[cluster_id] = HostClient(self.root / cluster_id, description, tell)
        return host

    def _notify(self, cluster_id: str) -> None:
        host = self._hosts.get(cluster_id)
        if host is not None and host.gone:
            del self._hosts[cluster_id]
        self._changed([cluster_id])

    async def _keep_scanning(self) -> None:
        while True:
            await asyncio.sleep(SCAN_SECONDS)
            self._take(await asyncio.to_thread(self._scan, set(self._hosts)))

    def _scan(self, known: AbstractSet[str]) -> dict[str, tuple[Any, Any]]:
        """Return description and status of unknown hosts by id. May be slow: call in a thread."""
        found = {}
        for directory in self.root.iterdir():
            if directory.name in known:
                continue
            description = read(directory / DESCRIPTION)
            if description is not None and ID.fullmatch(directory.name):
                found[directory.name] = description, read(directory / STATUS)
            elif self._is_old(directory):
                shutil.rmtree(directory, ignore_errors=True)
        return found

    @staticmethod
    def _is_old(directory: Path) -> bool:
        try:
            return time.time() - directory.stat().st_mtime > NAMELESS_SECONDS
        except OSError:
            return False

    def _take(self, found: Mapping[str, tuple[Any, Any]]) -> None:
        new = [cluster_id for cluster_id in found if cluster_id not in self._hosts]
        for cluster_id in new:
            description, status = found[cluster_id]
            host = self._add(cluster_id, description)
            if status is not None:
                host.take(status)
            host.start()
        if new:
            self._changed(new)
