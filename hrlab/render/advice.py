"""One line of advice at most, from the facts of one run."""

from __future__ import annotations

from hrlab.model.run import Run
from hrlab.model.units import format_duration, format_share
from hrlab.render.words import stage_parts

# Below these, waiting is normal: tasks take a moment to reach a worker.
WAIT_SHARE = 0.2
WAIT_SECONDS = 2.0


def advice(run: Run) -> str | None:
    """What would have made the run shorter, with its evidence; None if nothing stands out."""
    if run.phases is None or not run.clusters or run.phases.dask_seconds <= 0:
        return None
    waited = next((part.seconds for part in stage_parts(run) if part.name == "wait"), 0.0)
    share = waited / run.phases.dask_seconds
    if waited < WAIT_SECONDS or share < WAIT_SHARE:
        return None
    told = f"{format_share(share)} of the dask time ({format_duration(waited)}) was spent waiting"
    if run.alone is False:
        return f"{told}, while another client used the cluster: use one of your own to time alone."
    return f"{told} for workers: create the cluster earlier, or ask for it warm."
