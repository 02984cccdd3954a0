"""Kubernetes quotas: resource quotas and limit ranges where readable, else inferred from a dry-run pod.

The dry-run pod requests more than any site has, so that the quota's refusal states usage and limit. Kubernetes
checks limit ranges before quotas: if one refuses that much, the profile's own worker is tried instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from hrlab.clusters.kubernetes.pod_refusal import RESOURCES, exceeded, maxima
from hrlab.clusters.kubernetes.quantity import quantity
from hrlab.model.quota import UNKNOWN, UNLIMITED, Quota, quota
from hrlab.quota.sources.kubernetes_api import QuotaApi

Object: TypeAlias = Mapping[str, Any]
#: Requests larger than any site: cores, and memory.
TOO_MUCH = {"cpu": "1000000", "memory": "1000000Gi"}


@dataclass(frozen=True, slots=True)
class Offered:
    """A profile's namespace (None: the default one) and the pod spec of its default worker."""

    name: str
    namespace: str | None
    worker: Object | None


class KubernetesQuotas:
    """Source ``kubernetes``.

    Parameters
    ----------
    api
        Client of the Kubernetes API.
    offered
        Profiles of kind kubernetes.
    coming
        Returns, by resource, what a namespace's clusters will use and no pod requests yet.
    clock
        UTC epoch seconds.
    """

    name = "kubernetes"
    fresh_seconds = 15.0
    enforced = True

    def __init__(
        self,
        api: QuotaApi,
        offered: Sequence[Offered],
        coming: Callable[[str], Mapping[str, float]],
        clock: Callable[[], float],
    ) -> None:
        self._api = api
        self._offered = offered
        self._coming = coming
        self._clock = clock

    async def quotas(self) -> Sequence[Quota]:
        """Return quotas of each namespace that profiles use, and the capacity of nodes."""
        home = await self._api.namespace()
        places: dict[str, list[Offered]] = {}
        for profile in self._offered:
            places.setdefault(profile.namespace or home, []).append(profile)
        found: list[Quota] = []
        for namespace, profiles in places.items():
            found += await self._of_namespace(namespace, profiles)
        return [*found, *await self._of_nodes()]

    async def stop(self) -> None:
        """Close the API client."""
        await self._api.close()

    async def _of_namespace(self, namespace: str, profiles: Sequence[Offered]) -> list[Quota]:
        names = [profile.name for profile in profiles]
        status, items = await self._api.get("resourcequotas", namespace)
        ranges = [
            one
            for item in (await self._api.get("limitranges", namespace))[1]
            for one in self._of_range(item, namespace, names)
        ]
        if status == 200:
            quotas = [one for item in items for one in self._of_quota(item, namespace, names)]
            return [*quotas, *ranges]
        worker = next((one.worker for one in profiles if one.worker is not None), None)
        if worker is None:
            return ranges
        return [*await self._tried(namespace, names, worker), *ranges]

    def _of_quota(self, item: Object, namespace: str, names: Sequence[str]) -> Iterator[Quota]:
        status, spec = item.get("status") or {}, item.get("spec") or {}
        hard = status.get("hard") or spec.get("hard") or {}
        partial = bool(spec.get("scopes") or spec.get("scopeSelector"))
        for key, amount in hard.items():
            if key in RESOURCES:
                used = quantity((status.get("used") or {}).get(key, 0))
                name = item["metadata"]["name"]
                yield self._quota(
                    namespace, names, RESOURCES[key], name, quantity(amount), used, partial=partial
                )

    def _quota(
        self,
        namespace: str,
        names: Sequence[str],
        resource: str,
        name: str,
        limit: float | None,
        used: float | None,
        *,
        partial: bool = False,
    ) -> Quota:
        coming = self._coming(namespace).get(resource, 0.0)
        return quota(
            resource,
            "namespace",
            self.name,
            self._clock(),
            limit=UNKNOWN if limit is None else limit,
            used=UNKNOWN if used is None else used + coming,
            label=f"{namespace}: {name}",
            profiles=names,
            enforced=not partial,
            note="Applies to some pods only (quota scopes)." if partial else "",
        )

    def _of_range(self, item: Object, namespace: str, names: Sequence[str]) -> Iterator[Quota]:
        for one in (item.get("spec") or {}).get("limits") or ():
            if one.get("type") in ("Container", "Pod"):
                most = {
                    RESOURCES[k]: quantity(v)
                    for k, v in (one.get("max") or {}).items()
                    if k in RESOURCES
                }
                yield from self._largest(namespace, names, most)

    def _largest(
        self, namespace: str, names: Sequence[str], most: Mapping[str, float | None]
    ) -> Iterator[Quota]:
        for resource, amount in most.items():
            yield quota(
                resource,
                "user",
                self.name,
                self._clock(),
                limit=UNKNOWN if amount is None else amount,
                used=0,
                label=f"{namespace}: largest worker",
                profiles=names,
                note="Applies to each worker.",
            )

    async def _tried(self, namespace: str, names: Sequence[str], worker: Object) -> list[Quota]:
        """Infer quotas from the refusal of an oversized pod, and if necessary of a normal one."""
        status, message = await self._api.dry_run_pod(namespace, _with_resources(worker, TOO_MUCH))
        largest = list(self._largest(namespace, names, maxima(message)))
        if largest:
            status, message = await self._api.dry_run_pod(namespace, worker)
        over = exceeded(message)
        if over is not None:
            return [
                *(
                    self._quota(namespace, names, resource, over.name, most, used)
                    for resource, (_, used, most) in over.amounts.items()
                ),
                *largest,
            ]
        known = UNLIMITED if status == 201 and not largest else UNKNOWN
        error = None if status == 201 else f"The dry-run pod was refused: {message[:300]}"
        unlimited = [
            quota(
                resource,
                "namespace",
                self.name,
                self._clock(),
                limit=known,
                label=namespace,
                profiles=names,
                error=error,
            )
            for resource in ("cores", "memory")
        ]
        return [*unlimited, *largest]

    async def _of_nodes(self) -> list[Quota]:
        status, nodes = await self._api.get("nodes", "")
        if status != 200 or not nodes:
            return []
        status, pods = await self._api.get("pods", "")
        groups: dict[str, list[Object]] = {}
        for node in nodes:
            groups.setdefault(_node_label(node), []).append(node)
        return [
            quota(
                RESOURCES[key],
                "site",
                self.name,
                self._clock(),
                limit=_capacity(members, key),
                used=_taken(members, pods, key) if status == 200 else UNKNOWN,
                label=label,
                profiles=[one.name for one in self._offered],
            )
            for label, members in groups.items()
            for key in ("cpu", "memory")
        ]


