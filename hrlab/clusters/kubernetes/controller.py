"""Clusters in Kubernetes: DaskCluster resources that hrlab writes, and that the Dask operator makes real.

The resource *is* the cluster, so nothing is kept elsewhere: what a restarted server needs to know is in its labels and
annotations, and clusters that notebooks make with ``KubeCluster`` are found as well.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from hrlab.clusters.backend import Plan
from hrlab.clusters.kubernetes.api import ApiFailure, KubernetesApi, has_dask, is_at_hand
from hrlab.clusters.kubernetes.background_tasks import BackgroundTasks
from hrlab.clusters.kubernetes.conditions import ended, is_ending
from hrlab.clusters.kubernetes.informers import Informers
from hrlab.clusters.kubernetes.maintenance import Maintenance
from hrlab.clusters.kubernetes.manifest import resource_of
from hrlab.clusters.kubernetes.operations import Operations
from hrlab.clusters.kubernetes.ownership import KEY_FILE, SIGNATURE, Ownership
from hrlab.clusters.kubernetes.port_conflicts import PortConflictRecovery, plan_of
from hrlab.clusters.kubernetes.provisioning import PendingCluster, timeout_message
from hrlab.clusters.kubernetes.scheduler_health import Probes
from hrlab.clusters.kubernetes.secret_sync import SecretSync
from hrlab.clusters.kubernetes.state_file import PersistedState, StateFile
from hrlab.clusters.kubernetes.status import ClusterObjects, idle_stop_at, is_hanging, was_made
from hrlab.clusters.kubernetes.summary import Summaries
from hrlab.model.cluster import Cluster, Target
from hrlab.model.errors import BackendError, ConflictError, NotFoundError
from hrlab.model.profile import Profile

#: How often clusters are looked at, and schedulers asked: while one starts or closes, when ready, and when another's.
HURRY_SECONDS, CALM_SECONDS, FOREIGN_SECONDS, NEW_SECONDS = 0.3, 3.0, 30.0, 120.0
RECONNECT_SECONDS = 15.0
#: The first look at what exists may take so long; longer, and lists say that it is still going on.
FIRST_SECONDS = 5.0


class KubernetesClusters:
    """Backend of kind ``kubernetes`` (see :class:`hrlab.clusters.backend.ClusterBackend`).

    Parameters
    ----------
    owner
        The user, whose clusters are recognized by a signature; see :mod:`hrlab.clusters.kubernetes.ownership`.
    profiles
        All profiles; those of other kinds are left alone.
    kubeconfig
        None: as Kubernetes' own tools find it, or the pod's service account.
    kept
        See :mod:`hrlab.clusters.kubernetes.state_file`; the key of the signature is beside it. None: nothing is kept.
    """

    def __init__(
        self,
        owner: str,
        profiles: Mapping[str, Profile],
        log: logging.Logger,
        *,
        kubeconfig: str | None = None,
        kept: Path | None = None,
    ) -> None:
        self._profiles = {n: p for n, p in profiles.items() if p.kind == "kubernetes"}
        self._owner = owner
        key = None if kept is None else kept.with_name(KEY_FILE)
        self._ownership = Ownership(owner, key, log)
        self._views = Summaries(owner, self._profiles, self._ownership)
        self._log = log
        self._kubeconfig = kubeconfig
        self._poked = asyncio.Event()
        self._looked = asyncio.Event()
        self._tell: Callable[[Sequence[str]], None] = lambda _ids: None
        self._problem = "hrlab has not yet asked the Kubernetes API. Try again in a moment."
        self._blind = ""
        self._task: asyncio.Task[None] | None = None
        self._namespace = "default"
        self._api: KubernetesApi | None = None
        self._known: Informers | None = None
        self._changes: Operations | None = None
        self._care: Maintenance | None = None
        self._probes = Probes(self._poke)
        self._errands = BackgroundTasks(self._poke, log)
        self._kept = StateFile(kept)
        self._again: PortConflictRecovery | None = None
        self._parcels: SecretSync | None = None
        self._starts: dict[str, PendingCluster] = {}
        self._failed: dict[str, Cluster] = {}
        self._unwanted: dict[str, str] = {}
        self._shown: dict[str, Cluster] = {}
        self._facts: dict[str, ClusterObjects] = {}

    async def start(self, changed: Callable[[Sequence[str]], None]) -> None:
        """Discover and watch clusters: where a profile uses Kubernetes, or notebooks may create some."""
        self._tell = changed
        if self._profiles or is_at_hand(os.environ, Path.home()):
            self._task = asyncio.create_task(self._run())
            await self._first_look(self._task)

    async def _first_look(self, watching: asyncio.Task[None]) -> None:
        """Wait until the first list is complete or has failed: before, a list would appear empty."""
        looked = asyncio.create_task(self._looked.wait())
        try:
            await asyncio.wait(
                {watching, looked}, timeout=FIRST_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
        except asyncio.CancelledError:  # nobody knows of this kind yet who could stop it
            await self.stop()
            raise
        finally:
            looked.cancel()

    async def stop(self) -> None:
        """Stop watching; clusters keep running."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._errands.stop()
        self._probes.discard(self._probes.known())
        if self._known is not None:
            await self._known.stop()
        if self._api is not None:
            await self._api.close()

    def clusters(self) -> Sequence[Cluster]:
        """Return the last known clusters, oldest first."""
        return sorted(self._shown.values(), key=lambda cluster: (cluster.created_at, cluster.id))

    async def create(self, plan: Plan) -> Cluster:
        """Start creating a cluster; the API is called in the background."""
        self._connected()
        namespace = str(plan.profile.template.get("namespace") or self._namespace)
        start = PendingCluster(plan, resource_of(plan, namespace))
        self._starts[plan.id] = start
        self._round()
        return self._shown[plan.id]

    async def scale(self, cluster_id: str, target: Target) -> None:
        """Scale to a number of workers, or adapt between bounds."""
        facts, changes = self._found(cluster_id), self._connected()
        if target.workers is not None:
            await self._do(changes.scale(facts, target.workers))
        else:
            bounds = (target.minimum or 0, target.maximum or 0)
            await self._do(changes.adapt(facts, *bounds))

    async def extend(self, cluster_id: str) -> None:
        """Reset the idle timeout, with a longer limit that holds until there is work again."""
        facts, changes = self._found(cluster_id), self._connected()
        limit, stops_at = facts.resource["spec"].get("idleTimeout"), idle_stop_at(facts)
        if not limit or stops_at is None:
            raise ConflictError(f"{cluster_id} has no idle timeout running.")
        profile = self._views.profile(facts)
        fresh = (profile.idle_seconds if profile else None) or float(limit)
        idle = time.time() - (stops_at - float(limit))
        await self._do(changes.idle_timeout(facts, idle + fresh))

    async def close(self, cluster_id: str) -> None:
        """Close a cluster, cancel its start, or dismiss a failed one; deletion is retried until it is gone."""
        if cluster_id not in self._shown:
            raise NotFoundError(f"There is no cluster {cluster_id}.")
        self._failed.pop(cluster_id, None)
        start = self._starts.get(cluster_id)
        facts = self._facts.get(cluster_id)
        if start is not None and not start.failed:
            self._unwanted[cluster_id] = start.resource["metadata"]["namespace"]
        self._starts.pop(cluster_id, None)
        if self._again is not None:
            self._again.discard([cluster_id])
        if facts is not None:
            if is_hanging(facts):
                await self._do(self._connected().release(facts))
            self._unwanted[cluster_id] = facts.resource["metadata"]["namespace"]
        self._round()
        await self._save()

    async def logs(self, cluster_id: str) -> Mapping[str, str]:
        """Return the last part of the containers' logs."""
        facts, changes = self._found(cluster_id), self._connected()
        try:
            return await changes.logs(facts)
        except ApiFailure as failure:
            if failure.code == 403:
                raise BackendError(
                    "Your account is not allowed to read logs. Your admin can grant `get` on pods/log."
                ) from failure
            raise BackendError(f"Cannot read the logs: {ended(failure.message)}") from failure

    def dashboard_url(self, cluster_id: str) -> str | None:
        """The scheduler's HTTP server, as its Service has it."""
        facts = self._facts.get(cluster_id)
        return facts.place.dashboard if facts and facts.place else None

    async def _run(self) -> None:
        api = self._api = await self._connect()
        self._namespace = api.namespace()
        homes = [self._namespace, *(p.template.get("namespace") for p in self._profiles.values())]
        namespaces = list(dict.fromkeys(str(home) for home in homes if home))
        if not self._profiles and not await has_dask(api, self._namespace):
            return
        self._changes = Operations(api)
        self._care = Maintenance(self._changes, self._errands)
        self._again = PortConflictRecovery(self._changes, self._errands, self._save)
        self._parcels = SecretSync(self._changes, self._errands, self._log)
        await asyncio.to_thread(self._ownership.load)
        left = await self._kept.restore()
        self._ownership.restore(left.clusters)
        self._unwanted.update(left.closing)
        self._again.claim(left.again, self._views.profile, self._owner, namespaces)
        self._known = Informers(api, namespaces, self._poke, self._log, self._ownership.is_mine)
        self._known.start()
        if self._blind:
            self._tell([])
        while True:
            self._round()
            if self._known.is_complete or self._known.problem:
                self._looked.set()
            hurry = any(one.state in ("starting", "closing") for one in self._shown.values())
            await self._until_poked(HURRY_SECONDS if hurry or self._unwanted else CALM_SECONDS)
            await asyncio.sleep(0.05)  # events come in bursts

    async def _connect(self) -> KubernetesApi:
        while True:
            try:
                return await KubernetesApi.connect(self._kubeconfig)
            except BackendError as error:  # noqa: PERF203
                new = error.message != self._problem
                self._problem = self._blind = error.message
                self._looked.set()
                if new and self._profiles:
                    self._log.warning("hrlab: %s", error.message)
                    self._tell([])  # no cluster changed, but what can be seen of them
                await asyncio.sleep(RECONNECT_SECONDS)

    async def _until_poked(self, seconds: float) -> None:
        """Wait for news, at most so long; not by `wait_for`, which may swallow a cancellation before Python 3.12."""
        alarm = asyncio.get_running_loop().call_later(seconds, self._poke)
        try:
            await self._poked.wait()
        finally:
            alarm.cancel()
        self._poked.clear()

    def _poke(self) -> None:
        self._poked.set()

    def _round(self) -> None:
        """Process all clusters once: do what is due, and announce changes."""
        if self._known is None or self._changes is None or self._care is None:
            return
        assert self._again is not None
        assert self._parcels is not None
        self._facts = self._present(self._known.facts())
        self._probes.discard([one for one in self._probes.known() if one not in self._facts])
        self._care.discard(self._facts)
        self._parcels.discard([str(f.resource["metadata"]["uid"]) for f in self._facts.values()])
        self._again.discard(self._unwanted)
        self._starts.update(self._again.ready_to_recreate(self._known.remains))
        self._begin_starts(self._changes)
        self._delete_unwanted(self._changes)
        for namespace, name in self._known.orphans(self._ownership.made_group):
            release = partial(self._changes.release_group, namespace, name)
            self._errands.run(f"{name} release", release)
        for cluster_id, facts in self._facts.items():
            if self._views.is_mine(facts) and cluster_id not in self._unwanted:
                profile = self._views.profile(facts)
                self._sign(cluster_id, facts, self._changes)
                self._care.poll(cluster_id, facts, profile.idle_seconds if profile else None)
                if profile is not None and facts.by_hrlab:
                    self._look_after(cluster_id, facts, profile, self._again, self._parcels)
        self._announce(self._all_views())

    def _look_after(
        self,
        cluster_id: str,
        facts: ClusterObjects,
        profile: Profile,
        again: PortConflictRecovery,
        parcels: SecretSync,
    ) -> None:
        """What a cluster needs that hrlab made, with what its profile says."""
        assert self._known is not None
        plan = plan_of(cluster_id, facts, profile, self._owner)
        services = self._known.services(facts.resource["metadata"]["namespace"])
        if cluster_id in again or not is_ending(facts.resource):
            again.poll(cluster_id, facts, plan, services)
        if not is_ending(facts.resource):
            parcels.poll(cluster_id, facts, plan)

    def _present(self, found: Mapping[str, ClusterObjects]) -> dict[str, ClusterObjects]:
        """What there is, without what took the name of a cluster of the user's that is being made."""
        assert self._known is not None
        self._ownership.learn(facts.resource for facts in found.values())
        own = {id_ for id_, facts in found.items() if self._views.is_mine(facts)}
        if self._known.is_complete:
            self._ownership.discard({*own, *self._starts})
        shown = {id_: f for id_, f in found.items() if id_ in own or id_ not in self._starts}
        return {id_: self._with_health(id_, facts) for id_, facts in shown.items()}

    def _sign(self, cluster_id: str, facts: ClusterObjects, changes: Operations) -> None:
        signature = self._ownership.missing(facts.resource)
        if signature is not None and not is_ending(facts.resource):
            note = partial(changes.annotate, facts, {SIGNATURE: signature})
            self._errands.run(f"{cluster_id} sign", note)

    def _with_health(self, cluster_id: str, facts: ClusterObjects) -> ClusterObjects:
        if facts.place is not None and not is_ending(facts.resource):
            self._probes.poll(cluster_id, facts.place, self._every_seconds(cluster_id, facts))
        return replace(
            facts,
            health=self._probes.health(cluster_id) if facts.place else None,
            unanswered_seconds=self._probes.silent_seconds(cluster_id),
            refusals=self._care.refusals(cluster_id) if self._care else {},
        )

    def _every_seconds(self, cluster_id: str, facts: ClusterObjects) -> float:
        """How often its scheduler is asked; another's less, for there may be many."""
        if not self._views.is_mine(facts):
            is_new = time.time() - facts.created_at < NEW_SECONDS
            return CALM_SECONDS if is_new else FOREIGN_SECONDS
        before = self._shown.get(cluster_id)
        return CALM_SECONDS if before and before.state == "ready" else HURRY_SECONDS

    def _begin_starts(self, changes: Operations) -> None:
        for cluster_id, start in list(self._starts.items()):
            is_there = cluster_id in self._facts
            if is_there and (start.made or start.failed):
                del self._starts[cluster_id]
            elif start.failed:
                continue
            elif not is_there and self._is_overdue(start):
                seconds = start.plan.profile.start_timeout_seconds
                start.failed = timeout_message(seconds, start.waits_for)
                self._unwanted[cluster_id] = start.resource["metadata"]["namespace"]
            elif not start.made:
                make = partial(self._make, start, changes)
                self._errands.run(f"{cluster_id} make", make, again=1)

    def _is_overdue(self, start: PendingCluster) -> bool:
        return time.time() - start.plan.created_at > start.plan.profile.start_timeout_seconds

    async def _make(self, start: PendingCluster, changes: Operations) -> None:
        """Create a cluster; recorded before the call, so that the next server knows it if this one is killed."""
        name = start.plan.id
        signature = self._ownership.start(start.resource["metadata"]["namespace"], name)
        await self._save()
        await start.attempt(changes, signature)
        if start.made:
            self._ownership.made(name, start.uid)

    def _delete_unwanted(self, changes: Operations) -> None:
        for cluster_id, namespace in list(self._unwanted.items()):
            facts = self._facts.get(cluster_id)
            if facts is not None and is_ending(facts.resource):
                if is_hanging(facts) and not was_made(facts):
                    release = partial(changes.release, facts)
                    self._errands.run(f"{cluster_id} release", release)
                continue

            async def delete(id_: str = cluster_id, where: str = namespace) -> None:
                await self._errands.wait_for(f"{id_} make")
                await changes.delete(where, id_.partition(".")[0])
                if id_ not in self._facts:
                    self._unwanted.pop(id_, None)

            self._errands.run(f"{cluster_id} delete", delete, again=1)

    def _all_views(self) -> dict[str, Cluster]:
        """Return every cluster as shown in the panel."""
        views = {id_: start.shown() for id_, start in self._starts.items()}
        now = time.time()
        for cluster_id, facts in self._facts.items():
            view = self._views.view(cluster_id, facts, now)
            if self._is_too_late(view, facts, now):
                view = self._give_up(view, facts)
            views[cluster_id] = view
        if self._again is not None:
            self._again.show_as_starting(views, self._shown)
        for cluster_id in list(self._unwanted):
            before = views.get(cluster_id) or self._shown.get(cluster_id)
            if before is None:
                continue
            reason = before.reason if before.state == "closing" else ""
            if before.state != "failed":
                views[cluster_id] = self._views.aged(
                    replace(before, state="closing", reason=reason), now
                )
        return {**views, **self._failed}

    def _is_too_late(self, view: Cluster, facts: ClusterObjects, now: float) -> bool:
        profile = self._views.profile(facts)
        if profile is None or not view.mine or view.created_by != "hrlab":
            return False
        late = now - view.created_at > profile.start_timeout_seconds
        return view.state == "starting" and late and view.id not in self._unwanted

    def _give_up(self, view: Cluster, facts: ClusterObjects) -> Cluster:
        profile = self._views.profile(facts)
        assert profile is not None
        reason = timeout_message(profile.start_timeout_seconds, view.reason)
        failed = self._views.aged(replace(view, state="failed", reason=reason), time.time())
        self._failed[view.id] = failed
        self._unwanted[view.id] = facts.resource["metadata"]["namespace"]
        return failed

    def _announce(self, views: dict[str, Cluster]) -> None:
        before, self._shown = self._shown, views
        self._views.discard(views)
        if self._kept.is_new(self._noted()):
            self._errands.run("keep", self._save, again=0)
        changed = [one for one in {**before, **views} if before.get(one) != views.get(one)]
        if changed:
            self._tell(changed)

    async def _save(self) -> None:
        await self._kept.save(self._noted())

    def _noted(self) -> PersistedState:
        """Return the state that the next server needs."""
        again = self._again.noted() if self._again is not None else {}
        clusters = dict(self._ownership.noted)
        return PersistedState(closing=dict(self._unwanted), clusters=clusters, again=again)

    def problem(self) -> str:
        """Return why clusters cannot be listed now; empty if all is well."""
        if not self._profiles:  # nobody expects any
            return ""
        return self._blind if self._known is None else self._known.problem

    def _connected(self) -> Operations:
        if self._changes is None:
            raise BackendError(self._problem)
        return self._changes

    def _found(self, cluster_id: str) -> ClusterObjects:
        facts = self._facts.get(cluster_id)
        if facts is not None:
            return facts
        if cluster_id in self._shown:
            raise ConflictError(
                f"Cluster {cluster_id} does not exist (not created yet, or already deleted)."
            )
        raise NotFoundError(f"Cluster {cluster_id} does not exist.")

    async def _do(self, work: object) -> None:
        """Change something at once."""
        try:
            await work  # type: ignore[misc]
        except ApiFailure as failure:
            raise BackendError(f"Kubernetes refused: {ended(failure.message)}") from failure
        self._poke()
