"""Who shared nodes with a cluster's workers."""

from __future__ import annotations

import pytest

from hrlab.hosts.overlap import Stay, neighbours

MINE = (Stay("zee", "n1", 100.0), Stay("zee", "n2", 100.0, 200.0))


@pytest.mark.parametrize(
    ("others", "count"),
    [
        ([], 0),
        ([Stay("tau", "n1", 0.0), Stay("tau", "n2", 0.0), Stay("tau", "n3", 0.0)], 2),
        ([Stay("tau", "n1", 0.0, 120.0)], 0),  # gone before the run began
        ([Stay("tau", "n1", 0.0, 120.1)], 1),
        ([Stay("tau", "n1", 300.0)], 0),  # came when it had ended
        ([Stay("tau", "n2", 200.0)], 0),  # came when the run's worker had left that node
        ([Stay("tau", "n1", 150.0, 160.0), Stay("tau", "n1", 170.0, 180.0)], 2),
    ],
)
def test_neighbours_were_on_a_node_of_the_run_while_it_was_on(others, count):
    assert neighbours([*MINE, *others], "zee", 120.0, 300.0) == count


def test_workers_of_one_cluster_are_no_neighbours_of_each_other():
    assert neighbours([*MINE, *MINE], "zee", 120.0, 300.0) == 0
    assert neighbours(MINE, "tau", 120.0, 300.0) == 0
