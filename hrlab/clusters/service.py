"""Cluster service: list, create, scale and close the clusters of one user."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from logging import Logger
from typing import Any, Protocol

from hrlab.clusters.admission.control import AdmissionControl
from hrlab.clusters.admission.usage import usage_of
from hrlab.clusters.backend import ClusterBackend, Plan, SeesNeighbours
from hrlab.clusters.idempotency import Idempotency
from hrlab.clusters.kernel_python import NoLocalPythonError
from hrlab.clusters.profiles.load import Profiles
from hrlab.clusters.profiles.validate import ValidatedRequest
from hrlab.clusters.registry import Maker, Registry
from hrlab.clusters.requests import free_name, new_id, read_change, read_request
from hrlab.clusters.start_times import StartTimes
from hrlab.model.cluster import Cluster, ClusterRequest, DryRun, Refusal, Taken
from hrlab.model.errors import (
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
)
from hrlab.model.profile import Profile
from hrlab.model.quota import UsageSnapshot
from hrlab.model.suggest import did_you_mean
from hrlab.model.wire import encode

#: Returns name and interpreter of a kernelspec (None: the default one); raises `NoLocalPythonError`.
FindKernel = Callable[[str | None], Awaitable[tuple[str, str]]]


class Settle(Protocol):
    """Checks a new or grown cluster for conflicts with other users."""

    def __call__(self, cluster_id: str, kind: ClusterBackend, /, *, grown: bool = False) -> None:
        """Start the check."""


#: Path of the dashboard proxy, relative to the server's base URL; followed by the cluster id.
DASHBOARD = "hrlab/dashboard/"
#: Profile fields that are not sent to users: internals, or possibly confidential.
_HIDDEN = ("template", "deliver", "groups")


class ClusterService:
    """Clusters of one user, of all kinds. All methods run on the event loop, and none blocks it.

    Parameters
    ----------
    profiles
        Profiles that this user may use.
    makers
        Backend factories by kind.
    owner
        User name, as known to Jupyter or the hub.
    find_kernel
        See `FindKernel`.
    starts
        History of start times.
    log
        Receives backend failures.
    clock
        UTC epoch seconds.
    """

    def __init__(
        self,
        profiles: Profiles,
        makers: Mapping[str, Maker],
        *,
        owner: str,
        find_kernel: FindKernel,
        starts: StartTimes,
        log: Logger,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._profiles = profiles
        self._owner = owner
        self._find_kernel = find_kernel
        self._starts = starts
        self._clock = clock
        self._kinds = Registry(makers, self._on_change, log)
        self._once: Idempotency[str] = Idempotency()
        self._one_at_a_time = asyncio.Lock()
        self._starting: set[str] = set()
        self._keeping: set[asyncio.Future[None]] = set()
        self._loaded = self._is_stopped = False
        #: Admission control; needs a source of quotas, see `AdmissionControl.binding`.
        self.weighing = AdmissionControl(self._kinds)
        #: Checks for conflicts with simultaneous requests of other users.
        self.settle: Settle = lambda _id, _kind, *, grown=False: None  # noqa: ARG005
        #: Returns the marks of the shared limits that apply to clusters of a profile.
        self.marks: Callable[[str], tuple[str, ...]] = lambda _: ()
        #: Called with ids of changed clusters.
        self.changed: Callable[[Sequence[str]], None] = lambda _: None

    async def profiles(self) -> dict[str, Any]:
        """Return usable and broken profiles as JSON values."""
        await self._load_starts()
        return {
            "profiles": [self._profile(profile) for profile in self._profiles.usable.values()],
            "broken": encode(self._profiles.broken),
        }

    async def list(self) -> dict[str, Any]:
        """Return all clusters, and problems of backends, as JSON values."""
        await self._start()
        return {
            "clusters": [encode(self._seen(*found)) for found in self._kinds.clusters()],
            "problems": [
                {"kind": kind, "reason": reason} for kind, reason in self._kinds.problems().items()
            ],
        }

    def known(self) -> Sequence[Cluster]:
        """Return the last known clusters of the started backends, without I/O."""
        return [cluster for cluster, _ in self._kinds.clusters()]

    async def get(self, cluster_id: str) -> Cluster:
        """Return one cluster; raise `NotFoundError` if it does not exist."""
        await self._start()
        return self._seen(*self._kinds.find(cluster_id))

    async def create(self, body: object) -> Cluster | DryRun:
        """Create a cluster from the JSON value `body`, or return the result of a dry run."""
        request = read_request(body)
        await self._start()
        if request.dry_run:
            return await self._dry_run(request)
        key = request.idempotency_key
        cluster_id = await self._once.once(key, request, lambda: self._make(request))
        try:
            return self._seen(*self._kinds.find(cluster_id))
        except NotFoundError as error:
            message = f"{cluster_id} was created for this request, but has been closed. Send a new request."
            raise ConflictError(message, id=cluster_id, refusals=[]) from error

    async def change(self, cluster_id: str, body: object) -> Cluster:
        """Scale a cluster, adapt it, or reset its idle timeout."""
        change = read_change(body)
        cluster, kind = await self._own(cluster_id, "change it")
        if change == "extend":
            await kind.extend(cluster_id)
        else:
            profile = self._profiles.usable.get(cluster.profile or "")
            async with self._one_at_a_time:
                _refuse(await self.weighing.change(change, profile, cluster))
                await kind.scale(cluster_id, change)
                self.weighing.promise(cluster_id, change)
                self.settle(cluster_id, kind, grown=True)
        self._on_change([cluster_id])
        return self._seen(*self._kinds.find(cluster_id))

    async def close(self, cluster_id: str) -> None:
        """Close a cluster, cancel its start, or dismiss a failed one."""
        _, kind = await self._own(cluster_id, "close it")
        self._starting.discard(cluster_id)
        await kind.close(cluster_id)
        self._on_change([cluster_id])

    async def logs(self, cluster_id: str) -> Mapping[str, str]:
        """Return the last part of the cluster's logs, by component."""
        await self._start()
        _, kind = self._kinds.find(cluster_id)
        return await kind.logs(cluster_id)

    async def dashboard_url(self, cluster_id: str) -> str:
        """Return the dashboard's URL as this machine reaches it."""
        # Only the user's own: a dashboard's scripts run in Jupyter's origin, with the user's cookies.
        cluster, kind = await self._own(cluster_id, "open its dashboard")
        url = kind.dashboard_url(cluster_id)
        if url is None:
            why = f": {cluster.reason}" if cluster.reason else f": the cluster is {cluster.state}."
            raise NotFoundError(
                f"The dashboard of {cluster.name} is not available{why}", id=cluster_id
            )
        return url

    def kind(self, name: str) -> ClusterBackend | None:
        """Return the backend of a kind if it has started, else None."""
        return self._kinds.begun_kind(name)

    def seeing_neighbours(self) -> Sequence[SeesNeighbours]:
        """Return the started backends that know which clusters share nodes."""
        return [kind for kind in self._kinds.there() if isinstance(kind, SeesNeighbours)]

    async def held(self) -> UsageSnapshot:
        """Return the resource usage of all clusters."""
        await self._start()
        problems = self._kinds.problems()
        unseen = {
            name: problems[profile.kind]
            for name, profile in self._profiles.usable.items()
            if profile.kind in problems
        }
        return UsageSnapshot(list(self.weighing.with_promises(usage_of(self._kinds))), unseen)

    def watch(self, kinds: Iterable[str]) -> None:
        """Start backends with existing clusters before anyone asks for them."""
        if not self._is_stopped:
            self._kinds.start(kinds)

    async def stop(self) -> None:
        """Stop watching; clusters keep running."""
        self._is_stopped = True
        await self._kinds.stop()
        await asyncio.gather(*self._keeping)

    async def _start(self) -> None:
        await self._load_starts()
        await self._kinds.start_all()

    async def _load_starts(self) -> None:
        if not self._loaded:
            self._loaded = True
            await asyncio.to_thread(self._starts.load)

    async def _own(self, cluster_id: str, action: str) -> tuple[Cluster, ClusterBackend]:
        await self._start()
        cluster, kind = self._kinds.find(cluster_id)
        if not cluster.mine:
            whose = f"belongs to {cluster.owner}" if cluster.owner else "is not known to be yours"
            message = f"{cluster.name} {whose}: you cannot {action}."
            raise ForbiddenError(message, id=cluster_id)
        return cluster, kind

    async def _dry_run(self, request: ClusterRequest) -> DryRun:
        profile = self._profiles.usable.get(request.profile)
        if profile is None:
            return DryRun(allowed=False, refusals=(self._no_profile(request.profile),))
        weighed = await self.weighing.request(request, profile, self._mine(profile))
        refusals = weighed.checked.refusals
        if profile.kind == "process":
            _, _, refused = await self._kernel(request)
            refusals += refused
        problem = self._kinds.problems().get(profile.kind)
        asks = weighed.asks
        return DryRun(
            allowed=not refusals,
            refusals=refusals,
            warnings=(*weighed.warnings, *([problem] if problem else ())),
            asks=None
            if weighed.checked.impossible
            else Taken(
                workers=asks.workers,
                cores=asks.of("cores"),
                memory_bytes=round(asks.of("memory")),
            ),
        )

    async def _make(self, request: ClusterRequest) -> str:
        profile = self._profiles.usable.get(request.profile)
        if profile is None:
            raise _invalid([self._no_profile(request.profile)])
        async with (
            self._one_at_a_time
        ):  # else two concurrent requests may both take the last resources
            checked = (await self.weighing.request(request, profile, self._mine(profile))).checked
            _refuse(checked)
            kernel = python = None
            if profile.kind == "process":
                kernel, python, refused = await self._kernel(request)
                if refused:
                    raise _invalid(refused)
            name = request.name or free_name(profile.name, self._names())
            plan = Plan(
                id=new_id(name),
                name=name,
                profile=profile,
                options=checked.options,
                owner=self._owner,
                created_at=self._clock(),
                python=python,
                kernel=kernel,
                marks=self.marks(profile.name),
            )
            kind = await self._kinds.needed(profile.kind)
            self._starting.add(plan.id)
            await kind.create(plan)
            self.settle(plan.id, kind)
        self._on_change([plan.id])
        return plan.id

    async def _kernel(
        self, request: ClusterRequest
    ) -> tuple[str | None, str | None, tuple[Refusal, ...]]:
        try:
            name, python = await self._find_kernel(request.kernel)
        except NoLocalPythonError as error:
            shown = f" {request.kernel[:60]!r}" if request.kernel else ""
            message = (
                f"The kernel{shown} cannot be used for workers on this machine: {error}. "
                "Choose a kernel that runs a local Python."
            )
            asked = request.kernel[:60] if request.kernel else None
            return None, None, (Refusal(limit="kernel", asked=asked, left=None, message=message),)
        return name, python, ()

    def _mine(self, profile: Profile) -> Sequence[Cluster]:
        return [
            cluster
            for cluster, _ in self._kinds.clusters()
            if cluster.mine
            and cluster.profile == profile.name
            and cluster.state not in ("failed", "closing")
        ]

    def _no_profile(self, name: str) -> Refusal:
        shown = name[:60]
        broken = next((item for item in self._profiles.broken if item.name == name), None)
        if broken is not None:
            message = f"Profile {shown!r} is invalid. Tell your admin: {broken.reason}"
        elif self._profiles.usable:
            hint = did_you_mean(shown, self._profiles.usable)
            message = f"Profile {shown!r} does not exist. {hint}"
        else:
            message = "Your site offers no profiles. Ask your admin."
        return Refusal(limit="profile", asked=shown, left=None, message=message)

    def _names(self) -> set[str]:
        return {cluster.name for cluster, _ in self._kinds.clusters()}

    def _profile(self, profile: Profile) -> dict[str, Any]:
        shown = encode(profile)
        for name in _HIDDEN:
            shown.pop(name, None)
        usual = self._starts.usual_seconds(profile.name)
        return shown if usual is None else {**shown, "usual_start_seconds": usual}

    def _seen(self, cluster: Cluster, kind: ClusterBackend) -> Cluster:
        has_dashboard = cluster.mine and kind.dashboard_url(cluster.id) is not None
        return dataclasses.replace(
            cluster,
            dashboard_path=f"{DASHBOARD}{cluster.id}" if has_dashboard else None,
            usual_start_seconds=self._starts.usual_seconds(cluster.profile),
        )

    def _on_change(self, ids: Sequence[str]) -> None:
        watched = self._starting.intersection(ids)
        if watched:
            self._note_starts(watched)
        self.changed(ids)

    def _note_starts(self, ids: set[str]) -> None:
        """Record the duration of finished starts that began here."""
        for cluster, _ in list(self._kinds.clusters()):
            if cluster.id in ids and cluster.state != "starting":
                self._starting.discard(cluster.id)
                if cluster.state == "ready" and cluster.profile is not None:
                    seconds = max(0.0, cluster.since_at - cluster.created_at)
                    self._save(cluster.profile, seconds)

    def _save(self, profile: str, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        kept = loop.run_in_executor(None, self._starts.add, profile, seconds)
        self._keeping.add(kept)
        kept.add_done_callback(self._keeping.discard)


def _refuse(checked: ValidatedRequest) -> None:
    if checked.impossible:
        raise _invalid(checked.impossible)
    if checked.over_limit:
        refusals = checked.over_limit
        raise ConflictError(
            " ".join(refusal.message for refusal in refusals), refusals=encode(refusals)
        )


def _invalid(refusals: Sequence[Refusal]) -> InvalidRequestError:
    message = " ".join(refusal.message for refusal in refusals)
    return InvalidRequestError(message, refusals=encode(refusals))
