"""Write operations on Kubernetes clusters: create, scale, adapt, extend, annotate, delete, dry-run a pod."""

from __future__ import annotations

import random
from collections.abc import Mapping

from hrlab.clusters.kubernetes.api import ApiFailure, KubernetesApi, Object, Plural
from hrlab.clusters.kubernetes.conditions import is_ending
from hrlab.clusters.kubernetes.delivery import secret_of
from hrlab.clusters.kubernetes.manifest import (
    BOUNDS,
    CREATED_AT,
    autoscaler_of,
    node_ports,
    with_numbered_ports,
)
from hrlab.clusters.kubernetes.offload import Away, taken_ports
from hrlab.clusters.kubernetes.status import ClusterObjects

#: Of each container's log.
TAIL_LINES = 500
MAX_LOGS = 30


class Operations:
    """Writes to the API."""

    def __init__(self, api: KubernetesApi) -> None:
        self._api = api
        self._numbered_ports: set[str] = set()

    async def make(self, resource: Object) -> Object:
        """Make a DaskCluster, in the form of ``targetPort`` that the site's CRD takes; it may be there already.

        Returns what is there now.

        Raises
        ------
        ApiFailure
            If it is refused, or not answered.
        """
        namespace = resource["metadata"]["namespace"]
        forms = [resource, with_numbered_ports(resource)]
        if namespace in self._numbered_ports:
            forms.reverse()
        for last, form in enumerate(forms):
            try:
                made = await self._api.call("POST", "daskclusters", namespace, body=form)
            except ApiFailure as failure:
                if failure.code == 409 and (there := await self._made(resource)):
                    return there  # by an attempt whose answer was lost
                if last or failure.code != 422 or "targetPort" not in failure.message:
                    raise
                continue
            if form is not resource:
                self._numbered_ports.add(namespace)
            return made
        raise AssertionError("the last form returns or raises")

    async def free_port(self, ports: range) -> int:
        """Return a random one of `ports` that no service uses; random, so that two users rarely collide."""
        services = await self._api.call("GET", "services", "")
        free = sorted(set(ports) - node_ports(services["items"]))
        if not free:
            said = f"all ports from {ports[0]} to {ports[-1]} are in use; close a cluster first"
            raise ApiFailure(422, said)
        return random.choice(free)  # noqa: S311 - no secret

    async def free_tunnel(self, namespace: str, away: Away) -> tuple[int, int]:
        """Return two random ports of the forwarder that no service uses."""
        services = await self._api.call("GET", "services", namespace)
        free = sorted(set(away.ports) - taken_ports(services["items"], away))
        if len(free) < 2:
            first, last = away.ports[0], away.ports[-1]
            said = f"all ports of the forwarder from {first} to {last} are in use; close a cluster first"
            raise ApiFailure(422, said)
        comm, http = random.sample(free, 2)
        return comm, http

    async def holds_port(self, port: int) -> bool:
        """Return whether a service uses that node port."""
        services = await self._api.call("GET", "services", "")
        return port in node_ports(services["items"])

    async def try_secret(self, resource: Object) -> None:
        """Hear whether secrets may be made; raises as `make` does."""
        body = secret_of(resource, {"trial": b""})
        body["metadata"].pop("ownerReferences")
        namespace = resource["metadata"]["namespace"]
        try:
            await self._api.call("POST", "secrets", namespace, body=body, params={"dryRun": "All"})
        except ApiFailure as failure:
            if failure.code != 409:
                raise

    async def put_secret(self, facts: ClusterObjects, contents: Mapping[str, bytes]) -> None:
        """Create or update the Secret of a cluster."""
        body = secret_of(facts.resource, contents)
        name, namespace = body["metadata"]["name"], body["metadata"]["namespace"]
        try:
            await self._api.call("POST", "secrets", namespace, body=body)
        except ApiFailure as failure:
            if failure.code != 409:
                raise
            # Of an earlier cluster by that name, perhaps: it would go with that.
            owners = {"ownerReferences": body["metadata"]["ownerReferences"]}
            body = {"metadata": owners, "data": body["data"]}
            await self._api.call("PATCH", "secrets", namespace, name, body=body)

    async def _made(self, resource: Object) -> Object | None:
        """What is there by that name, if it is this very cluster."""
        metadata = resource["metadata"]
        place = (metadata["namespace"], metadata["name"])
        found = await self._api.call("GET", "daskclusters", *place)
        noted = (found["metadata"].get("annotations") or {}).get(CREATED_AT)
        return found if noted == metadata["annotations"][CREATED_AT] else None

    async def annotate(self, facts: ClusterObjects, annotations: dict[str, str | None]) -> None:
        """Write annotations of a cluster; None removes one."""
        await self._patch(facts, {"metadata": {"annotations": annotations}})

    async def scale(self, facts: ClusterObjects, workers: int) -> None:
        """Scale to a fixed number of workers, and stop adapting."""
        name, namespace = _name(facts)
        if BOUNDS in facts.annotations:
            await self.annotate(facts, {BOUNDS: None})
        if facts.autoscaler is not None:
            await self._gone("daskautoscalers", namespace, facts.autoscaler["metadata"]["name"])
        replicas = {"spec": {"worker": {"replicas": workers}}}
        if facts.group is None:  # not made yet: the operator will make it from this
            await self._patch(facts, replicas)
        else:
            group = f"{name}-default"
            await self._api.call("PATCH", "daskworkergroups", namespace, group, body=replicas)

    async def adapt(self, facts: ClusterObjects, minimum: int, maximum: int) -> None:
        """Let the operator adapt the number of workers between these bounds."""
        name, namespace = _name(facts)
        if facts.by_hrlab:
            await self.annotate(facts, {BOUNDS: f"{minimum}-{maximum}"})
        wanted = autoscaler_of(facts.resource, minimum, maximum)
        try:
            await self._api.call("POST", "daskautoscalers", namespace, body=wanted)
        except ApiFailure as failure:
            if failure.code != 409:
                raise
            body = {"spec": wanted["spec"]}
            await self._api.call("PATCH", "daskautoscalers", namespace, name, body=body)

    async def idle_timeout(self, facts: ClusterObjects, seconds: float) -> None:
        """Set the idle timeout after which the operator closes the cluster."""
        await self._patch(facts, {"spec": {"idleTimeout": int(seconds)}})

    async def delete(self, namespace: str, name: str) -> None:
        """Delete a cluster; succeeds if it is already gone."""
        await self._gone("daskclusters", namespace, name)

    async def release(self, facts: ClusterObjects) -> None:
        """Remove the finalizers of a cluster whose operator is not running; its objects are deleted with it."""
        if is_ending(facts.resource):
            await self._patch(facts, {"metadata": {"finalizers": None}})

    async def remove_finalizers(self, namespace: str, name: str) -> None:
        """Remove all finalizers of a deleted cluster; succeeds if it is already gone."""
        body: Object = {"metadata": {"finalizers": None}}
        try:
            await self._api.call("PATCH", "daskclusters", namespace, name, body=body)
        except ApiFailure as failure:
            if failure.code != 404:
                raise

    async def release_group(self, namespace: str, name: str) -> None:
        """Delete an orphaned worker group, with its finalizers."""
        body: Object = {"metadata": {"finalizers": None}}
        await self._gone("daskworkergroups", namespace, name)
        try:
            await self._api.call("PATCH", "daskworkergroups", namespace, name, body=body)
        except ApiFailure as failure:
            if failure.code != 404:
                raise

    async def dry_run_pod(self, facts: ClusterObjects, component: str) -> str:
        """Return why a pod of that component cannot be created; empty if it can, or if unknown."""
        _, namespace = _name(facts)
        part = facts.group if component == "worker" and facts.group else facts.resource
        spec = (part["spec"].get(component) or {}).get("spec")
        body = {"metadata": {"generateName": "hrlab-trial-"}, "spec": spec}
        try:
            params = {"dryRun": "All"}
            await self._api.call("POST", "pods", namespace, body=body, params=params)
        except ApiFailure as failure:
            if failure.code == 403 and "cannot create resource" not in failure.message:
                return failure.message.partition(" is forbidden: ")[2] or failure.message
        return ""

    async def logs(self, facts: ClusterObjects) -> dict[str, str]:
        """Return the last part of the logs by component; raises as `make` does."""
        _, namespace = _name(facts)
        found = {}
        for pod in facts.pods[:MAX_LOGS]:
            metadata = pod["metadata"]
            component = metadata["labels"].get("dask.org/component", "")
            container = pod["spec"]["containers"][0]["name"]
            params = {"container": container, "tailLines": str(TAIL_LINES)}
            try:
                path = f"{metadata['name']}/log"
                text = await self._api.text("GET", "pods", namespace, path, params=params)
            except ApiFailure as failure:
                if failure.code not in (400, 404):
                    raise
                text = failure.message  # it has not started yet, or has just gone
            key = "scheduler" if component == "scheduler" else metadata["name"]
            found[key if key not in found else metadata["name"]] = text
        return found

    async def _patch(self, facts: ClusterObjects, body: Object) -> None:
        name, namespace = _name(facts)
        await self._api.call("PATCH", "daskclusters", namespace, name, body=body)

    async def _gone(self, plural: Plural, namespace: str, name: str) -> None:
        try:
            await self._api.call("DELETE", plural, namespace, name)
        except ApiFailure as failure:
            if failure.code != 404:
                raise


def bounds_noted(facts: ClusterObjects) -> tuple[int, int] | None:
    """The bounds between which a cluster was asked to adapt."""
    low, _, high = facts.annotations.get(BOUNDS, "").partition("-")
    return (int(low), int(high)) if low.isdigit() and high.isdigit() else None


def _name(facts: ClusterObjects) -> tuple[str, str]:
    metadata = facts.resource["metadata"]
    return metadata["name"], metadata["namespace"]
