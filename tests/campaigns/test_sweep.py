"""Campaigns: which points, in which order, under which names, and when they end."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from hrlab.campaigns.sweep import (
    Budget,
    Side,
    Sweep,
    campaign_id,
    configurations,
    points,
    seconds_left,
    spent,
    workload_of,
)

SWEEP = Sweep(
    name="Zee",
    notebook="zee.ipynb",
    sides=(
        Side(profile="serial", parameters={"MODE": "serial"}),
        Side(profile="local", workers=(1, 2), parameters={"MODE": "distributed"}),
    ),
    parameters={"VARIATIONS": (10, 50)},
    workload={"variations": "VARIATIONS", "events": 5000},
    repeats=3,
)


def keys(sweep):
    return [point.key for point in points(sweep)]


def test_every_configuration_is_there_once_in_each_block():
    blocks = list(points(SWEEP))
    for repeat in (1, 2, 3):
        block = blocks[6 * (repeat - 1) : 6 * repeat]
        assert {point.repeat for point in block} == {repeat}
        assert {point.configuration for point in block} == set(configurations(SWEEP))
    assert len(set(keys(SWEEP))) == 18


def test_the_order_differs_between_blocks_and_is_the_seeds():
    blocks = [keys(SWEEP)[i : i + 6] for i in (0, 6, 12)]
    plain = [[key.rpartition(" ")[0] for key in block] for block in blocks]
    assert len({tuple(block) for block in plain}) == 3
    assert keys(SWEEP) == keys(SWEEP)
    assert all(keys(SWEEP) != keys(replace(SWEEP, seed=seed)) for seed in (2, 3))


def test_no_side_comes_first_more_often_than_it_should():
    many = replace(SWEEP, repeats=600)
    firsts = [point.configuration.key for point in points(many)][:: len(configurations(many))]
    for configuration in configurations(many):
        assert 60 < firsts.count(configuration.key) < 140  # 100 expected, standard deviation 9


def test_neighbours_share_a_warm_cluster():
    settings = [point.configuration.setting for point in points(replace(SWEEP, cluster="warm"))]
    for start in (0, 6, 12):
        assert len([*itertools.groupby(settings[start : start + 6])]) == 3


def test_more_of_anything_keeps_the_names_of_what_is_done():
    sides = (SWEEP.sides[0], replace(SWEEP.sides[1], workers=(1, 2, 4)), Side(profile="offload"))
    more = replace(SWEEP, repeats=5, sides=sides, parameters={"VARIATIONS": (10, 50, 100)})
    assert set(keys(SWEEP)) < set(keys(more))
    assert campaign_id(SWEEP, "a" * 64) == campaign_id(more, "a" * 64)


@pytest.mark.parametrize(
    "other",
    [
        replace(SWEEP, sides=(replace(SWEEP.sides[1], options={"cores": 2}),)),
        replace(SWEEP, sides=(replace(SWEEP.sides[1], parameters={"MODE": "other"}),)),
        replace(SWEEP, parameters={"VARIATIONS": (11,)}),
    ],
)
def test_whatever_differs_has_another_name(other):
    assert not set(keys(SWEEP)) & set(keys(other))


def test_other_code_or_another_start_of_clusters_is_another_campaign():
    ids = {
        campaign_id(SWEEP, "a" * 64),
        campaign_id(SWEEP, "b" * 64),
        campaign_id(replace(SWEEP, cluster="warm"), "a" * 64),
        campaign_id(replace(SWEEP, name="Zee 2"), "a" * 64),
    }
    assert len(ids) == 4
    assert campaign_id(replace(SWEEP, name="Größe!"), "a" * 64).startswith("gr-e-")


def test_amounts_follow_parameters():
    found = {workload_of(SWEEP, one)["variations"] for one in configurations(SWEEP)}
    assert found == {10.0, 50.0}
    assert workload_of(SWEEP, configurations(SWEEP)[0])["events"] == 5000


def test_time_left_is_by_what_the_same_took():
    assert seconds_left({}, ["a"]) is None
    assert seconds_left({"a": [1.0, 3.0], "b": [10.0]}, ["a", "a", "b"]) == 14.0
    assert seconds_left({"a": [1.0], "b": [3.0]}, ["c"]) == 2.0


@pytest.mark.parametrize(
    ("budget", "more", "why"),
    [
        (Budget(), {}, ""),
        (Budget(points=3), {"points": 2}, ""),
        (Budget(points=3), {"points": 3}, "3 points"),
        (Budget(seconds=60), {"seconds": 59}, ""),
        (Budget(seconds=60), {"seconds": 61}, "60 s"),
        (Budget(seconds=60), {"seconds": 50, "next_seconds": 20.0}, "60 s"),
        (Budget(core_hours=1), {"core_hours": 1.0}, "1 core hours"),
        (Budget(core_hours=1), {"core_hours": 0.5, "next_seconds": 1800.0}, ""),
        (
            Budget(core_hours=1),
            {"core_hours": 0.5, "next_seconds": 1800.0, "next_cores": 2.0},
            "1 core hours",
        ),
    ],
)
def test_a_budget_ends_it_before_it_is_passed(budget, more, why):
    used = {"seconds": 0, "core_hours": 0, "points": 0, "next_seconds": None, "next_cores": 0}
    told = spent(budget, **{**used, **more})
    assert told.endswith(why) if why else told == ""
