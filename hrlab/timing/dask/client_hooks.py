"""The doors through which a kernel's work leaves for Dask and results come back: what hrlab wraps in distributed's client.

All libraries (`dask.compute`, `submit`, arrays, joblib, coffea, ROOT) pass `Client._graph_to_futures` on the way out,
`Future._result` and `Client._gather` on the way back. They are private, the same from 2023.11 on; `missing()` and a
contract test tell when upstream changes one. They are wrapped once, when distributed is imported, and do nothing while
no run is on.

The wrappers of coroutines hand back a task instead of awaiting, so that no frame of hrlab is in a user's traceback.
"""

from __future__ import annotations

import asyncio
import functools
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from hrlab.timing.safety import attempt, never_raises

TAG = "hrlab_run"


_WRAPPED = "__hrlab_wrapped__"


class Departing(Protocol):
    """A graph that leaves."""

    tag: str

    def left(self, client: Any, futures: Any) -> None:
        """The call that handed the graph over ended; `futures` is what it returned, or None if it raised."""


class Watcher(Protocol):
    """Who is told what passes the doors. Called on the thread that passes; must be quick."""

    def graph_leaves(self, client: Any) -> Departing:
        """A graph is about to leave `client`."""

    def fetch_begins(self, client: Any) -> Callable[[], None]:
        """Results are asked for; call what is returned when they are there."""

    def call_begins(self) -> Callable[[], None]:
        """An actor's method was called; call what is returned when its answer is there."""

    def client_started(self, client: Any) -> None:
        """A client has connected."""


class ClientHooks:
    """Which run is told; there is one such object in a process."""

    watcher: Watcher | None = None

    def install(self) -> None:
        """Wrap distributed's client now if it is imported, else as soon as it is."""
        for name, wrap in (
            ("distributed.client", self._wrap_client),
            ("distributed.actor", self._wrap_actors),
        ):
            module = sys.modules.get(name)
            if module is not None:
                never_raises(wrap)(module)
            elif not any(
                isinstance(finder, ImportHook) and finder.name == name for finder in sys.meta_path
            ):
                sys.meta_path.insert(0, ImportHook(name, wrap))

    def missing(self) -> list[str]:
        """Names of the doors that the installed distributed does not have."""
        module = sys.modules["distributed.client"]
        return [
            f"{name}.{method}"
            for name, method, _ in self._doors_of_client()
            if not hasattr(getattr(module, name), method)
        ]

    def _doors_of_client(self) -> list[tuple[str, str, Callable[[Any], Any]]]:
        return [
            ("Client", "_graph_to_futures", self._outgoing),
            ("Client", "_gather", lambda original: self._incoming(original, lambda self: self)),
            ("Future", "_result", lambda original: self._incoming(original, _client_of)),
            ("Client", "_start", self._starting),
        ]

    def clients(self) -> list[Any]:
        """Clients of this process that are connected."""
        module = sys.modules.get("distributed.client")
        found = getattr(getattr(module, "Client", None), "_instances", ())
        return [client for client in tuple(found) if getattr(client, "status", None) == "running"]

    def _wrap_client(self, module: types.ModuleType) -> None:
        for name, method, wrapper in self._doors_of_client():
            owner = getattr(module, name)
            original = getattr(owner, method, None)
            if original is not None and not hasattr(original, _WRAPPED):
                setattr(owner, method, _marked(wrapper(original)))

    def _wrap_actors(self, module: types.ModuleType) -> None:
        future_class: Any = getattr(module, "ActorFuture", None)
        begin, end = (
            getattr(future_class, "__init__", None),
            getattr(future_class, "_set_result", None),
        )
        if begin is None or end is None or hasattr(begin, _WRAPPED):
            return
        running: dict[int, Callable[[], None]] = {}

        @functools.wraps(begin)
        def init(future: Any, *args: Any, **kwargs: Any) -> None:
            begin(future, *args, **kwargs)
            watcher = self.watcher
            ended = None if watcher is None else attempt(watcher.call_begins)
            if ended is not None:
                running[id(future)] = ended

        @functools.wraps(end)
        def set_result(future: Any, *args: Any, **kwargs: Any) -> Any:
            if (ended := running.pop(id(future), None)) is not None:
                attempt(ended)
            return end(future, *args, **kwargs)

        future_class.__init__ = _marked(init)
        future_class._set_result = _marked(set_result)  # noqa: SLF001 - a door, like Client's

    def _outgoing(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def _graph_to_futures(client: Any, *args: Any, **kwargs: Any) -> Any:
            # The frame is ours; IPython leaves it out of the user's traceback.
            __tracebackhide__ = True
            watcher = self.watcher
            departure = None if watcher is None else attempt(watcher.graph_leaves, client)
            if departure is None:
                return original(client, *args, **kwargs)
            import dask

            futures = None
            try:
                with dask.annotate(**{TAG: departure.tag}):
                    futures = original(client, *args, **kwargs)
                return futures
            finally:
                attempt(departure.left, client, futures)

        return _graph_to_futures

    def _incoming(
        self, original: Callable[..., Any], client_of: Callable[[Any], Any]
    ) -> Callable[..., Any]:
        @functools.wraps(original)
        def fetch(asked: Any, *args: Any, **kwargs: Any) -> Any:
            coroutine = original(asked, *args, **kwargs)
            watcher = self.watcher
            if watcher is None:
                return coroutine
            ended = attempt(lambda: watcher.fetch_begins(client_of(asked)))
            return coroutine if ended is None else _then(coroutine, ended)

        return fetch

    def _starting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def _start(client: Any, *args: Any, **kwargs: Any) -> Any:
            watcher = self.watcher
            coroutine = original(client, *args, **kwargs)
            if watcher is None:
                return coroutine
            return _then(coroutine, lambda: attempt(watcher.client_started, client))

        return _start


def _client_of(future: Any) -> Any:
    return future.client


def _then(coroutine: Any, callback: Callable[[], object | None]) -> Any:
    try:
        task = asyncio.get_running_loop().create_task(coroutine)
    except RuntimeError:  # not called from a loop: nothing to follow it on
        return coroutine
    task.add_done_callback(lambda _: callback())
    return task


def _marked(function: Any) -> Any:
    setattr(function, _WRAPPED, True)
    return function


class ImportHook(importlib.abc.MetaPathFinder):
    """Calls back once a module has been imported by whoever needed it, so that hrlab imports nothing before its time."""

    def __init__(self, name: str, callback: Callable[[types.ModuleType], None]) -> None:
        self.name = name
        self._callback = never_raises(callback)

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 - the protocol's
        target: types.ModuleType | None = None,  # noqa: ARG002
    ) -> importlib.machinery.ModuleSpec | None:
        """The ordinary spec, with a loader that calls back after the module has run."""
        if fullname != self.name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def exec_module(module: types.ModuleType) -> None:
            run(module)
            self._callback(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


#: The one set of doors of this process: distributed's classes are the process's, too.
doors = ClientHooks()


def _forget_run() -> None:
    """In a forked child: the run, its thread and its connections are the parent's."""
    doors.watcher = None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_run)
