"""Context managers: a timed block, and a named interval of a run.

Classes, because the frames of a generator would appear in the user's traceback.
"""

from __future__ import annotations

import contextlib
from types import TracebackType
from typing import TYPE_CHECKING, Any

from hrlab.model.errors import UsageError
from hrlab.model.run import DeclaredPhase, Run
from hrlab.timing.outcome import status_of
from hrlab.timing.recorder import ActiveRun, OpenMark
from hrlab.timing.request import Request
from hrlab.timing.safety import shielded

if TYPE_CHECKING:
    from typing_extensions import Self

    from hrlab.timing.session import Timing


class Block:
    """What ``with hrlab.timed(...) as run`` gives: after the block, `record` is its run."""

    def __init__(self, timing: Timing, request: Request, source: str | None = None) -> None:
        self._timing = timing
        self._request = request
        self._source = source
        self._active: ActiveRun | None = None
        self._mark: MarkedStretch | None = None
        self._run: Run | None = None

    def __enter__(self) -> Self:
        if self._timing.running is None:
            self._active = shielded(self._started)()
        if self._active is None:
            self._mark = MarkedStretch(self._timing, self._request.name or "block", None)
            self._mark.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._mark is not None:
            self._mark.__exit__(kind, error, traceback)
        elif self._active is not None and self._timing.active is self._active:
            self._run = shielded(self._timing.stop)(status_of(error), error)

    def _started(self) -> ActiveRun | None:
        # Not if another thread was quicker: then the block is a mark of that one's run.
        with contextlib.suppress(UsageError):
            return self._timing.start(self._request, "block", self._source)
        return None

    @property
    def record(self) -> Run:
        """The record of the run.

        Raises
        ------
        UsageError
            While the run is on. A block inside a timed cell is a mark of the cell's run, whose record exists once
            the cell has ended.
        """
        if self._run is not None:
            return self._run
        raise UsageError(
            "There is no record yet: "
            + (
                "the block has not ended."
                if self._mark is None
                else "this block is a mark of the run around it, see hrlab.last_run() once that has ended."
            )
        )

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"A timed block has no {name!r}; its record has: run.record.{name}")


class MarkedStretch:
    """What ``with hrlab.phase(...)`` gives."""

    def __init__(self, timing: Timing, label: str, phase: DeclaredPhase | None) -> None:
        self._timing = timing
        self._label = label
        self._phase = phase
        self._open: list[tuple[ActiveRun, OpenMark]] = []

    def __enter__(self) -> None:
        active = self._timing.running
        if active is not None:
            self._open.append((active, active.begin_mark(self._label, self._phase)))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._open:
            active, mark = self._open.pop()
            active.end_mark(mark)
