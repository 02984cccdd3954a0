"""The single most important piece of advice for a run."""

from __future__ import annotations

from collections.abc import Collection

from hrlab.model.advice_rules import findings
from hrlab.model.run import Run


def advice(run: Run, off: Collection[str] = ()) -> str | None:
    """Return how the run could have been faster or safer; None without findings. `off` has codes of disabled rules."""
    return next((finding.text for finding in findings(run, off)), None)
