"""Find the Python interpreter of a kernelspec, to start the workers of ``process`` clusters with it."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from hrlab.model.suggest import did_you_mean


class Kernelspecs:
    """Looks up kernelspecs of this machine; see :data:`hrlab.clusters.service.FindKernel`."""

    async def __call__(self, name: str | None) -> tuple[str, str]:
        """Return name and interpreter of kernelspec `name`, or of the native Python kernel."""
        return await asyncio.to_thread(self._find, name)

    @staticmethod
    def _find(name: str | None) -> tuple[str, str]:
        from jupyter_client.kernelspec import NATIVE_KERNEL_NAME, KernelSpecManager, NoSuchKernel

        manager, wanted = KernelSpecManager(), name or NATIVE_KERNEL_NAME
        try:
            spec: Any = manager.get_kernel_spec(wanted)
        except NoSuchKernel as error:
            known = manager.find_kernel_specs()
            hint = did_you_mean(wanted[:60], known) if known else "No kernels are installed."
            raise NoLocalPythonError(
                f"kernel {wanted[:60]!r} does not exist; {hint.rstrip('.')}"
            ) from error
        return wanted, python_of(spec)


#: Modules that run a kernel in the same interpreter; others may start one elsewhere.
_OWN = frozenset(["ipykernel_launcher", "ipykernel", "xpython_launcher", "metakernel_python"])
_PYTHON = re.compile(r"python(\d+(\.\d+)?)?(\.exe)?", re.IGNORECASE)


class KernelSpec(Protocol):
    """The used part of ``jupyter_client.kernelspec.KernelSpec``."""

    argv: list[str]
    env: Mapping[str, str]
    language: str
    metadata: Mapping[str, Any]


class NoLocalPythonError(Exception):
    """The kernelspec does not run a local Python; the text gives the reason."""


def python_of(spec: KernelSpec) -> str:
    """Return the path of the interpreter that the kernel runs.

    Raises
    ------
    NoLocalPythonError
        If the kernel is for another language, runs elsewhere, or its interpreter is missing.
    """
    if spec.language.lower() != "python":
        raise NoLocalPythonError(f"its language is {spec.language or 'not set'}, not Python")
    provisioner = (spec.metadata.get("kernel_provisioner") or {}).get("provisioner_name")
    if provisioner not in (None, "local-provisioner"):
        raise NoLocalPythonError(f"the provisioner {provisioner} starts it elsewhere")
    if not spec.argv:
        raise NoLocalPythonError("it has no command")
    command, *arguments = spec.argv
    if not _PYTHON.fullmatch(Path(command).name):
        raise NoLocalPythonError(f"its command {command!r} is not a Python interpreter")
    _is_itself(arguments)
    return _found(command, spec.env)


def _is_itself(arguments: Sequence[str]) -> None:
    module = ""
    for option, value in itertools.pairwise(arguments):
        if option == "-m":
            module = value
            break
    if module not in _OWN and module.partition(".")[0] not in _OWN:
        started = module or next((text for text in arguments if not text.startswith("-")), "")
        raise NoLocalPythonError(
            f"its Python runs {started!r}, which may start the kernel elsewhere"
        )


def _found(command: str, environment: Mapping[str, str]) -> str:
    # Like jupyter_client: a bare "python" means the server's own interpreter.
    if command in {
        "python",
        f"python{sys.version_info[0]}",
        f"python{sys.version_info[0]}.{sys.version_info[1]}",
    }:
        return sys.executable
    path = shutil.which(command, path=environment.get("PATH", os.environ.get("PATH")))
    if path is None:
        raise NoLocalPythonError(f"{command} does not exist or is not executable")
    return path
