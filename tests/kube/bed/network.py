"""What kube-proxy and the cluster's DNS do: a proxy per port of a Service, and a file of names."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

Object = dict[str, Any]
Place = tuple[str, int]
Backends = list[Place]


class Network:
    """Names and proxies of the services that there are."""

    def __init__(self, hosts: Path) -> None:
        self._hosts = hosts
        self._text = ""
        self._proxies: dict[Place, asyncio.Server] = {}
        self._backends: dict[Place, Backends] = {}

    async def follow(self, services: Sequence[Object], pods: Sequence[Object]) -> None:
        """Make names and proxies those of `services`."""
        self._write_names(services, pods)
        self._backends = {
            place: list(_backends(service, port, pods))
            for service in services
            for port in service["spec"].get("ports", [])
            for place in _places(service, port)
        }
        for place in [place for place in self._proxies if place not in self._backends]:
            self._proxies.pop(place).close()
        for place in self._backends.keys() - self._proxies.keys():
            await self._open(place)

    async def _open(self, place: Place) -> None:
        async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._proxy(place, reader, writer)

        try:
            self._proxies[place] = await asyncio.start_server(proxy, *place)
        except OSError as error:
            print("no proxy at", place, error, flush=True)

    async def _proxy(
        self, place: Place, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        backends = self._backends.get(place)
        try:
            if not backends:  # connection reset: no endpoints
                writer.transport.abort()
                return
            other_reader, other_writer = await asyncio.open_connection(*random.choice(backends))
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(_pump(reader, other_writer), _pump(other_reader, writer))

    def _write_names(self, services: Sequence[Object], pods: Sequence[Object]) -> None:
        names = {}
        for service in services:
            metadata = service["metadata"]
            short = f"{metadata['name']}.{metadata['namespace']}"
            for name in (short, f"{short}.svc", f"{short}.svc.cluster.local"):
                names[name] = service["spec"].get("clusterIP")
        for pod in pods:
            if pod["status"].get("podIP"):
                names[pod["metadata"]["name"]] = pod["status"]["podIP"]
        text = json.dumps(names)
        if text != self._text:
            self._text = text
            temporary = self._hosts.with_suffix(".new")
            temporary.write_text(text)
            temporary.replace(self._hosts)


def _places(service: Object, port: Object) -> Iterator[Place]:
    yield service["spec"].get("clusterIP"), port["port"]
    if port.get("nodePort"):
        yield "127.0.0.1", port["nodePort"]


def _backends(service: Object, port: Object, pods: Sequence[Object]) -> Iterator[Place]:
    selector = service["spec"].get("selector")
    for pod in pods:
        labels = pod["metadata"].get("labels") or {}
        if not selector or pod["metadata"]["namespace"] != service["metadata"]["namespace"]:
            continue
        if not is_ready(pod) or any(labels.get(key) != value for key, value in selector.items()):
            continue
        if target := _target(port["targetPort"], pod):
            yield pod["status"]["podIP"], target


def _target(wanted: int | str, pod: Object) -> int | None:
    if isinstance(wanted, int) or wanted.isdigit():
        return int(wanted)
    for container in pod["spec"]["containers"]:
        for port in container.get("ports") or ():
            if port.get("name") == wanted:
                return int(port["containerPort"])
    return None


def is_ready(pod: Object) -> bool:
    """Whether a pod takes traffic."""
    conditions = pod["status"].get("conditions", ())
    return is_alive(pod) and any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def is_alive(pod: Object) -> bool:
    """Whether a pod is neither ended nor being deleted."""
    ended = pod["status"].get("phase") in ("Succeeded", "Failed")
    return not ended and not pod["metadata"].get("deletionTimestamp")


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
