"""An API server in memory: discovery, reading, writing, watching, access, and faults on demand.

``python -m tests.kube.bed.apiserver --load FILE ... --tokens FILE [--cert FILE --key FILE]``. Listens on loopback, on ports
that it prints, and stores nothing on disk.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import aiohttp
import yaml
from aiohttp import web

from tests.kube.bed.access import Access, Asked, User
from tests.kube.bed.admission import Admission
from tests.kube.bed.failure import ApiError, missing_page
from tests.kube.bed.faults import Faults
from tests.kube.bed.reading import Watch, group_document, groups_document, listed, version_document
from tests.kube.bed.resources import REVIEWS, Resource
from tests.kube.bed.store import Store
from tests.kube.bed.tree import dig
from tests.kube.bed.writing import Writer, scale_view

VERSION = "v1.33.4"


class ApiServer:
    """Takes requests apart and passes them on."""

    def __init__(self, tokens: dict[str, User]) -> None:
        self.store = Store()
        self.admission = Admission(self.store)
        self._writer = Writer(self.store, self.admission)
        self._access = Access(self.store, tokens)
        self._faults = Faults(self.store)

    def app(self) -> web.Application:
        app = web.Application(client_max_size=8 << 20)
        app.router.add_route("*", "/{tail:.*}", self._entry)
        return app

    def load(self, path: Path) -> None:
        """Store the objects of a YAML file."""
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        for item in filter(None, yaml.load_all(path.read_text(), Loader=loader)):
            group = item["apiVersion"].rpartition("/")[0]
            kinds = self.store.resources.values()
            resource = next(r for r in kinds if (r.group, r.kind) == (group, item["kind"]))
            metadata = item["metadata"]
            namespace = metadata.get("namespace", "default") if resource.namespaced else None
            self.admission.admit(resource, item, creating=True)
            self.store.add(resource, namespace, metadata["name"], item)

    async def _entry(self, request: web.Request) -> web.StreamResponse:
        try:
            return await self._answer(request)
        except ApiError as error:
            return web.json_response(error.status(), status=error.code)
        except (ConnectionResetError, asyncio.CancelledError):
            raise
        except Exception as error:  # a bug here must be loud
            traceback.print_exc()
            said = ApiError(500, "InternalError", repr(error)).status()
            return web.json_response(said, status=500)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        parts = [part for part in request.path.split("/") if part]
        if parts == ["_test", "tokens"]:
            self._access.accept(_users(await request.json()))
            return web.json_response({})
        if parts[:1] == ["_test"]:
            return await self._faults.command(request, parts[1])
        if self._faults.is_away:
            assert request.transport
            request.transport.abort()
            raise ConnectionResetError
        if parts == ["version"]:
            return web.json_response({"major": "1", "minor": "33", "gitVersion": VERSION})
        user = self._access.user(request.headers.get("Authorization", ""))
        document = self._discovery(parts)
        if document is not None:
            return web.json_response(document)
        core = parts[0] == "api"
        group, rest = ("", parts[2:]) if core else (parts[1], parts[3:])
        asked = _asked(request, group, rest)
        resource = self.store.resources.get((group, asked.plural))
        if resource is None or (asked.sub and asked.sub not in resource.subs):
            raise missing_page()
        try:
            await self._faults.meet(user.name, asked)
            self._access.check(user, asked, resource)
            response = await self._serve(request, user, resource, asked)
        except ApiError as error:
            self._note(user, asked, error.code)
            raise
        self._note(user, asked, response.status)
        return response

    def _note(self, user: User, asked: Asked, code: int) -> None:
        self._faults.requests.append((user.name, asked.verb, asked.full, asked.name, code))

    def _discovery(self, parts: Sequence[str]) -> dict[str, Any] | None:
        if parts == ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"]}
        if parts == ["apis"]:
            return groups_document(self.store)
        if len(parts) == 2 and parts[0] == "apis":
            kind = {"kind": "APIGroup", "apiVersion": "v1"}
            return {**kind, **group_document(self.store, parts[1])}
        if len(parts) == 2 and parts[0] == "api":
            return version_document(self.store, "", parts[1])
        if len(parts) == 3 and parts[0] == "apis":
            return version_document(self.store, parts[1], parts[2])
        if parts[:1] not in (["api"], ["apis"]):
            raise missing_page()
        return None

    async def _serve(  # noqa: PLR0911 - one per verb
        self, request: web.Request, user: User, resource: Resource, asked: Asked
    ) -> web.StreamResponse:
        if asked.group == REVIEWS:
            return await self._review(request, user)
        if asked.verb == "watch":
            return await Watch(self.store, request, resource, asked).serve()
        if asked.verb == "list":
            return listed(self.store, request, resource, asked)
        if asked.verb == "get":
            return await self._get(request, resource, asked)
        body = await request.read()
        if asked.verb == "create":
            return self._writer.create(request, resource, asked, json.loads(body))
        if asked.verb in ("update", "patch"):
            return self._writer.change(request, resource, asked, body)
        if asked.verb == "delete" and asked.name:
            options = {**request.query, **(json.loads(body) if body else {})}
            return self._writer.delete(resource, asked.namespace, asked.name, options)
        raise ApiError(405, "MethodNotAllowed", f"no {asked.verb} here")

    async def _get(
        self, request: web.Request, resource: Resource, asked: Asked
    ) -> web.StreamResponse:
        assert asked.name
        item = self.store.get(resource, asked.namespace, asked.name)
        if asked.sub == "log":
            return await self._log(request, item)
        return web.json_response(scale_view(resource, item) if asked.sub == "scale" else item)

    async def _review(self, request: web.Request, user: User) -> web.Response:
        body = json.loads(await request.read())
        wanted = dig(body, "spec.resourceAttributes") or {}
        asked = Asked(
            wanted.get("verb", ""),
            wanted.get("group", ""),
            wanted.get("resource", ""),
            wanted.get("subresource"),
            wanted.get("namespace"),
        )
        body["status"] = {"allowed": self._access.allowed(user, asked)}
        return web.json_response(body, status=201)

    async def _log(self, request: web.Request, pod: dict[str, Any]) -> web.Response:
        """Asks the pod's kubelet."""
        metadata, spec = pod["metadata"], pod["spec"]
        container = request.query.get("container") or spec["containers"][0]["name"]
        node = self.store.objects["", "nodes"].get((None, spec.get("nodeName")))
        if not node:
            message = f'container "{container}" in pod "{metadata["name"]}" is waiting to start'
            raise ApiError(400, "BadRequest", message)
        port = dig(node, "status.daemonEndpoints.kubeletEndpoint.Port")
        path = f"containerLogs/{metadata['namespace']}/{metadata['name']}/{container}"
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}/{path}", params=dict(request.query)) as answer,
        ):
            if answer.status != 200:
                raise ApiError(400, "BadRequest", (await answer.text()).strip())
            return web.Response(body=await answer.read(), content_type="text/plain")


