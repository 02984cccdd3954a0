"""Which Python a kernel runs, by the kernelspecs of this process; a Jupyter server asks its own."""

from __future__ import annotations

import asyncio
from typing import Any

from hrlab.clusters.kernel_python import NoLocalPythonError, python_of
from hrlab.model.suggest import did_you_mean


class Kernelspecs:
    """See :data:`hrlab.clusters.service.FindKernel`."""

    async def __call__(self, name: str | None) -> tuple[str, str]:
        """Name and interpreter of the kernelspec `name`, or of Python's own."""
        return await asyncio.to_thread(self._find, name)

    @staticmethod
    def _find(name: str | None) -> tuple[str, str]:
        from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager, NoSuchKernel

        manager, wanted = KernelSpecManager(), name or NATIVE_KERNEL_NAME
        try:
            spec: Any = manager.get_kernel_spec(wanted)
        except NoSuchKernel as error:
            known = manager.find_kernel_specs()
            hint = did_you_mean(wanted[:60], known) if known else "There are none."
            raise NoLocalPythonError(
                f"there is no kernel {wanted[:60]!r}; {hint.rstrip('.')}"
            ) from error
        return wanted, python_of(spec)
