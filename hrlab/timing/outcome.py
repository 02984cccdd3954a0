"""How a run ended, and what of that goes into its record."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from hrlab.model.run import Run, RunWarning, Status
from hrlab.timing.safety import never_raises

#: Most marks in a record.
MAX_MARKS = 500


def status_of(error: BaseException | None) -> Status:
    """How a run ended whose code raised `error`."""
    if error is None or (isinstance(error, SystemExit) and error.code in (None, 0)):
        return "ok"
    # An interrupted `await` is cancelled without a word; a future that was cancelled, or lost, names itself.
    cancelled = isinstance(error, asyncio.CancelledError) and not error.args
    return "interrupted" if cancelled or isinstance(error, KeyboardInterrupt) else "failed"


def with_fewer_marks(run: Run) -> Run:
    """At most `MAX_MARKS` marks: a phase named in a loop would fill the notebook."""
    if len(run.marks) <= MAX_MARKS:
        return run
    message = f"Of {len(run.marks)} marks the first {MAX_MARKS} are kept; phases that they declare count all of them."
    warning = RunWarning("marks-dropped", message)
    return replace(run, marks=run.marks[:MAX_MARKS], warnings=(*run.warnings, warning))


def that_has_a_text(error: BaseException | None) -> BaseException | None:
    """`error`, or one of its name in its place if asking for its text raises."""
    if error is None or never_raises(error.__str__)() is not None:
        return error
    stand_in: type[Exception] = type(type(error).__name__, (Exception,), {})
    return stand_in("(its text can't be had)")
