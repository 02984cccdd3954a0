"""Sets a worker up before it takes work, those that come late too: files in place and kept up to date, then a function.

A preload of Dask (``dask_setup``), sent as text, see the package. Told by the variable HRLAB_DELIVERED, in JSON. What came
of it, and the versions, go to the scheduler with the worker's heartbeats, where the Jupyter server reads them.
"""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import Any

#: Between looks at files that may have been renewed; Kubernetes itself brings a change within a minute.
LOOK_SECONDS = float(os.environ.get("HRLAB_DELIVERED_LOOK_SECONDS", "10"))


def put(content: bytes, path: Path) -> None:
    """Put a file in place at once, for its owner only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent)  # made with mode 0600
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    os.replace(name, path)  # noqa: PTH105


class Files:
    """Copies of files of the cluster's Secret; not the mounted ones, which are root's and for all in the container."""

    def __init__(self, folder: str, files: dict[str, str], here: str) -> None:
        self.sources = {Path(folder, key): target for key, target in files.items()}
        self.here = here
        self.placed: dict[Path, bytes] = {}

    def place(self) -> None:
        """Those that are new, or were renewed."""
        for source, target in self.sources.items():
            content = source.read_bytes()
            if self.placed.get(source) != content:
                path = os.path.expandvars(os.path.expanduser(target))  # noqa: PTH111
                put(content, Path(self.here, path))
                self.placed[source] = content

    def poll(self) -> None:
        """Again; what can't be read now stays as it was."""
        try:
            self.place()
        except OSError as error:
            print("hrlab:", error, file=sys.stderr)  # noqa: T201 - it has no other place


def versions(packages: list[str]) -> dict[str, str]:
    """Of Python and of those packages that are there, by the names by which they are imported."""
    found = {"python": platform.python_version()}
    for name in packages:
        try:
            found[name] = str(importlib.import_module(name).__version__)
        except (ImportError, AttributeError):  # noqa: PERF203
            continue
    return found


class Trouble:
    """Notes what a set-up raises, whatever that is, and lets it go on to Dask, which only logs it."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            said = f"{type(error).__name__}: {error}"
            self.told["trouble"] = f"Worker setup failed: {said}"


async def dask_setup(worker: Any) -> None:
    """Called by Dask in every worker before it is known to the scheduler."""
    from tornado.ioloop import PeriodicCallback

    about = json.loads(os.environ["HRLAB_DELIVERED"])
    told = {"versions": versions(about["packages"]), "trouble": ""}
    worker.metrics["hrlab"] = lambda _: told
    with Trouble(told):
        files = Files(about["folder"], about["files"], worker.local_directory)
        files.place()
        if about["files"]:
            worker.periodic_callbacks["hrlab"] = PeriodicCallback(files.poll, 1000 * LOOK_SECONDS)
        if about["setup"]:
            module, _, name = about["setup"].partition(":")
            getattr(importlib.import_module(module), name)()
