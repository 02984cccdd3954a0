"""A requested cluster that does not exist yet, or failed to start."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from hrlab.clusters.backend import Plan
from hrlab.clusters.kubernetes.api import ApiFailure, Object
from hrlab.clusters.kubernetes.conditions import ended
from hrlab.clusters.kubernetes.delivery import read, sources_of
from hrlab.clusters.kubernetes.manifest import (
    TRIES,
    bounds_of,
    filled,
    published_ports,
    resource_of,
)
from hrlab.clusters.kubernetes.offload import Away, away_of
from hrlab.clusters.kubernetes.operations import Operations
from hrlab.clusters.kubernetes.ownership import SIGNATURE
from hrlab.model.cluster import Cluster, Step, StepState, WorkerCount
from hrlab.model.errors import BackendError
from hrlab.model.profile import WORKERS
from hrlab.model.units import format_duration


@dataclass(slots=True)
class PendingCluster:
    """One pending start.

    Attributes
    ----------
    resource
        What is to be made.
    made
        Whether the API has taken it.
    waits_for
        Why it is not taken yet; tried again until the profile's time is over.
    failed
        Why it never will be.
    tries
        How many came before that found their ports taken.
    uid
        Of what was made.
    """

    plan: Plan
    resource: Object
    made: bool = False
    waits_for: str = ""
    failed: str = ""
    tries: int = 0
    uid: str = ""

    async def attempt(self, changes: Operations, signature: str) -> None:
        """Ask the API once, for a cluster with that signature."""
        try:
            self.resource = await self._written(changes)
            self.resource["metadata"]["annotations"][SIGNATURE] = signature
            self.uid = (await changes.make(self.resource))["metadata"]["uid"]
        except BackendError as error:
            self.failed = error.message
            return
        except ApiFailure as failure:
            if failure.may_pass and failure.code != 409:
                self.waits_for = f"The Kubernetes API did not respond: {ended(failure.message)}"
            elif failure.code == 409:
                self.failed = f"A cluster named {self.plan.id} already exists. Try again."
            else:
                self.failed = f"Kubernetes refused the cluster: {ended(failure.message)}"
            return
        self.made, self.waits_for = True, ""

    async def _written(self, changes: Operations) -> Object:
        """The resource, with ports that are free now; what is to be delivered is there, and may be."""
        plan, namespace = self.plan, self.resource["metadata"]["namespace"]
        away = away_of(filled(plan), plan.owner)
        sources = sources_of(plan.profile, away)
        for source in sources.values():
            await asyncio.to_thread(read, source)
        if sources:
            await self._try_secret(changes, away)
        port, tunnel, in_clear = 0, (0, 0), ""
        if ports := published_ports(plan.profile):
            port = await changes.free_port(ports)
        if away is not None:
            tunnel = await changes.free_tunnel(namespace, away)
            if away.in_clear:
                in_clear = (await asyncio.to_thread(read, away.source)).decode().strip()
        made = resource_of(plan, namespace, port, tunnel=tunnel, in_clear=in_clear)
        if self.tries:
            made["metadata"]["annotations"][TRIES] = str(self.tries)
        return made

    async def _try_secret(self, changes: Operations, away: Away | None) -> None:
        try:
            await changes.try_secret(self.resource)
        except ApiFailure as failure:
            if failure.code != 403:
                raise
            raise BackendError(
                no_secrets(for_tunnel=away is not None and away.is_sent)
            ) from failure

    def shown(self) -> Cluster:
        """Return the cluster as shown in the panel."""
        plan = self.plan
        bounds = bounds_of(plan) or (None, None)
        state: StepState = "failed" if self.failed else "done" if self.made else "running"
        others = ("scheduler", "service", "workers")
        return Cluster(
            id=plan.id,
            name=plan.name,
            kind="kubernetes",
            profile=plan.profile.name,
            owner=plan.owner,
            created_by="hrlab",
            state="failed" if self.failed else "starting",
            reason=self.failed or self.waits_for,
            since_at=plan.created_at,
            steps=(
                Step(name="resource", state=state, detail=self.waits_for),
                *(Step(name=name, state="waiting") for name in others),
            ),
            workers=WorkerCount(
                asked=int(bounds[0] if bounds[0] is not None else plan.options.get(WORKERS, 0)),
                minimum=bounds[0],
                maximum=bounds[1],
            ),
            created_at=plan.created_at,
            site=plan.profile.site,
        )


def no_secrets(*, for_tunnel: bool) -> str:
    """Return the error for an account that is not allowed to create Secrets."""
    said = (
        "Your account is not allowed to create Secrets, and without one {what} would be readable in the cluster's "
        "resource. Your admin can grant create and patch on secrets{more}."
    )
    if not for_tunnel:
        return said.format(what="the files that the profile delivers", more="")
    more = ", name an existing one (secret, key), or accept the risk by in_clear: true in the profile's away"
    return said.format(what="the credential of the tunnel", more=more)


def timeout_message(seconds: float, reason: str) -> str:
    """Return the reason of a start that exceeded its timeout."""
    said = reason or "The scheduler did not respond in time."
    after = f"{seconds:.0f} s" if seconds < 60 else format_duration(seconds)
    return f"Not ready after {after}; the start was cancelled and removed. {said}"
