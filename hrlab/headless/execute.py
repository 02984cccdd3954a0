"""Execute a notebook headless: its cells in order, in a kernel of its own, timed as one run."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hrlab.headless.parameters import INJECTED, injected, tags
from hrlab.model.errors import BackendError, NotFoundError, UsageError
from hrlab.model.run import CampaignPoint
from hrlab.timing.environment import ROOT_VARIABLE

if TYPE_CHECKING:
    from hrlab.headless.client import HeadlessClient
from hrlab.history.service import RunService
from hrlab.model.errors import ConflictError


def save_copy(runs: RunService, outcome: Outcome) -> None:
    """Keep the copy in the notebook if there is none in the store: the kernel may be on another machine, or its disk full.

    A run whose kernel was killed is marked as interrupted.
    """
    runs.resolve_interrupted()
    if outcome.record is not None and not runs.has(outcome.run_id):
        try:
            runs.save(outcome.run_id, outcome.record)
        except ConflictError:
            return  # the user has deleted it meanwhile


#: How long an interrupted kernel may take to say so before it is ended.
INTERRUPT_SECONDS = 15.0

_HEADING = re.compile(r"^#{1,6}\s+(\S.*?)\s*#*$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """What to execute.

    Attributes
    ----------
    notebook, output
        The file, and where it is kept with its outputs; it grows with each cell.
    parameters
        Put behind the cell tagged ``parameters``.
    name
        Of the run; None: the notebook's first heading, else its file.
    environment
        Variables of the kernel beside this process's own.
    kernel
        Name of a kernelspec; None: the notebook's.
    timeout_seconds
        The kernel is interrupted so long after it has started; None: never.
    cells
        Ids of the cells that are timed; the others up to the last of them are executed as well. None: all cells are.
    """

    notebook: Path
    output: Path
    parameters: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    workload: Mapping[str, float] = field(default_factory=dict)
    campaign: CampaignPoint | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    kernel: str | None = None
    timeout_seconds: float | None = None
    cells: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """Progress: `cell` of `cells`, from 1, and the last progress message of the run."""

    cell: int
    cells: int
    told: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Outcome of an execution; `record` is the copy in the notebook, if any."""

    run_id: str
    status: Literal["ok", "failed", "interrupted"]
    error: str = ""
    record: Mapping[str, Any] | None = None


class Stop:
    """Request to stop: gracefully on the first call, immediately on the second."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.urged = asyncio.Event()

    def request(self) -> None:
        """Request to stop; call from the event loop's thread."""
        (self.urged if self.asked.is_set() else self.asked).set()


class _Ends(Exception):  # noqa: N818 - no error: somebody asked
    """Between two cells."""


async def execute(execution: Execution, stop: Stop, tell: Callable[[Step], None]) -> Outcome:
    """Execute a notebook.

    Parameters
    ----------
    stop
        Ends it early: the kernel is interrupted, and ended if that does not help.
    tell
        Called at each cell, and once a second while one runs.

    Raises
    ------
    HrlabError
        If the notebook can't be read, its parameters are not there, or the kernel can't be started.
    """
    from hrlab.headless.client import HeadlessClient

    notebook = injected(
        read_notebook(execution.notebook), execution.parameters, execution.notebook.name
    )
    timed = timed_cells(notebook, execution.cells)
    run_id = uuid.uuid4().hex
    asked = _requests(notebook, timed, execution, run_id)
    last = [Step(0, len(timed))]

    def goes_on(told: Mapping[str, Any]) -> None:
        tell(Step(last[-1].cell, len(timed), told))

    client = HeadlessClient(
        notebook,
        asked,
        goes_on,
        timeout=None,
        kernel_name=execution.kernel or "",
        record_timing=False,
    )
    before = last_index(notebook, timed, execution.cells)

    async def cells() -> None:
        await _start(client, execution)
        for index in range(before + 1):
            if stop.asked.is_set():
                raise _Ends
            if index in asked:
                last.append(Step(last[-1].cell + 1, len(timed)))
                tell(last[-1])
            await client.execute_at(index)
            if notebook.cells[index].cell_type == "code":
                write_notebook(notebook, execution.output)

    try:
        status, error = await _watched(client, cells(), stop, execution.timeout_seconds)
    finally:
        await client.end(now=stop.urged.is_set())
        write_notebook(notebook, execution.output)
    return Outcome(run_id, status, error, _record_in(notebook, run_id))


async def _start(client: HeadlessClient, execution: Execution) -> None:
    from jupyter_client.kernelspec import NoSuchKernel

    environment = {**os.environ, **execution.environment}
    try:
        await client.start(str(execution.notebook.resolve().parent), environment)
    except NoSuchKernel as error:
        raise BackendError(
            f"Kernel {error.name!r} does not exist. Choose another with --kernel; "
            "`jupyter kernelspec list` lists them."
        ) from error
    except (RuntimeError, OSError) as error:
        raise BackendError(f"Cannot start the kernel: {error}.") from error


