"""Questions about quotas to the Kubernetes API, answered with what it says, refusals too."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from hrlab.clusters.backend import Plan
from hrlab.clusters.kubernetes.api import ApiFailure, KubernetesApi, Plural
from hrlab.clusters.kubernetes.manifest import resource_of
from hrlab.model.errors import InvalidRequestError
from hrlab.model.profile import Profile


class QuotaApi:
    """Asks; connects when it is first used."""

    def __init__(self, kubeconfig: str | None = None) -> None:
        self._kubeconfig = kubeconfig
        self._connecting = asyncio.Lock()
        self._api: KubernetesApi | None = None

    async def namespace(self) -> str:
        """Where clusters go that name no namespace; raises `BackendError` without a way to the API."""
        return (await self._connected()).namespace()

    async def get(self, plural: Plural, namespace: str) -> tuple[int, list[Mapping[str, Any]]]:
        """What is there: the status of the answer (200: fine, 0: none), and the items."""
        try:
            found = await (await self._connected()).call("GET", plural, namespace)
        except ApiFailure as failure:
            return failure.code, []
        return 200, list(found.get("items") or ())

    async def dry_run_pod(self, namespace: str, spec: Mapping[str, Any]) -> tuple[int, str]:
        """What the API says to a pod that is only tried: the status (201: it would be made), and the message."""
        body = {"metadata": {"generateName": "hrlab-trial-"}, "spec": dict(spec)}
        try:
            api = await self._connected()
            await api.call("POST", "pods", namespace, body=body, params={"dryRun": "All"})
        except ApiFailure as failure:
            return failure.code, failure.message
        return 201, ""

    async def close(self) -> None:
        """Close the connections."""
        if self._api is not None:
            await self._api.close()

    async def _connected(self) -> KubernetesApi:
        async with self._connecting:
            if self._api is None:
                self._api = await KubernetesApi.connect(self._kubeconfig)
            return self._api


def usual_worker(profile: Profile) -> Mapping[str, Any] | None:
    """The pod of a worker of that profile with all its defaults; None if the template can't be filled."""
    options = {name: option.default for name, option in profile.options.items()}
    plan = Plan(
        id="trial", name="trial", profile=profile, options=options, owner="", created_at=0.0
    )
    try:
        pod: Mapping[str, Any] = resource_of(plan, "")["spec"]["worker"]["spec"]
    except InvalidRequestError:
        return None
    return pod
