"""Pictures of runs compared, fit for a paper, and what they say in words and tables."""

from __future__ import annotations

from collections.abc import Sequence

from hrlab.model.comparison import Comparison, units_of
from hrlab.model.difference import Difference
from hrlab.model.overlay import Overlay, Since
from hrlab.render.comparison.difference import differences
from hrlab.render.comparison.ratios import efficiency, speed_up
from hrlab.render.comparison.resources import resources
from hrlab.render.comparison.series import SERIES_COLOURS
from hrlab.render.comparison.tables import published
from hrlab.render.comparison.walltime import wall_time
from hrlab.render.comparison.words import headline
from hrlab.render.comparison.work import work
from hrlab.render.vega import Chart

__all__ = ["SERIES_COLOURS", "charts", "headline", "published"]


def charts(
    comparison: Comparison,
    difference: Difference | None = None,
    use: Sequence[Overlay] = (),
    since: Since = "start",
) -> dict[str, Chart]:
    """All pictures that the runs are enough for, by name, in order.

    Parameters
    ----------
    difference, use, since
        Of exactly two runs: where they differ, their hardware use, and where its time axis begins.
    """
    found = {"time": wall_time(comparison)}
    if sum(group.speed_up is not None for group in comparison.groups) > 1:
        found["speed-up"] = speed_up(comparison)
        # With as many threads everywhere it is the same picture.
        if len({units_of(group, comparison.over) for group in comparison.groups}) > 1:
            found["efficiency"] = efficiency(comparison)
    if comparison.amount is not None or comparison.by.startswith("workload:"):
        found["work"] = work(comparison)
    if difference is None:
        return found
    pictures = resources(use, since, difference, comparison)
    return {**found, **differences(difference, comparison), **pictures}
