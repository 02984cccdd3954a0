"""Odd files of one cluster host: that cluster is shown as broken, and no other suffers."""

from __future__ import annotations

import json
import os
import time

import pytest

from hrlab.clusters.process.backend import ProcessClusters
from hrlab.model.wire import encode
from tests.clusters.side import process_side

DESCRIPTION = {
    "id": "odd-1",
    "name": "odd",
    "profile": "local",
    "site": None,
    "owner": "alice",
    "created_at": 1_700_000_000.0,
    "start_timeout_seconds": 60,
    "kernel": "python3",
    "target": {"workers": 2},
    "each": {"cores": 1, "memory_bytes": 400_000_000},
}
NOW = time.time()
ODD = [5, "x", [1], {"a": 1}, {"a": [1]}, True, None, float("nan"), float("inf"), -1, 1e300, [[]]]


def status(**changes):
    """What a host on another machine of the site has written."""
    return {
        "process": {"host": "elsewhere 1", "pid": 1, "started": "before"},
        "state": "ready",
        "reason": "",
        "since_at": NOW,
        "steps": {"host": ["done", ""]},
        "workers": {"asked": 2, "ready": 1, "maximum": 3},
        "cores": 1,
        "memory_bytes": 400_000_000,
        "versions": {"python": "3.12"},
        "tasks": 0,
        "scheduler_address": "tcp://127.0.0.1:1",
        "dashboard_url": "http://127.0.0.1:1",
        "idle_stop_at": None,
        "cleanup": [],
        **changes,
    }


def put(runtime, cluster_id, description, told):
    """A host's directory with these files; a text is written as it is."""
    directory = runtime / "hrlab-clusters" / cluster_id
    directory.mkdir(parents=True)
    for name, value in (("cluster.json", description), ("status.json", told)):
        text = value if isinstance(value, str) else json.dumps(value)
        (directory / name).write_text(text)


@pytest.fixture
def beside(runtime, nothing_is_left):
    """Shows an odd directory beside a good one, to a server that starts; what is there is closed at the end."""
    sides = []

    def start(description, told):
        put(runtime, "good-1", {**DESCRIPTION, "id": "good-1", "name": "good"}, status())
        put(runtime, "odd-1", description, told)
        sides.append(process_side(runtime))
        return sides[0]

    yield start
    for side in sides:
        for cluster in side.kind.clusters():
            side.close(cluster.id)
        side.stop()


@pytest.mark.parametrize(
    "told",
    [
        status(steps=5),
        status(workers=[1]),
        status(process=5),
        status(since_at=float("nan")),
        status(steps={"host": "x"}),
        status(state="here"),
        [1],
        5,
        float("nan"),
        "{",
        "[" * 100_000,
    ],
    ids=lambda told: str(told)[:20] if not isinstance(told, dict) else None,
)
def test_a_cluster_whose_status_is_odd_is_shown_as_broken_beside_the_others(beside, told):
    side = beside(DESCRIPTION, told)
    side.until(lambda: "elsewhere" in side.get("good-1").reason)
    odd = side.get("odd-1")
    assert odd.state == "unreachable"
    assert "status.json" in odd.reason
    assert "Close the cluster" in odd.reason
    assert {claim.id for claim in side.kind.claims()} == {"good-1", "odd-1"}
    side.close("odd-1")
    assert [cluster.id for cluster in side.kind.clusters()] == ["good-1"]


@pytest.mark.parametrize(
    "description",
    [
        {**DESCRIPTION, "each": "x"},
        {**DESCRIPTION, "target": 5},
        {**DESCRIPTION, "created_at": "now"},
        {"id": "odd-1"},
        {**DESCRIPTION, "id": "another-1"},
        [1],
        "{",
    ],
    ids=str,
)
def test_a_cluster_whose_description_is_odd_is_shown_with_the_reason(beside, description):
    side = beside(description, status())
    odd = side.get("odd-1")
    assert odd.state == "unreachable"
    assert "cluster.json" in odd.reason
    assert "Close the cluster" in odd.reason
    assert {claim.id for claim in side.kind.claims()} == {"good-1", "odd-1"}
    side.close("odd-1")
    assert [cluster.id for cluster in side.kind.clusters()] == ["good-1"]


@pytest.mark.parametrize("cores", ["x", True, None, [1]])
def test_what_a_cluster_holds_is_told_where_its_request_does_not_say_it(beside, cores):
    told = status(workers={"asked": 2, "ready": 2}, cores=4)
    side = beside({**DESCRIPTION, "each": {"cores": cores}}, told)
    claim = {claim.id: claim for claim in side.kind.claims()}["odd-1"]
    assert claim.cores == 4


@pytest.mark.parametrize("value", ODD, ids=str)
def test_no_value_of_a_file_ends_the_list(tmp_path, value):
    runtime = tmp_path / "of no server"
    kind = ProcessClusters(runtime, "alice")
    for number, field in enumerate(DESCRIPTION):
        put(runtime, f"d-{number}", {**DESCRIPTION, "id": f"d-{number}", field: value}, status())
    for number, field in enumerate(status()):
        put(
            runtime,
            f"s-{number}",
            {**DESCRIPTION, "id": f"s-{number}"},
            status(**{field: value}),
        )
    for cluster_id, (description, told) in kind._scan(frozenset()).items():
        kind._add(cluster_id, description).take(told)
    everything = {path.name for path in kind.root.iterdir()}
    assert {cluster.id for cluster in kind.clusters()} == everything
    assert {claim.id for claim in kind.claims()} == everything
    json.dumps(encode(kind.clusters()), allow_nan=False)


def test_a_directory_that_a_killed_server_left_without_description_goes(runtime):
    kind = ProcessClusters(runtime, "alice")
    left = kind.root / "left-1"
    left.mkdir(parents=True)
    os.utime(left, (1, 1))
    assert kind._scan(frozenset()) == {}
    assert not left.exists()
