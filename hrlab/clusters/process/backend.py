"""Clusters of any Dask class, each kept by a cluster host: a process that outlives this server.

Hosts are found by their directories in Jupyter's runtime directory, so a restarted server, and a second server of the same
user, see the same clusters. When a hub pod ends, all its processes are killed, hosts too: workers on the same machine end
with them, jobs of a batch system end when they miss their scheduler, and the user's next server, which finds the directories
where the home outlives the pod, cancels what still waits in a queue and shows those clusters as failed.
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

#: Seconds between looks for hosts that another server has started.
SCAN_SECONDS = 2.0
#: A directory without description is what a server left that was killed while it made it.
NAMELESS_SECONDS = 60.0


class ProcessClusters:
    """The kind ``process``.

    Parameters
    ----------
    runtime_dir
        Jupyter's runtime directory; hosts get ``hrlab-clusters/<id>`` in it.
    owner
        The user.
    secret_variables
        Patterns of variables of this process that hosts, workers and jobs do not inherit; None: the usual ones.
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
        """Find hosts and watch them."""
        self._changed = changed
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.root.chmod(0o700)
        self._take(await asyncio.to_thread(self._scan, frozenset()))
        self._scanning = asyncio.create_task(self._keep_scanning())

    async def stop(self) -> None:
        """Watch no more; hosts live on."""
        if self._scanning is not None:
            self._scanning.cancel()
            await asyncio.wait({self._scanning})
        for host in tuple(self._hosts.values()):
            await host.stop()
        self._hosts.clear()

    def clusters(self) -> Sequence[Cluster]:
        """What is known now."""
        return [host.cluster for host in self._hosts.values()]

    def claims(self) -> Sequence[ClusterUsage]:
        """What clusters hold with all the workers that they were asked to have."""
        return [host.claim for host in self._hosts.values()]

    async def create(self, plan: Plan) -> Cluster:
        """Begin to start a host."""
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
            raise ConflictError(f"There is a cluster {plan.id!r} already.", id=plan.id) from None
        except OSError as error:
            raise BackendError(f"The cluster's directory cannot be made: {error}.") from error
        host = self._add(plan.id, description)
        host.start(plan.python, spec)
        return host.cluster

    async def scale(self, cluster_id: str, target: Target) -> None:
        """Scale, or adapt between bounds."""
        await self._host(cluster_id).request(do="scale", **as_json(target))

    async def extend(self, cluster_id: str) -> None:
        """Begin the idle time anew."""
        await self._host(cluster_id).request(do="extend")

    async def close(self, cluster_id: str) -> None:
        """Close, cancel a start, or dismiss a failed one."""
        await self._host(cluster_id).close()

    async def logs(self, cluster_id: str) -> Mapping[str, str]:
        """The ends of the logs of host, scheduler and workers; of a host that hangs, its own."""
        host = self._host(cluster_id)
        said = {"host": await asyncio.to_thread(read_log, host.directory)}
        if host.state not in ("failed", "unreachable"):
            said.update((await host.request(do="logs"))["logs"])
        return said

    def dashboard_url(self, cluster_id: str) -> str | None:
        """Where this machine reaches the dashboard."""
        return self._host(cluster_id).dashboard_url

    def _host(self, cluster_id: str) -> HostClient:
        try:
            return self._hosts[cluster_id]
        except KeyError:
            raise NotFoundError(f"There is no cluster {cluster_id!r}.", id=cluster_id) from None

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
        """Description and status of hosts that are not known, by id; in a thread, as it may be slow."""
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
