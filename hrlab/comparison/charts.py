"""Charts of compared runs in publication quality, with their descriptions and tables."""

from __future__ import annotations

from collections.abc import Sequence

from hrlab.comparison.difference import Difference
from hrlab.comparison.difference_chart import differences
from hrlab.comparison.groups import Comparison, units_of
from hrlab.comparison.overlay import Overlay, Since
from hrlab.comparison.ratio_charts import efficiency, speed_up
from hrlab.comparison.resource_charts import resources
from hrlab.comparison.series import SERIES_COLOURS
from hrlab.comparison.tables import published
from hrlab.comparison.walltime_chart import wall_time
from hrlab.comparison.words import headline
from hrlab.comparison.work_chart import work
from hrlab.render.vega import Chart

__all__ = ["SERIES_COLOURS", "charts", "headline", "published"]


def charts(
    comparison: Comparison,
    difference: Difference | None = None,
    use: Sequence[Overlay] = (),
    since: Since = "start",
) -> dict[str, Chart]:
    """Return all charts for which the runs have enough data, by name, in order.

    Parameters
    ----------
    difference, use, since
        For exactly two runs: their difference, their hardware use, and the origin of its time axis.
    """
    found = {"time": wall_time(comparison)}
    if sum(group.speed_up is not None for group in comparison.groups) > 1:
        found["speed-up"] = speed_up(comparison)
        # With the same number of threads everywhere, it would be the same chart.
        if len({units_of(group, comparison.over) for group in comparison.groups}) > 1:
            found["efficiency"] = efficiency(comparison)
    if comparison.amount is not None or comparison.by.startswith("workload:"):
        found["work"] = work(comparison)
    if difference is None:
        return found
    pictures = resources(use, since, difference, comparison)
    return {**found, **differences(difference, comparison), **pictures}
