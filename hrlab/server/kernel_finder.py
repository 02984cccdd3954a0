"""Finds the Python of the user's kernel in the server's kernelspecs."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any

from jupyter_client.kernelspec import NoSuchKernel
from jupyter_server.serverapp import ServerApp

from hrlab.clusters.kernel_python import NoLocalPythonError, python_of
from hrlab.model.suggest import did_you_mean


class KernelFinder:
    """Implements :data:`hrlab.clusters.service.FindKernel`."""

    def __init__(self, server: ServerApp) -> None:
        self._server = server

    async def __call__(self, name: str | None) -> tuple[str, str]:
        """Return name and interpreter of the kernelspec `name`, or of the default one."""
        gateway = getattr(self._server, "gateway_config", None)
        if getattr(gateway, "gateway_enabled", False):
            raise NoLocalPythonError("kernels of this server run remotely, behind a kernel gateway")
        wanted = name or self._server.kernel_manager.default_kernel_name
        try:
            spec = await self._request("get_kernel_spec", wanted)
        except NoSuchKernel as error:
            known = await self._request("find_kernel_specs")
            hint = did_you_mean(wanted[:60], known) if known else "There are none."
            raise NoLocalPythonError(
                f"there is no kernel {wanted[:60]!r}; {hint.removesuffix('.')}"
            ) from error
        return wanted, await asyncio.to_thread(python_of, spec)

    async def _request(self, what: str, *args: str) -> Any:
        # A thread, because kernelspecs are read from disk.
        answer = await asyncio.to_thread(getattr(self._server.kernel_spec_manager, what), *args)
        return await answer if inspect.isawaitable(answer) else answer
