"""Decides which cells are timed.

A cell is timed if it has `%%hrtime` at its top or a key in the request's metadata, with `%hrtime on`, or in an active run.
IPython calls the hooks around each cell, and again around cells run inside a cell (`run_cell`, other magics).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from hrlab.magic.cell_metadata import CellMetadata, asked_of
from hrlab.magic.magic_line import is_below_another, magic_words, only_commands, take_magic_line
from hrlab.magic.options import parse
from hrlab.magic.traceback_time import TracebackTime
from hrlab.model.errors import UsageError
from hrlab.model.run import SourceKind
from hrlab.timing.outcome import status_of
from hrlab.timing.recorder import ActiveRun, OpenMark
from hrlab.timing.request import Request
from hrlab.timing.safety import never_raises
from hrlab.timing.session import Timing

MISPLACED = "hrlab: this cell was not timed: put `%%hrtime` above the other cell magic.\n"


@dataclass(slots=True)
class _Cell:
    """State of an executing cell with respect to runs.

    Attributes
    ----------
    run
        Run that the cell belongs to; None if it is not timed.
    last
        Whether the run ends with this cell.
    mark
        Run and mark of a cell that is timed inside another run.
    aside
        Whether it runs between the cells of a run without belonging to it.
    misplaced
        Whether its `%%hrtime` is below another cell magic.
    before
        Run that was started last before this cell.
    """

    run: ActiveRun | None = None
    last: bool = False
    mark: tuple[ActiveRun, OpenMark] | None = None
    aside: bool = False
    misplaced: bool = False
    before: ActiveRun | None = None


class CellHooks:
    """IPython's hooks around each cell.

    Parameters
    ----------
    shell
        IPython's shell.
    timing
        Session that starts and ends runs.
    """

    def __init__(self, shell: Any, timing: Timing) -> None:
        self.shell = shell
        self.timing = timing
        self.every_cell = False
        self._own: ActiveRun | None = None  # the run started last by these hooks
        self._span: ActiveRun | None = None  # started by `%hrtime start`
        self._group: tuple[str, ActiveRun] | None = (
            None  # started by the front end, with its run id
        )
        self._used_ids: set[str] = set()
        self._cells: list[_Cell] = []
        self._raised = TracebackTime(shell)

    def register(self) -> None:
        """Register with IPython."""
        self.shell.input_transformers_cleanup.append(take_magic_line)
        self.shell.events.register("pre_run_cell", self.pre_run_cell)
        self.shell.events.register("post_run_cell", self.post_run_cell)

    def unregister(self) -> None:
        """Unregister from IPython, and end a run started here, which would otherwise never end."""
        self.shell.input_transformers_cleanup.remove(take_magic_line)
        self.shell.events.unregister("pre_run_cell", self.pre_run_cell)
        self.shell.events.unregister("post_run_cell", self.post_run_cell)
        self._raised.end()
        self._stop_own()

    # -- called by IPython -----------------------------------------------------------------------------------------

    def pre_run_cell(self, info: Any) -> None:
        """Handle the start of a cell."""
        cell = _Cell()
        self._cells.append(cell)
        never_raises(self._begin)(cell, info)

    def post_run_cell(self, result: Any) -> None:
        """Handle the end of a cell. The start of the cell that loaded the extension was not seen."""
        cell = self._cells.pop() if self._cells else _Cell()
        never_raises(self._end)(cell, result)

    # -- called by the magics --------------------------------------------------------------------------------------

    @property
    def spanning(self) -> bool:
        """Whether a run over several cells, started by `%hrtime start`, is active."""
        return self._span is not None and self._span is self.timing.active

    def start_span(self, request: Request) -> None:
        """Start a run over the following cells."""
        self._own = self._span = self.timing.start(request, "cells")

    def stop_span(self) -> None:
        """End the run started by `%hrtime start`.

        Raises
        ------
        UsageError
            If no run is active, or the active run was not started by `%hrtime start`.
        """
        if self.timing.active is not None and not self.spanning:
            raise UsageError(
                "The active run was not started by `%hrtime start`: it ends with its last cell."
            )
        self.timing.stop("ok")

    # -- a cell begins ---------------------------------------------------------------------------------------------

    def _begin(self, cell: _Cell, info: Any) -> None:
        words = magic_words(self.shell, info.raw_cell)
        cell.misplaced, cell.before = is_below_another(info.raw_cell), self._own
        if len(self._cells) > 1:
            self._begin_nested(cell, info, words)
            return
        asked = asked_of(self.shell.get_parent() if hasattr(self.shell, "get_parent") else None)
        if asked is not None:
            self._begin_of_group(cell, info, asked, words)
        elif self.spanning:
            self._enter(cell, info)
            if words is not None:
                self._start(cell, info, words)
        elif words is not None or (self.every_cell and not only_commands(info.raw_cell)):
            self._stop_own()
            self._start(cell, info, words)
        elif self._own_is_on:
            cell.aside = True
            self.timing.step_aside()
        if cell.run is not None:
            self._raised.start()

    def _begin_nested(self, cell: _Cell, info: Any, words: str | None) -> None:
        """Handle a cell executed inside another: between the cells of a run, it may request its own run."""
        if words is not None and self._cells[0].aside:
            self._stop_own()
        if words is not None:
            self._start(cell, info, words)

    def _begin_of_group(
        self, cell: _Cell, info: Any, asked: CellMetadata, words: str | None
    ) -> None:
        if self._group == (asked.run_id, self.timing.active):
            self._enter(cell, info)
            cell.last = asked.last
            if words is not None and cell.run is not None:
                cell.run.request = cell.run.request.completed(parse(words))
            return
        self._stop_own()
        # The id of an ended run is not reused: cells after a failure, for example, form another run.
        run_id = None if asked.run_id in self._used_ids else asked.run_id
        self._used_ids.add(asked.run_id)
        request = asked.request(parse(words or ""))
        cell.last = asked.last
        self._start_or_mark(cell, info, request, asked.kind, run_id)
        self._group = None if cell.run is None else (asked.run_id, cell.run)

    def _start(self, cell: _Cell, info: Any, words: str | None) -> None:
        self._start_or_mark(cell, info, parse(words or ""), "cell")
        cell.last = cell.mark is None

    def _start_or_mark(
        self,
        cell: _Cell,
        info: Any,
        request: Request,
        kind: SourceKind,
        run_id: str | None = None,
    ) -> None:
        """Start a run for the cell or, inside another run, a mark, so that no time counts twice."""
        active = self.timing.active
        if active is not None:
            cell.mark = active, active.begin_mark(request.name or "cell", None)
            return
        cell.run = self.timing.start(request, kind, info.raw_cell, _cell_id(info), run_id)
        self._own = cell.run

    def _enter(self, cell: _Cell, info: Any) -> None:
        cell.run = self.timing.active
        if cell.run is not None:
            cell.run.enter(info.raw_cell, _cell_id(info))

    @property
    def _own_is_on(self) -> bool:
        return self._own is not None and self._own is self.timing.active

    def _stop_own(self) -> None:
        """End the active run if the request belongs to another one."""
        if self._own_is_on:
            self.timing.stop("ok")

    # -- a cell ends -----------------------------------------------------------------------------------------------

    def _end(self, cell: _Cell, result: Any) -> None:
        if cell.mark is not None:
            run, mark = cell.mark
            run.end_mark(mark)
        if cell.aside:
            self.timing.step_back()
        if cell.misplaced and cell.run is None and cell.before is self._own:
            sys.stderr.write(MISPLACED)
        run_of_cell = self._run_of(cell)
        if run_of_cell is not None:
            self._end_of_timed(run_of_cell, cell, result)

    def _run_of(self, cell: _Cell) -> ActiveRun | None:
        """Return the active run if `cell` is one of its cells."""
        active = self.timing.active
        if active is None:
            return None
        began_here = not self._cells and self.spanning and active.time.spans[-1].stop is None
        return active if cell.run is active or began_here else None

    def _end_of_timed(self, active: ActiveRun, cell: _Cell, result: Any) -> None:
        error = _error_of(result)
        active.leave(getattr(result, "execution_count", None), self._raised.at(error))
        if not self._cells:
            self._raised.end()
        if cell.last or error is not None:
            self.timing.stop(status_of(error), error)


def _error_of(result: Any) -> BaseException | None:
    if result is None:  # set by ipykernel for a cell cancelled before it had a result
        return KeyboardInterrupt()
    error: BaseException | None = result.error_before_exec or result.error_in_exec
    return error


def _cell_id(info: Any) -> str | None:
    return getattr(info, "cell_id", None)
