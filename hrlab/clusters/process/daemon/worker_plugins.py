"""Functions and plugins that the cluster host sends to scheduler and workers by value: hrlab is not installed there.

Imported by path and kept out of `sys.modules`, so that pickle sends functions by value instead of by reference. Each
function therefore imports what it needs.
"""

from __future__ import annotations

from typing import Any


def poll(dask_scheduler: Any = None) -> dict[str, Any]:
    """On the scheduler: return unfinished tasks and worker counts; the cost does not grow with the tasks."""
    unfinished = ("waiting", "no-worker", "queued", "processing")
    workers = list(dask_scheduler.workers.values())
    groups = list(dask_scheduler.task_groups.values())
    return {
        "tasks": sum(group.states.get(state, 0) for group in groups for state in unfinished),
        # Tasks too short to be seen unfinished still count as work.
        "transitions": getattr(dask_scheduler, "transition_counter", 0),
        "workers": len(workers),
        "cores": sum(worker.nthreads for worker in workers),
        "memory_bytes": sum(worker.memory_limit or 0 for worker in workers),
        "one": workers[0].address if workers else None,
    }


def identify(cluster: dict[str, str], dask_scheduler: Any = None) -> None:
    """On the scheduler: store the cluster's identity, for the records of runs however their clients connect."""
    dask_scheduler.hrlab_cluster = cluster


def introduce(packages: list[str], dask_worker: Any = None) -> dict[str, Any]:
    """On a worker: return versions of Python and installed `packages`, and any set-up error."""
    import platform
    from importlib import metadata

    def version(name: str) -> str | None:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            return None

    found = {"python": platform.python_version(), **{name: version(name) for name in packages}}
    ours = [plugin for name, plugin in dask_worker.plugins.items() if name.startswith("hrlab-")]
    return {
        "versions": {name: text for name, text in found.items() if text},
        # distributed only logs it.
        "trouble": next((plugin.trouble for plugin in ours if plugin.trouble), ""),
    }


def kept() -> Any:
    """Return a base class of worker plugins that keeps its set-up error: distributed only logs it."""
    from distributed import WorkerPlugin

    class Ours(WorkerPlugin):  # type: ignore[misc]
        trouble = ""

        def setup(self, worker: Any) -> None:
            with self:
                self.apply(worker)

        def __enter__(self) -> None:
            self.trouble = ""

        def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
            if error is not None:
                self.trouble = f"Worker setup failed: {type(error).__name__}: {error}"

    return Ours


def plugins(deliver: dict[str, Any], files: dict[str, bytes]) -> tuple[Any, Any]:
    """Return the worker plugins: one for variables and `files`, re-registered on changes, one for one-time set-up."""
    Ours = kept()  # noqa: N806 - a class

    class Files(Ours):  # type: ignore[misc, valid-type]
        name = "hrlab-files"

        def __init__(self) -> None:
            self.environment = dict(deliver.get("environment") or {})
            self.files = files

        def apply(self, worker: Any) -> None:
            import os
            import tempfile

            os.environ.update(self.environment)
            for target, content in self.files.items():
                place = os.path.expandvars(os.path.expanduser(target))  # noqa: PTH111
                path = os.path.join(worker.local_directory, place)  # noqa: PTH118
                os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120
                handle, name = tempfile.mkstemp(dir=os.path.dirname(path))  # noqa: PTH120 - 0600
                with os.fdopen(handle, "wb") as file:
                    file.write(content)
                os.replace(name, path)  # noqa: PTH105

    class Setup(Ours):  # type: ignore[misc, valid-type]
        name = "hrlab-setup"

        def __init__(self) -> None:
            self.function = deliver.get("setup")

        def apply(self, worker: Any) -> None:  # noqa: ARG002 - what every one of them takes
            import importlib

            if self.function:
                module, _, name = self.function.partition(":")
                getattr(importlib.import_module(module), name)()

    return Files(), Setup()
