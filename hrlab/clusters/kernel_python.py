"""Which Python a kernelspec runs: workers of a ``process`` cluster are started with it."""

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


#: Modules by which a Python becomes a kernel of itself; others may start one elsewhere.
_OWN = frozenset(["ipykernel_launcher", "ipykernel", "xpython_launcher", "metakernel_python"])
_PYTHON = re.compile(r"python(\d+(\.\d+)?)?(\.exe)?", re.IGNORECASE)


class KernelSpec(Protocol):
    """What is asked of a ``jupyter_client.kernelspec.KernelSpec``."""

    argv: list[str]
    env: Mapping[str, str]
    language: str
    metadata: Mapping[str, Any]


class NoLocalPythonError(Exception):
    """The kernelspec is not a Python of this machine; the text says why."""


def python_of(spec: KernelSpec) -> str:
    """Path of the interpreter that the kernel runs.

    Raises
    ------
    NoLocalPythonError
        If the kernel is of another language, runs elsewhere, or is not there.
    """
    if spec.language.lower() != "python":
        raise NoLocalPythonError(f"it is a kernel of {spec.language or 'no language'}")
    provisioner = (spec.metadata.get("kernel_provisioner") or {}).get("provisioner_name")
    if provisioner not in (None, "local-provisioner"):
        raise NoLocalPythonError(f"it is started elsewhere, by {provisioner}")
    if not spec.argv:
        raise NoLocalPythonError("it has no command")
    command, *arguments = spec.argv
    if not _PYTHON.fullmatch(Path(command).name):
        raise NoLocalPythonError(f"its command is {command!r}, not a Python of this machine")
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
    # As jupyter_client does: a bare "python" is the one that runs the server.
    if command in {
        "python",
        f"python{sys.version_info[0]}",
        f"python{sys.version_info[0]}.{sys.version_info[1]}",
    }:
        return sys.executable
    path = shutil.which(command, path=environment.get("PATH", os.environ.get("PATH")))
    if path is None:
        raise NoLocalPythonError(f"{command} is not there, or can't be run")
    return path
