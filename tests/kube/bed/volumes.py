"""Volumes of secrets: a container is a process with no file system of its own, so a mount path becomes that of a folder."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

from tests.kube.bed.client import Kube

Object = dict[str, Any]
RENEW_SECONDS = 0.5


class Volumes:
    """The secrets that a pod mounts."""

    def __init__(self, kube: Kube, namespace: str, spec: Object, folder: Path) -> None:
        self._kube = kube
        self._path = f"/api/v1/namespaces/{namespace}/secrets"
        self._secrets = {
            volume["name"]: volume["secret"]["secretName"]
            for volume in spec.get("volumes") or ()
            if "secret" in volume
        }
        self._folder = folder

    async def mount(self) -> None:
        """Wait until all secrets are there."""
        while not await self._renew():
            await asyncio.sleep(RENEW_SECONDS)

    async def keep(self) -> None:
        """Bring changes, as a kubelet does; until cancelled."""
        while self._secrets:
            await asyncio.sleep(RENEW_SECONDS)
            await self._renew()

    def real(self, text: str, container: Object) -> str:
        """`text` with paths of mounts as they are on this machine."""
        for mount in container.get("volumeMounts") or ():
            if mount["name"] in self._secrets:
                text = text.replace(mount["mountPath"], str(self._folder / mount["name"]))
        return text

    async def _renew(self) -> bool:
        for volume, name in self._secrets.items():
            code, found = await self._kube.call("GET", f"{self._path}/{name}")
            if code != 200:
                return False
            (self._folder / volume).mkdir(parents=True, exist_ok=True)
            for key, value in (found.get("data") or {}).items():
                path = self._folder / volume / key
                content = base64.b64decode(value)
                if not path.exists() or path.read_bytes() != content:
                    new = path.with_suffix(".new")
                    new.write_bytes(content)
                    new.replace(path)
        return True