def _asked(request: web.Request, group: str, rest: list[str]) -> Asked:
    namespace = None
    if rest[0] == "namespaces" and len(rest) >= 3 and rest[2] != "status":
        namespace, rest = rest[1], rest[2:]
    plural, name, sub = [*rest, None, None][:3]
    assert plural
    watch = request.query.get("watch") in ("true", "1")
    verbs = {
        "GET": "watch" if watch else "get" if name else "list",
        "POST": "create",
        "PUT": "update",
        "PATCH": "patch",
        "DELETE": "delete" if name else "deletecollection",
    }
    return Asked(verbs[request.method], group, plural, sub, namespace, name)


def _users(tokens: dict[str, Any]) -> dict[str, User]:
    return {token: User(who["user"], tuple(who["groups"])) for token, who in tokens.items()}


async def _main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--load", action="append", type=Path, default=[])
    parser.add_argument("--tokens", type=Path, required=True)
    parser.add_argument("--cert")
    parser.add_argument("--key")
    given = parser.parse_args()
    server = ApiServer(_users(json.loads(given.tokens.read_text())))
    for path in given.load:
        server.load(path)
    runner = web.AppRunner(server.app(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    ports = [await _listen(runner, None)]
    if given.cert:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(given.cert, given.key)
        ports.append(await _listen(runner, context))
    print("ready", *ports, flush=True)
    await asyncio.Event().wait()


async def _listen(runner: web.AppRunner, context: ssl.SSLContext | None) -> int:
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    return int(runner.addresses[-1][1])


if __name__ == "__main__":
    asyncio.run(_main())
