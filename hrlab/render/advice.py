"""One line of advice at most: the most important of what stands out in a run."""

from __future__ import annotations

from collections.abc import Collection

from hrlab.model.advice_rules import findings
from hrlab.model.run import Run


def advice(run: Run, off: Collection[str] = ()) -> str | None:
    """What would have made the run shorter or safer; None if nothing stands out. `off` are codes of rules not wanted."""
    return next((finding.text for finding in findings(run, off)), None)
