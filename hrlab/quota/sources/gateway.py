"""Clusters and largest worker in a Dask Gateway. Its per-user limits are not exposed by its API."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from hrlab.model.quota import UNKNOWN, Quota, quota
from hrlab.quota.sources.base import QuotaError

ANSWER_SECONDS = 4.0
TOKEN = "JUPYTERHUB_API_TOKEN"  # noqa: S105 - the name of a variable
_GIB = 1024**3
_SILENT = (
    "Dask Gateway does not publish its limits; it rejects or reduces requests that exceed them."
)
#: Option names from the gateway's documentation: resource, and bytes per unit.
_OPTIONS = {"worker_cores": ("cores", 1), "worker_memory": ("memory", _GIB)}


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway's address and authentication type, and the profiles that use it."""

    address: str
    auth: str
    profiles: tuple[str, ...]


class GatewayQuotas:
    """Source ``gateway``.

    Parameters
    ----------
    gateways
        Gateways to query.
    user
        User name for basic authentication.
    environ
        Environment of the Jupyter server, with the hub's API token.
    clock
        UTC epoch seconds.
    """

    name = "gateway"
    fresh_seconds = 30.0

    def __init__(
        self,
        gateways: Sequence[Gateway],
        user: str,
        environ: Mapping[str, str],
        clock: Callable[[], float],
    ) -> None:
        self._gateways = gateways
        self._user = user
        self._environ = environ
        self._clock = clock

    async def quotas(self) -> Sequence[Quota]:
        """Return the number of clusters and the largest worker of each gateway."""
        return [one for gateway in self._gateways for one in await self._of(gateway)]

    async def _of(self, gateway: Gateway) -> list[Quota]:
        clusters = await self._get(gateway, "clusters/")
        options = (await self._get(gateway, "options")).get("cluster_options") or ()
        host = gateway.address.partition("://")[2] or gateway.address
        count = quota(
            "clusters",
            "user",
            self.name,
            self._clock(),
            limit=UNKNOWN,
            used=len(clusters),
            label=host,
            profiles=gateway.profiles,
            error=_SILENT,
        )
        largest = [self._largest(one, host, gateway) for one in options]
        return [count, *(one for one in largest if one is not None)]

    def _largest(self, option: Mapping[str, Any], host: str, gateway: Gateway) -> Quota | None:
        most = (option.get("spec") or {}).get("max")
        if option.get("field") not in _OPTIONS or not isinstance(most, (int, float)):
            return None
        resource, unit = _OPTIONS[option["field"]]
        return quota(
            resource,
            "user",
            self.name,
            self._clock(),
            limit=most * unit,
            used=0,
            label=f"{host}: largest worker",
            profiles=gateway.profiles,
            note="Applies to each worker.",
        )

    async def _get(self, gateway: Gateway, path: str) -> dict[str, Any]:
        url = f"{gateway.address.rstrip('/')}/api/v1/{path}"
        try:
            answer = await AsyncHTTPClient().fetch(
                url,
                headers=self._headers(gateway.auth),
                request_timeout=ANSWER_SECONDS,
                connect_timeout=ANSWER_SECONDS,
                follow_redirects=False,  # never send the token elsewhere
            )
            found = json.loads(answer.body)
        except (HTTPClientError, OSError, ValueError) as error:
            raise QuotaError(
                f"The gateway at {gateway.address} did not respond: {error}."
            ) from error
        if not isinstance(found, dict):
            raise QuotaError(f"{gateway.address} did not respond like a Dask Gateway.")
        return found

    def _headers(self, auth: str) -> dict[str, str]:
        if auth == "basic":
            login = b64encode(f"{self._user}:".encode()).decode()
            return {"Authorization": f"Basic {login}"}
        if auth == "jupyterhub" and self._environ.get(TOKEN):
            return {"Authorization": f"jupyterhub {self._environ[TOKEN]}"}
        raise QuotaError(f"Cannot authenticate to the gateway with method {auth!r}.")
