"""Timing session: starts and ends runs, stores them and reports their progress.

One run at a time in a process; a block timed inside it becomes a mark.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
import uuid
from dataclasses import replace
from typing import Protocol

from hrlab.model.errors import UsageError
from hrlab.model.run import Run, RunWarning, SourceKind, Status
from hrlab.model.source import default_name
from hrlab.timing import clock
from hrlab.timing.dask.client_hooks import doors
from hrlab.timing.journal import Journal
from hrlab.timing.outcome import that_has_a_text, with_fewer_marks
from hrlab.timing.progress import Progress, progress_of
from hrlab.timing.record_builder import assemble, bare_record
from hrlab.timing.recorder import ActiveRun
from hrlab.timing.request import Request
from hrlab.timing.safety import never_raises, shielded

PROGRESS_SECONDS = 1.0
#: How many times as long the pause after a tick is at least as the tick took: a run of very many loops ticks less often.
PAUSE_PER_TICK = 300
#: Between two signs of life in the store.
BEAT_SECONDS = 10.0


class Audience(Protocol):
    """Who follows a run while it is on. `goes_on` is called from hrlab's own thread."""

    def began(
        self, active: ActiveRun, name: str, cell_id: str | None, usual_seconds: float | None
    ) -> None:
        """A run has started."""

    def goes_on(self, active: ActiveRun, progress: Progress) -> None:
        """It goes on; at most once a second."""

    def ended(self, run: Run, cell_id: str | None, *, quiet: bool) -> None:
        """It has ended and is kept."""


class Timing:
    """The runs of this process.

    Parameters
    ----------
    journal
        Where runs are kept.
    audience
        Who follows them; may be set later.
    """

    def __init__(self, journal: Journal, audience: Audience | None = None) -> None:
        self.journal = journal
        self.audience = audience
        self.active: ActiveRun | None = None
        self.last: Run | None = None
        self._aside = False
        self._lock = threading.Lock()

    # -- runs --------------------------------------------------------------------------------------------------------

    def start(
        self,
        request: Request,
        kind: SourceKind,
        source: str | None = None,
        cell_id: str | None = None,
        run_id: str | None = None,
    ) -> ActiveRun:
        """Start a run; its time begins when this returns.

        Raises
        ------
        UsageError
            If one is on already.
        """
        self._end_if_aside()
        if request.name is None and source is not None:
            request = replace(request, name=default_name([source]))
        with self._lock:
            if self.active is not None:
                raise UsageError(
                    "A run is already active, and only one is timed at a time. End it first, or name this interval "
                    "with hrlab.phase(...)."
                )
            active = self.active = ActiveRun(run_id or uuid.uuid4().hex, request, kind)
        if source is not None:
            active.sources.append(source)
        # Whatever fails in here, the user's code runs, and the run ends in order.
        shielded(self._open)(active, cell_id)
        active.enter(None, cell_id)
        return active

    def stop(self, status: Status, error: BaseException | None = None) -> Run:
        """End the run that is on, keep it, and give its record.

        Raises
        ------
        UsageError
            If none is on.
        """
        now = clock.monotonic()
        with self._lock:
            active, self.active, self._aside = self.active, None, False
        if active is None:
            raise UsageError(
                "No run is active. Start one with `%hrtime start NAME`, or put `%%hrtime` at the top of a cell."
            )
        if active.time.spans and active.time.spans[-1].stop is None:
            active.leave(at=now)
        shielded(active.close)()
        error = that_has_a_text(error)
        try:
            run = shielded(assemble)(active, now, status, error) or bare_record(
                active, status, error
            )
        finally:
            shielded(active.release)()  # its thread and its connections, whatever failed
        run = with_fewer_marks(run)
        refused = shielded(self.journal.finish)(run)
        if refused is not None:
            run = replace(run, warnings=(*run.warnings, RunWarning("not-stored", refused)))
        self.last = run
        if self.audience is not None:
            cell_id = active.time.spans[-1].cell_id if active.time.spans else None
            shielded(self.audience.ended)(run, cell_id, quiet=active.request.quiet)
        return run

    def step_aside(self) -> None:
        """What runs now, between the cells of the run that is on, is not the run's."""
        if self.active is not None:
            self._aside = True
            if doors.watcher is self.active.watch:
                doors.watcher = None

    def step_back(self) -> None:
        """What runs from now on may be the run's again."""
        self._aside = False
        if self.active is not None and doors.watcher is None:
            doors.watcher = self.active.watch

    @property
    def running(self) -> ActiveRun | None:
        """The run to which what happens now belongs."""
        return None if self._aside else self.active

    # -- the process ---------------------------------------------------------------------------------------------------

    def abandon(self) -> None:
        """The process ends: keep the run that is on as interrupted. Nobody is there to be shown it."""
        self.audience = None
        if self.active is not None:
            shielded(self.stop)("interrupted")
        shielded(self.journal.close)()

    def reset_after_fork(self) -> None:
        """In a forked child: the run, its connections and what is unsaved are the parent's."""
        self.active, self.audience, self._aside = None, None, False
        self._lock = threading.Lock()
        doors.watcher = None
        self.journal.reset_after_fork()

    # -- inside --------------------------------------------------------------------------------------------------------

    def _end_if_aside(self) -> None:
        if self._aside and self.active is not None:
            self.stop("ok")

    def _open(self, active: ActiveRun, cell_id: str | None) -> None:
        active.open()
        record = bare_record(active, "running")
        self.journal.start(record)
        never_raises(self._announce)(active, record, cell_id)
        # In a context of its own: in this cell's, its messages would seem to be this cell's to the end of the run.
        contextvars.Context().run(active.background().spawn, self._follow(active))

    def _announce(self, active: ActiveRun, record: Run, cell_id: str | None) -> None:
        if self.audience is not None:
            # Of several cells only the first is known by now.
            sha = record.source.code_sha256 if active.kind in ("cell", "block") else None
            usual = self.journal.usual_seconds(sha) if sha else None
            self.audience.began(active, record.name, cell_id, usual)

    async def _follow(self, active: ActiveRun) -> None:
        took, begun = 0.0, time.monotonic()
        beaten_at = begun
        while self.active is active:
            await asyncio.sleep(min(max(PROGRESS_SECONDS, PAUSE_PER_TICK * took), BEAT_SECONDS))
            begin = time.thread_time()
            now = time.monotonic()
            # A kernel that dies leaves what was told last: seldom enough, and of a young run no more than half is lost.
            due = min((now - begun) / 2, BEAT_SECONDS) - PROGRESS_SECONDS / 2
            beat = now - beaten_at > due
            beaten_at = now if beat else beaten_at
            never_raises(self._tick)(active, beat=beat)
            took = time.thread_time() - begin

    def _tick(self, active: ActiveRun, *, beat: bool) -> None:
        progress = progress_of(active)
        if beat:
            self.journal.beat(active.id, progress.elapsed_seconds)
        in_cell = active.time.spans[-1].stop is None
        if self.audience is not None and self.active is active and in_cell:
            self.audience.goes_on(active, progress)