def _node_label(node: Object) -> str:
    """Return the group of a node: each virtual node is a site of its own, all others form one group."""
    metadata = node["metadata"]
    labels = metadata.get("labels") or {}
    virtual = labels.get("type") == "virtual-kubelet" or "virtual-node.interlink/type" in labels
    taints = (node.get("spec") or {}).get("taints") or ()
    virtual = virtual or any(str(one.get("key", "")).startswith("virtual-node") for one in taints)
    return f"node {metadata['name']}" if virtual else "all nodes"


def _capacity(nodes: Sequence[Object], key: str) -> float:
    allocatable = ((node.get("status") or {}).get("allocatable") or {} for node in nodes)
    return sum(quantity(one.get(key, 0)) or 0.0 for one in allocatable)


def _taken(nodes: Sequence[Object], pods: Sequence[Object], key: str) -> float:
    names = {node["metadata"]["name"] for node in nodes}
    return sum(
        _request(container, key)
        for pod in pods
        if pod["spec"].get("nodeName") in names
        and (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")
        for container in pod["spec"].get("containers") or ()
    )


def _request(container: Object, key: str) -> float:
    resources = container.get("resources") or {}
    amounts = {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
    return quantity(amounts.get(key, 0)) or 0.0


def _with_resources(pod: Object, amounts: Mapping[str, str]) -> Object:
    first, *others = pod["containers"]
    resources = {"requests": dict(amounts), "limits": dict(amounts)}
    return {**pod, "containers": [{**first, "resources": resources}, *others]}