async def _watched(
    client: HeadlessClient, work: Any, stop: Stop, timeout_seconds: float | None
) -> tuple[Literal["ok", "failed", "interrupted"], str]:
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    task = asyncio.ensure_future(work)
    wish = asyncio.ensure_future(stop.asked.wait())
    began = asyncio.ensure_future(client.began.wait())
    first = asyncio.FIRST_COMPLETED
    try:
        await asyncio.wait({task, wish, began}, return_when=first)
        await asyncio.wait({task, wish}, timeout=timeout_seconds, return_when=first)
        cut = not task.done()
        if cut:
            await _cut(client, task, stop)
        await task
    except (_Ends, asyncio.CancelledError):
        return "interrupted", "interrupted"
    except CellExecutionError as error:
        status: Literal["failed", "interrupted"] = "interrupted" if cut else "failed"
        why = f"after {timeout_seconds:g} s" if cut and not stop.asked.is_set() else ""
        return status, f"interrupted {why}".strip() if cut else f"{error.ename}: {error.evalue}"
    except DeadKernelError:
        if cut:
            return "interrupted", "interrupted"
        return "failed", f"The kernel died. {client.final_output()}".strip()
    finally:
        rest = {task, wish, began}
        for one in rest:
            one.cancel()
        await asyncio.wait(rest)
    return "ok", ""


async def _cut(client: HeadlessClient, task: asyncio.Future[Any], stop: Stop) -> None:
    """Interrupt the kernel, so that it stops the current cell."""
    if not client.began.is_set():
        task.cancel()
        return
    await client.interrupt()
    urged = asyncio.ensure_future(stop.urged.wait())
    await asyncio.wait(
        {task, urged}, timeout=INTERRUPT_SECONDS, return_when=asyncio.FIRST_COMPLETED
    )
    urged.cancel()
    if not task.done():
        await client.kill()


def read_notebook(path: Path) -> Any:
    """Read a notebook file as version 4.

    Raises
    ------
    NotFoundError
        If there is no such file.
    UsageError
        If it is no notebook.
    """
    import nbformat

    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NotFoundError(f"Notebook {str(path)!r} does not exist.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{str(path)!r} can't be read: {error}.") from error
    try:
        found = nbformat.reads(text, as_version=4)
    except (ValueError, AttributeError, KeyError, TypeError, nbformat.ValidationError) as error:
        raise UsageError(f"{path.name} is no notebook: {error}.") from error
    return found


def write_notebook(notebook: Any, path: Path) -> None:
    """Write a notebook atomically, so that readers never see a partial one, even after a kill.

    Raises
    ------
    UsageError
        If the file cannot be written.
    """
    import nbformat

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            nbformat.write(notebook, file)
        Path(file.name).chmod(0o644 & ~_umask())
        Path(file.name).replace(path)
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be written: {error.strerror}.") from error


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def timed_cells(notebook: Any, ids: Sequence[str] | None) -> list[int]:
    """Return indices of the cells to time: those with code, except the injected parameters.

    Raises
    ------
    UsageError
        If there is none, or not one of `ids`.
    """
    code = [
        i
        for i, cell in enumerate(notebook.cells)
        if cell.cell_type == "code" and cell.source.strip() and INJECTED not in tags(cell)
    ]
    if not code:
        raise UsageError("The notebook has no code to run.")
    if ids is None:
        return code
    timed = [i for i in code if notebook.cells[i].get("id") in ids]
    if len(timed) < len(set(ids)):
        raise UsageError("The notebook has changed: it no longer contains all cells of the run.")
    return timed


def last_index(notebook: Any, timed: Sequence[int], ids: Sequence[str] | None) -> int:
    """Return the index of the last executed cell."""
    return len(notebook.cells) - 1 if ids is None else timed[-1]


def _requests(
    notebook: Any, timed: Sequence[int], execution: Execution, run_id: str
) -> dict[int, dict[str, Any]]:
    """Return the metadata for each timed cell's request; see :mod:`hrlab.magic.cell_metadata`."""
    point = execution.campaign
    every = {
        "run_id": run_id,
        "name": execution.name or heading(notebook, timed[0]) or execution.notebook.stem,
        "count": len(timed),
        "notebook": known_path(execution.notebook),
        "whole": execution.cells is None,
        "labels": dict(execution.labels),
        "workload": dict(execution.workload),
        "campaign": None if point is None else {"id": point.id, "point": point.point},
    }
    return {index: {**every, "index": place} for place, index in enumerate(timed)}


def heading(notebook: Any, index: int) -> str | None:
    """Return the nearest heading above a cell, which the panel also uses to name runs."""
    for cell in reversed(notebook.cells[: index + 1]):
        found = _HEADING.findall(cell.source) if cell.cell_type == "markdown" else []
        if found:
            return re.sub(r"[*`]", "", found[-1]).strip()
    return None


def known_path(path: Path) -> str:
    """Return the notebook's path relative to the Jupyter server's root if known, else as given."""
    root = os.environ.get(ROOT_VARIABLE)
    whole = path.resolve()
    if root and whole.is_relative_to(root):
        return whole.relative_to(root).as_posix()
    return path.as_posix()


def _record_in(notebook: Any, run_id: str) -> Mapping[str, Any] | None:
    from hrlab.render.mime import RUN_MIME

    for cell in reversed(notebook.cells):
        for output in cell.get("outputs", []):
            record = output.get("data", {}).get(RUN_MIME)
            if isinstance(record, Mapping) and record.get("id") == run_id:
                return dict(record)
    return None
