"""Displays runs in the notebook: live progress over a comm while active, and the result as an output at the end.

Protocol of the comm, target ``hrlab.progress.v1``, opened by the kernel, one for each run that is not quiet:

* id: the target, a colon, and the run's id. A page that missed the opening, for example after a reload, recognizes the
  messages by this id; it cannot ask, because a kernel does not answer while it runs a cell.
* open: ``{run_id, name, cell_id, code, started_at, usual_seconds, index, count, notebook}``; `usual_seconds` is the
  wall
  time of the last successful run of the same code or None, `index` and `count` are from the front end's request or
  None;
* message, at most once a second, and only while a cell of the run is executing: the current values of all of the above,
  and
  ``{elapsed_seconds, phase, phases: {pre_seconds, dask_seconds, between_seconds, post_seconds}, tasks: {done, all},
  workers, threads}``;
* close: ``{run_id, status, wall_seconds, cell_id}``, after the result has been displayed.

`cell_id` is the current or last executed cell: it changes within a run over several cells. If the execute request does
not
identify the cell (server-side execution), `code` is the beginning of its source, else None.
"""

from __future__ import annotations

import os
import threading
from dataclasses import asdict
from typing import Any

from IPython.display import display

from hrlab.magic.cell_metadata import asked_of
from hrlab.model.run import Run
from hrlab.timing.progress import Progress
from hrlab.timing.recorder import ActiveRun

COMM_TARGET = "hrlab.progress.v1"
#: Length of the source prefix that distinguishes a cell from others.
CODE_LENGTH = 1000


def show_run(run: Run) -> None:
    """Display a run as the output of a cell."""
    from hrlab.model.advice_rules import OFF_VARIABLE, codes_in
    from hrlab.render.mime import bundle, bundle_metadata

    show: Any = display
    off = codes_in(os.environ.get(OFF_VARIABLE, ""))
    show(bundle(run, off), raw=True, metadata=bundle_metadata(run, off))


class NotebookAudience:
    """Reports runs to the front end.

    Parameters
    ----------
    shell
        IPython's shell; comms are available only if it belongs to a kernel.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._comm: Any = None
        self._opened: dict[str, Any] = {}
        self._lock = threading.Lock()  # progress is sent from hrlab's own thread

    def began(
        self, active: ActiveRun, name: str, cell_id: str | None, usual_seconds: float | None
    ) -> None:
        """Open the comm, from the thread that runs the cell."""
        if getattr(self._shell, "kernel", None) is None or active.request.quiet:
            return
        from comm import create_comm

        asked = asked_of(self._shell.get_parent())
        self._opened = {
            "run_id": active.id,
            "name": name,
            **_place(active, cell_id or self._cell_of_request()),
            "started_at": active.started_at,
            "usual_seconds": usual_seconds,
            "index": asked and asked.index,
            "count": asked and asked.count,
            "notebook": active.notebook,
        }
        self._comm = create_comm(
            target_name=COMM_TARGET, comm_id=f"{COMM_TARGET}:{active.id}", data=self._opened
        )

    def goes_on(self, active: ActiveRun, progress: Progress) -> None:
        """Send the current progress to the front end."""
        message = {
            **self._opened,
            **_place(active, active.time.spans[-1].cell_id or self._opened.get("cell_id")),
            "elapsed_seconds": progress.elapsed_seconds,
            "phase": progress.phase,
            "phases": asdict(progress.phases),
            "tasks": {"done": progress.tasks_done, "all": progress.tasks_all},
            "workers": progress.workers,
            "threads": progress.threads,
        }
        with self._lock:
            if self._comm is not None:
                self._comm.send(message)

    def ended(self, run: Run, cell_id: str | None, *, quiet: bool) -> None:
        """Display the result under the cell, then close the comm."""
        try:
            if not quiet:
                show_run(run)
        finally:
            self._close(run, cell_id)

    def _close(self, run: Run, cell_id: str | None) -> None:
        with self._lock:
            comm, self._comm = self._comm, None
        if comm is not None:
            comm.close(
                data={
                    "run_id": run.id,
                    "status": run.status,
                    "wall_seconds": run.wall_seconds,
                    "cell_id": cell_id,
                }
            )

    def _cell_of_request(self) -> str | None:
        metadata = (self._shell.get_parent() or {}).get("metadata") or {}
        found = metadata.get("cellId")
        return found if isinstance(found, str) else None


def _place(active: ActiveRun, cell_id: str | None) -> dict[str, str | None]:
    """Return the location of the run in the notebook."""
    known = cell_id is not None or active.kind == "block" or not active.sources
    return {"cell_id": cell_id, "code": None if known else active.sources[-1][:CODE_LENGTH]}
