"""An ``nbclient`` whose execute requests carry hrlab's key, so that the kernel times the cells as one run.

The way in is that of "Run with timing" in the browser: the extension is loaded by a silent request, and each cell that
is timed says in its request's metadata which run it belongs to, see :mod:`hrlab.magic.cell_metadata`.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable, Mapping
from typing import Any

from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError

from hrlab.model.errors import BackendError

#: Of the comm by which a kernel tells how a run goes on, see :mod:`hrlab.magic.display`.
PROGRESS = "hrlab.progress.v1"
LOAD = "__import__('hrlab').load_ipython_extension(get_ipython()) or 'loaded'"
LOAD_SECONDS = 60.0
#: How long a kernel may take to end by itself, with what it has started.
END_SECONDS = 10.0
LAST_WORDS = 500


class HeadlessClient(NotebookClient):
    """Executes a notebook in a kernel of its own.

    Parameters
    ----------
    notebook
        An ``nbformat`` notebook; outputs go into it.
    metadata
        What the request of a cell says, by the cell's index: the value of the key ``hrlab``; others say nothing.
    goes_on
        Called with what the kernel tells of the run, at most once a second.
    """

    def __init__(
        self,
        notebook: Any,
        metadata: Mapping[int, Mapping[str, Any]],
        goes_on: Callable[[Mapping[str, Any]], None],
        **options: Any,
    ) -> None:
        super().__init__(notebook, **options)
        self._asked = metadata
        self._goes_on = goes_on
        #: Set when the kernel takes cells, so that an interrupt reaches one.
        self.began = asyncio.Event()
        self._ear: asyncio.Task[None] | None = None
        # What the kernel's process itself says, of interest only if it dies: ROOT's stack traces, say.
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`

    async def start(self, cwd: str, environment: Mapping[str, str]) -> None:
        """Start the kernel, and load hrlab into it.

        Raises
        ------
        BackendError
            If the kernel is not of Python, or has no hrlab.
        """
        self.reset_execution_trackers()
        self.km = self.create_kernel_manager()
        self.km.shutdown_wait_time = END_SECONDS
        await self.async_start_new_kernel(cwd=cwd, env=dict(environment), stderr=self._said)
        await self.async_start_new_kernel_client()
        info = await self.async_wait_for_reply(await _now(self._client.kernel_info()))
        language = (info or {}).get("content", {}).get("language_info", {})
        if language.get("name") != "python":
            raise BackendError(
                f"hrlab times Python kernels only; {self.kernel_name or 'this one'} runs {language.get('name')}."
            )
        self.nb.metadata["language_info"] = language
        await self._load()
        self._ear = asyncio.create_task(self._listen())
        self.began.set()

    async def execute_at(self, index: int) -> None:
        """Execute the cell at `index`.

        Raises
        ------
        nbclient.exceptions.CellExecutionError
            If it fails.
        nbclient.exceptions.DeadKernelError
            If the kernel ends.
        """
        cell = self.nb.cells[index]
        asked = self._asked.get(index)
        key: dict[str, Any] = {} if asked is None else {"hrlab": dict(asked)}
        # The session's metadata is what each of its messages carries.
        self._client.session.metadata = {"cellId": cell.get("id"), **key}
        try:
            await self.async_execute_cell(cell, index, execution_count=self.code_cells_executed + 1)
        finally:
            if self.kc is not None:
                self.kc.session.metadata = {}

    def final_output(self) -> str:
        """Return the last part of the kernel's standard error."""
        self._said.seek(max(0, self._said.seek(0, os.SEEK_END) - LAST_WORDS))
        return self._said.read().decode(errors="replace").strip()

    async def interrupt(self) -> None:
        """Interrupt the kernel."""
        if self.km is not None:
            await _now(self.km.interrupt_kernel())

    async def kill(self) -> None:
        """Kill the kernel."""
        if self.km is not None:
            await _now(self.km.shutdown_kernel(now=True))

    async def end(self, *, now: bool = False) -> None:
        """Shut down the kernel and its child processes."""
        self._said.close()
        if self._ear is not None:
            self._ear.cancel()
            await asyncio.wait({self._ear})
        km, kc = self.km, self.kc
        if km is None:
            return
        try:
            if km.has_kernel:
                await _now(km.shutdown_kernel(now=now))
        finally:
            await _now(km.cleanup_resources())
            if kc is not None:
                kc.stop_channels()

    def handle_comm_msg(self, outs: Any, msg: Any, cell_index: int) -> None:
        """Handle comm messages as usual, except for run progress, which is not output; see `_listen`."""
        if not str(msg["content"].get("comm_id", "")).startswith(PROGRESS):
            super().handle_comm_msg(outs, msg, cell_index)

    async def _listen(self) -> None:
        """Receive run progress. These messages have no parent cell, so nbclient ignores them."""
        assert self.km is not None
        ear = self.km.client()
        ear.start_channels(shell=False, iopub=True, stdin=False, hb=False, control=False)
        try:
            while True:
                msg = await _now(ear.get_iopub_msg(timeout=None))
                content = msg["content"]
                ours = str(content.get("comm_id", "")).startswith(PROGRESS)
                if ours and msg["msg_type"] == "comm_msg" and isinstance(content["data"], Mapping):
                    self._goes_on(content["data"])
        finally:
            ear.stop_channels()

    @property
    def _client(self) -> Any:
        if self.kc is None:
            raise DeadKernelError("Kernel died")
        return self.kc

    async def _load(self) -> None:
        reply = await _now(
            self._client.execute(
                "",
                silent=True,
                store_history=False,
                allow_stdin=False,
                user_expressions={"hrlab": LOAD},
                reply=True,
                timeout=LOAD_SECONDS,
            )
        )
        loaded = reply["content"].get("user_expressions", {}).get("hrlab", {})
        if loaded.get("status") != "ok":
            said = loaded.get("evalue") or reply["content"].get("evalue") or "no reason given"
            raise BackendError(
                f"Cannot load hrlab in the kernel {self.kernel_name or ''} ({said}). Install it with the kernel's Python: "
                "pip install --no-deps hrlab (or pip install hrlab if distributed is missing)."
            )


async def _now(value: Any) -> Any:
    """What jupyter_client answers at once or in a while, by its version."""
    return await value if asyncio.iscoroutine(value) or asyncio.isfuture(value) else value
