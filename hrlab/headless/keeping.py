"""Sees that the record of a head-less run is in the store."""

from __future__ import annotations

from hrlab.headless.execute import Outcome
from hrlab.history.service import RunService
from hrlab.model.errors import ConflictError


def keep(runs: RunService, outcome: Outcome) -> None:
    """Keep the copy in the notebook if there is none in the store: the kernel may be on another machine, or its disk full.

    A run whose kernel was killed is marked as interrupted.
    """
    runs.settle()
    if outcome.record is not None and not runs.has(outcome.run_id):
        try:
            runs.save(outcome.run_id, outcome.record)
        except ConflictError:
            return  # the user has deleted it meanwhile
