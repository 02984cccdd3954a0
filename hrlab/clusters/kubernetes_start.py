"""A cluster that was asked for and is not there yet, or never came to be."""

from __future__ import annotations

from dataclasses import dataclass

from hrlab.clusters.kind import Plan
from hrlab.clusters.kubernetes_api import ApiFailure, Object
from hrlab.clusters.kubernetes_changes import Changes
from hrlab.clusters.kubernetes_reasons import ended
from hrlab.clusters.kubernetes_spec import bounds_of, published_ports, resource_of
from hrlab.model.cluster import Cluster, Step, StepState, WorkerCount
from hrlab.model.profile import WORKERS
from hrlab.model.units import format_duration


@dataclass(slots=True)
class Start:
    """One start.

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
    """

    plan: Plan
    resource: Object
    made: bool = False
    waits_for: str = ""
    failed: str = ""

    async def attempt(self, changes: Changes) -> None:
        """Ask the API once."""
        try:
            if ports := published_ports(self.plan.profile):
                port = await changes.free_port(ports)
                namespace = self.resource["metadata"]["namespace"]
                self.resource = resource_of(self.plan, namespace, port)
            await changes.make(self.resource)
        except ApiFailure as failure:
            if failure.may_pass and failure.code != 409:
                self.waits_for = f"The Kubernetes API does not answer: {ended(failure.message)}"
            elif failure.code == 409:
                self.failed = f"There is another cluster called {self.plan.id}. Try again."
            else:
                self.failed = f"Kubernetes refuses the cluster: {ended(failure.message)}"
            return
        self.made, self.waits_for = True, ""

    def shown(self) -> Cluster:
        """As the panel shows it."""
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


def too_late(seconds: float, reason: str) -> str:
    """What is said of a start that took too long."""
    said = reason or "The scheduler did not answer in time."
    after = f"{seconds:.0f} s" if seconds < 60 else format_duration(seconds)
    return f"Not ready after {after}, given up and removed. {said}"
