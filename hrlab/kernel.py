"""Composition root of the kernel side.

Nothing imported from here may load jupyter_server, kr8s or scipy, or import distributed on its own.
"""

from __future__ import annotations

import atexit
import functools
import inspect
import linecache
import os
import sys
from contextlib import AbstractContextManager
from types import FrameType
from typing import Any

from hrlab.model.errors import UsageError
from hrlab.model.run import DeclaredPhase
from hrlab.model.source import block_body
from hrlab.timing.contexts import Block, MarkedStretch
from hrlab.timing.journal import Journal, Store
from hrlab.timing.request import Request
from hrlab.timing.session import Timing

#: How long the start or end of a run waits for a store locked by another process.
STORE_SECONDS = 2.0
MAX_SOURCE = 100_000


def open_store() -> Store:
    """Open the store of this user.

    Raises
    ------
    StoreError
        If the store is unavailable.
    """
    from hrlab.store.sqlite import RunStore

    return RunStore.open(timeout_seconds=STORE_SECONDS)


def notify(text: str) -> None:
    """Print one sentence for the user to standard error, where warnings appear."""
    sys.stderr.write(f"hrlab: {text}\n")


@functools.cache
def timing() -> Timing:
    """Return the timing session of this process."""
    made = Timing(Journal(open_store, notify))
    atexit.register(made.abandon)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=made.reset_after_fork)
    return made


def load(shell: Any) -> None:
    """Load the extension: ``%load_ext hrlab``."""
    from hrlab.magic.display import NotebookAudience
    from hrlab.magic.hooks import CellHooks
    from hrlab.magic.magics import HrtimeMagics

    if getattr(shell, "hrlab_hooks", None) is not None:
        return  # already loaded; a run may be active
    hooks = CellHooks(shell, timing())
    hooks.register()
    HrtimeMagics(hooks).register(shell)
    timing().audience = NotebookAudience(shell)
    shell.hrlab_hooks = hooks


def unload(shell: Any) -> None:
    """Unload the extension: ``%unload_ext hrlab``."""
    shell.hrlab_hooks.unregister()
    del shell.hrlab_hooks
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("hrtime", None)
    timing().audience = None


def timed_block(request: Request) -> AbstractContextManager[Block]:
    """Return the context manager of :func:`hrlab.timed`, which must be the direct caller."""
    _attach_notebook_audience()
    frame = inspect.currentframe()
    caller = frame and frame.f_back and frame.f_back.f_back
    return Block(timing(), request, _source_of(caller) if caller else None)


def named_phase(label: str, phase: DeclaredPhase | None) -> AbstractContextManager[None]:
    """Return the context manager of :func:`hrlab.phase`."""
    known: tuple[DeclaredPhase, ...] = ("pre", "dask", "post")
    if phase is not None and phase not in known:
        raise UsageError(f"phase must be one of {', '.join(known)}, not {phase!r}.")
    declared = phase or next((name for name in known if name == label), None)
    return MarkedStretch(timing(), str(label), declared)


def connected(name_or_id: str | None, timeout_seconds: float, *, others: bool = False) -> Any:
    """Return the client of :func:`hrlab.connect`."""
    from hrlab.api.connect import connect, connect_to
    from hrlab.api.jupyter_server import find_parent_server
    from hrlab.model.cluster import CAMPAIGN_ADDRESS

    if os.environ.get(CAMPAIGN_ADDRESS):  # a campaign determines the cluster of its points
        return connect_to(os.environ[CAMPAIGN_ADDRESS], timeout_seconds)
    return connect(find_parent_server(), name_or_id, timeout_seconds, others=others)


def _attach_notebook_audience() -> None:
    """Let blocks display their result in a notebook even if the extension is not loaded."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None and timing().audience is None:
        from hrlab.magic.display import NotebookAudience

        timing().audience = NotebookAudience(shell)


def _source_of(frame: FrameType) -> str | None:
    """Return the source of the block that `frame` is about to enter, from a notebook cell, function or script."""
    lines = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    body = block_body(lines, frame.f_lineno - 1)
    return None if body is None or len(body) > MAX_SOURCE else body
