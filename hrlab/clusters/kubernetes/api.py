"""Client of the Kubernetes API: calls and watches on the event loop, through kr8s."""

from __future__ import annotations

import asyncio
import importlib
import json
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypedDict

from hrlab.model.errors import BackendError

if TYPE_CHECKING:
    from typing_extensions import Unpack
import importlib.util
import os

#: Marks of a kubeconfig that runs programs to log in, or opens a browser: nothing to do unasked.
_LOGS_IN = ("exec:", "auth-provider:")


def is_at_hand(environment: Mapping[str, str], home: Path) -> bool:
    """Return whether dask-kubernetes is installed and a service account or kubeconfig names an API server."""
    if importlib.util.find_spec("dask_kubernetes") is None:
        return False
    if "KUBERNETES_SERVICE_HOST" in environment:
        return True
    named = [Path(name) for name in environment.get("KUBECONFIG", "").split(os.pathsep) if name]
    texts = [_text(path) for path in named or [home / ".kube" / "config"]]
    return any(texts) and not any(mark in text for text in texts for mark in _LOGS_IN)


def _text(path: Path) -> str:
    try:
        return path.expanduser().read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


Object: TypeAlias = dict[str, Any]
Plural: TypeAlias = Literal[
    "daskclusters",
    "daskworkergroups",
    "daskautoscalers",
    "pods",
    "services",
    "secrets",
    "resourcequotas",
    "limitranges",
    "nodes",
]

GROUP = "kubernetes.dask.org/v1"
MERGE_PATCH = {"Content-Type": "application/merge-patch+json"}

#: How long a call may take; a watch is renewed so often, so that a server that has gone silent is noticed.
CALL_SECONDS = 10.0
WATCH_SECONDS = 30

_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


class More(TypedDict, total=False):
    """What a call may have beside its place: a JSON body, and parameters of the URL."""

    body: Object | None
    params: Mapping[str, str] | None


