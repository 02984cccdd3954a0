"""For how long clusters at work keep the server of their user up."""

from __future__ import annotations

import pytest

from hrlab.clusters.activity import ClusterActivity
from hrlab.model.cluster import Cluster, WorkerCount

HOUR = 3600.0


def cluster(**changes):
    about = {
        "id": "zee-1",
        "name": "zee",
        "kind": "process",
        "profile": "local",
        "owner": "alice",
        "created_by": "hrlab",
        "state": "ready",
        "since_at": 1.0,
        "created_at": 1.0,
        "workers": WorkerCount(asked=1, ready=1),
        "tasks": 3,
    }
    return Cluster(**{**about, **changes})


@pytest.mark.parametrize("kind", ["process", "kubernetes"])
@pytest.mark.parametrize("state", ["ready", "unreachable"])
def test_unfinished_tasks_of_an_own_cluster_are_activity(kind, state):
    assert ClusterActivity(12 * HOUR).is_on([cluster(tasks=0), cluster(kind=kind, state=state)])


@pytest.mark.parametrize(
    "changes",
    [
        {"tasks": 0},
        {"tasks": None},
        {"mine": False},
        {"created_by": "other"},
        {"kind": "address"},
        {"state": "closing"},
        {"state": "failed"},
    ],
)
def test_other_clusters_and_idle_ones_are_none(changes):
    assert not ClusterActivity(12 * HOUR).is_on([cluster(**changes)])


def test_it_ends_at_the_bound_and_counts_from_when_the_work_began():
    now = 0.0
    activity = ClusterActivity(12 * HOUR, clock=lambda: now)
    assert activity.is_on([cluster()])
    now = 11 * HOUR
    assert activity.is_on([cluster(tasks=1), cluster(id="zee-2")])
    now = 12 * HOUR
    assert not activity.is_on([cluster()])  # one that hangs does not keep the server for ever
    now = 13 * HOUR
    assert not activity.is_on([cluster(tasks=0)])
    now = 14 * HOUR
    assert activity.is_on([cluster()])  # new work has the whole time


def test_zero_seconds_are_never():
    assert not ClusterActivity(0.0).is_on([cluster()])
