"""Kubernetes API calls about quotas; refusals are returned, not raised."""

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
    """Client that connects on first use."""

    def __init__(self, kubeconfig: str | None = None) -> None:
        self._kubeconfig = kubeconfig
        self._connecting = asyncio.Lock()
        self._api: KubernetesApi | None = None

    async def namespace(self) -> str:
        """Return the default namespace; raise `BackendError` if Kubernetes cannot be reached."""
        return (await self._connected()).namespace()

    async def get(self, plural: Plural, namespace: str) -> tuple[int, list[Mapping[str, Any]]]:
        """Return the HTTP status (200: success, 0: no response) and the items."""
        try:
            found = await (await self._connected()).call("GET", plural, namespace)
        except ApiFailure as failure:
            return failure.code, []
        return 200, list(found.get("items") or ())

    async def dry_run_pod(self, namespace: str, spec: Mapping[str, Any]) -> tuple[int, str]:
        """Dry-run a pod; return the HTTP status (201: would be created) and the refusal's message."""
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
    """Return the default worker's pod spec of a profile; None if the template cannot be filled."""
    options = {name: option.default for name, option in profile.options.items()}
    plan = Plan(
        id="trial", name="trial", profile=profile, options=options, owner="", created_at=0.0
    )
    try:
        pod: Mapping[str, Any] = resource_of(plan, "")["spec"]["worker"]["spec"]
    except InvalidRequestError:
        return None
    return pod