class ApiFailure(Exception):  # noqa: N818 - it is the answer, which callers take apart
    """The API refused (`code` is the HTTP status) or did not respond (`code` is 0)."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def may_pass(self) -> bool:
        """Whether a retry may succeed: no response, too many requests, or a server error."""
        return self.code in (0, 401, 408, 409, 429) or self.code >= 500


class KubernetesApi:
    """Client of one API server; created by `connect`."""

    def __init__(self, kr8s: Any, httpx: Any, api: Any) -> None:
        self._kr8s = kr8s
        self._api = api
        self._failures = _failures(kr8s, httpx)
        self._opening = asyncio.Lock()
        self._renewing = asyncio.Lock()
        self._renewals = 0
        self._retired: list[tuple[float, Any]] = []
        self._watch_timeout = httpx.Timeout(CALL_SECONDS, read=WATCH_SECONDS + CALL_SECONDS)

    @classmethod
    async def connect(cls, kubeconfig: str | None = None) -> KubernetesApi:
        """Find credentials (a kubeconfig, or the pod's service account) and the API server.

        Raises
        ------
        BackendError
            If kr8s is not installed, there are no credentials, or the server does not answer.
        """
        try:
            kr8s = await asyncio.to_thread(importlib.import_module, "kr8s")
            objects = await asyncio.to_thread(importlib.import_module, "kr8s.asyncio")
            httpx = await asyncio.to_thread(importlib.import_module, "httpx")
        except ImportError as error:
            raise BackendError(
                "Kubernetes clusters need a client that is not installed on the Jupyter server. "
                "Ask your admin to install hrlab[kubernetes] there.",
            ) from error
        refusal = getattr(kr8s, "ServerError", httpx.HTTPStatusError)
        try:
            api = await asyncio.wait_for(objects.api(kubeconfig=kubeconfig), CALL_SECONDS)
        except (*_failures(kr8s, httpx), refusal) as error:
            raise BackendError(f"The Kubernetes API did not respond: {_format(error)}.") from error
        except (ValueError, KeyError, asyncio.TimeoutError) as error:
            raise BackendError(
                f"Cannot connect to Kubernetes: {_format(error)}. "
                "The Jupyter server needs a service account (in a pod) or a kubeconfig."
            ) from error
        return cls(kr8s, httpx, api)

    async def close(self) -> None:
        """Close the connections; kr8s, which offers no way to do so, opens new ones if it is asked again."""
        for _, session in [*self._retired, (0.0, getattr(self._api, "_session", None))]:
            if session is not None:
                await session.aclose()

    def namespace(self) -> str:
        """Where clusters go that name no namespace: the service account's, else the kubeconfig's.

        kr8s itself takes ``default`` in a pod, whatever its service account says.
        """
        return account_namespace() or str(self._api.namespace or "default")

    async def call(
        self, method: str, plural: Plural, namespace: str, name: str = "", **more: Unpack[More]
    ) -> Object:
        """Send a request; return the JSON response.

        Raises
        ------
        ApiFailure
            If it is refused or not answered.
        """
        text = await self.text(method, plural, namespace, name, **more)
        found: Object = json.loads(text or "{}")
        return found

    async def text(
        self, method: str, plural: Plural, namespace: str, name: str = "", **more: Unpack[More]
    ) -> str:
        """Send a request; return the response text. Raises as `call` does."""
        request: dict[str, Any] = {**_place(plural, namespace, name), "method": method}
        request.update(params=dict(more.get("params") or {}), timeout=CALL_SECONDS)
        if (body := more.get("body")) is not None:
            request["content"] = json.dumps(body)
        if method == "PATCH":
            request["headers"] = MERGE_PATCH
        before = self._renewals
        code, text = await self._answer(request)
        if code == 401 and await self._renewed(before):
            code, text = await self._answer(request)
        if code >= 400:
            raise ApiFailure(code, _message(text) or f"HTTP {code}")
        return text

    async def watch(
        self, plural: Plural, namespace: str, params: Mapping[str, str]
    ) -> AsyncIterator[Object]:
        """Yield events since ``resourceVersion``, until the server ends the watch; raises as `call` does."""
        wanted = {**params, "watch": "true", "timeoutSeconds": str(WATCH_SECONDS)}
        try:
            await self._open()
            async with self._api.call_api(
                "GET",
                **_place(plural, namespace, ""),
                params=wanted,
                stream=True,
                raise_for_status=False,
                timeout=self._watch_timeout,
            ) as answer:
                if answer.status_code >= 400:
                    await answer.aread()
                    raise ApiFailure(int(answer.status_code), _message(answer.text))
                async for line in answer.aiter_lines():
                    yield json.loads(line)
        except self._failures as error:
            raise ApiFailure(0, _format(error)) from error

    async def _answer(self, request: Mapping[str, Any]) -> tuple[int, str]:
        try:
            await self._open()
            async with self._api.call_api(**request, raise_for_status=False) as answer:
                return int(answer.status_code), str(answer.text)
        except self._failures as error:
            raise ApiFailure(0, _format(error)) from error

    async def _open(self) -> None:
        """Have kr8s open a session once: for several calls that find none it opens as many, and loses all but the last."""
        create = getattr(self._api, "_create_session", None)
        if create is not None and not self._is_open():
            async with self._opening:
                if not self._is_open():
                    await create()

    def _is_open(self) -> bool:
        session = getattr(self._api, "_session", None)
        return session is not None and not session.is_closed

    async def _renewed(self, before: int) -> bool:
        """Whether there are other credentials than `before` that renewal: a pod's token expires, and its file has a new one.

        kr8s would close the connections of all who are asking now; its early versions never read a pod's token again.
        """
        async with self._renewing:
            if self._renewals != before:
                return True  # by another call, meanwhile
            auth = self._api.auth
            used, auth.server = auth.token, ""
            try:
                await auth.reauthenticate()
            except (OSError, ValueError, KeyError, RuntimeError) as error:
                raise ApiFailure(401, _format(error)) from error
            if used is not None and auth.token == used:
                return False
            self._renewals += 1
            await self._retire()
            return True

    async def _retire(self) -> None:
        """Have kr8s open new connections; the old ones are closed when the watches that use them must have ended."""
        now = time.monotonic()
        for since, session in self._retired[:]:
            if now - since > WATCH_SECONDS + 2 * CALL_SECONDS:
                self._retired.remove((since, session))
                await session.aclose()
        self._retired.append((now, self._api._session))  # noqa: SLF001 - see `close`
        self._api._session = None  # noqa: SLF001


def account_namespace() -> str | None:
    """Return the namespace of this pod's service account; None outside pods."""
    try:
        return (_ACCOUNT / "namespace").read_text().strip() or None
    except OSError:
        return None


async def has_dask(api: KubernetesApi, namespace: str) -> bool:
    """Whether there are Dask's kinds, and this account may see them; asked until there is an answer."""
    while True:
        try:
            await api.call("GET", "daskclusters", namespace)
        except ApiFailure as failure:  # noqa: PERF203
            if not failure.may_pass or failure.code == 401:
                return False
            await asyncio.sleep(WATCH_SECONDS)
        else:
            return True


def _failures(kr8s: Any, httpx: Any) -> tuple[type[Exception], ...]:
    """What says that there was no answer; early kr8s has no error of its own for that."""
    return httpx.HTTPError, getattr(kr8s, "APITimeoutError", TimeoutError), OSError


def _place(plural: Plural, namespace: str, name: str) -> dict[str, str | None]:
    version = GROUP if plural.startswith("dask") else "v1"
    url = f"{plural}/{name}" if name else plural
    return {"version": version, "namespace": namespace or None, "url": url}


def _message(text: str) -> str:
    try:
        return str(json.loads(text)["message"])
    except (ValueError, KeyError, TypeError):
        return text[:500]


def _format(error: BaseException) -> str:
    return str(error).rstrip(".") or type(error).__name__
