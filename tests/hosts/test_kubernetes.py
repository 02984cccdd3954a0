"""Which workers shared a node, from pods as the API gives them."""

from __future__ import annotations

import pytest

from hrlab.hosts.kubernetes import MOST_GONE, Stays
from tests.clusters.kubernetes.objects import AT, MADE, facts, service

ADDRESS = "tcp://z-scheduler.jhub:8786"
TAINT = {"key": "virtual-node.interlink/no-schedule", "operator": "Exists"}


def pod(uid, node="node-1", component="worker", phase="Running", state=None, **spec):
    state = {"running": {"startedAt": MADE}} if state is None else state
    return {
        "metadata": {"uid": uid, "labels": {"dask.org/component": component}},
        "spec": {"nodeName": node, **spec},
        "status": {"phase": phase, "containerStatuses": [{"state": state}]},
    }


def there(zee=(), tau=()):
    """What there is of two clusters."""
    return {"zee": facts(pods=tuple(zee), service=service()), "tau": facts(pods=tuple(tau))}


def beside(*tau, zee=None):
    stays = Stays()
    stays.poll(there([zee or pod("z")], tau), AT + 5)
    return stays.beside(ADDRESS, AT + 1, AT + 4)


def test_running_workers_of_another_cluster_on_the_same_node_count():
    assert beside(pod("a"), pod("b"), pod("c", node="node-2")) == 2
    assert beside() == 0


@pytest.mark.parametrize(
    "other",
    [
        pod("a", component="scheduler"),
        pod("a", phase="Pending"),
        pod("a", phase="Succeeded"),
        pod("a", node=""),
        pod("a", state={"waiting": {"reason": "CrashLoopBackOff"}}),
        pod("a", state={"running": {"startedAt": "2026-11-20T11:00:00Z"}}),
    ],
)
def test_what_is_not_at_work_there_does_not(other):
    assert beside(other) == 0


def test_a_node_that_stands_for_a_whole_site_is_no_machine():
    assert beside(pod("a", tolerations=[TAINT]), zee=pod("z", tolerations=[TAINT])) == 0


def test_pods_and_clusters_that_have_gone_are_remembered_for_a_day():
    stays = Stays()
    stays.poll(there([pod("z")], [pod("a")]), AT + 2)
    stays.poll(there([pod("z")]), AT + 3)
    stays.poll({}, AT + 10)
    assert stays.beside(ADDRESS, AT, AT + 10) == 1
    assert stays.beside(ADDRESS, AT + 3, AT + 10) == 0
    stays.poll({}, AT + 2 * 24 * 3600)
    assert stays.beside(ADDRESS, AT, AT + 10) == 0


def test_what_is_remembered_is_bounded():
    stays = Stays()
    stays.poll(there([pod("z")], [pod(str(i)) for i in range(MOST_GONE + 5)]), AT + 2)
    stays.poll(there([pod("z")]), AT + 3)
    assert stays.beside(ADDRESS, AT, AT + 2) == MOST_GONE


@pytest.mark.parametrize(
    ("address", "count"),
    [
        ("tcp://z-scheduler.jhub.svc.cluster.local:8786", 1),
        ("tls://Z-scheduler.jhub:8786", 1),
        ("tcp://z-scheduler.jhub:8787", 0),
        ("tcp://z-scheduler.jhub2:8786", 0),
        ("tcp://127.0.0.1:8786", 0),
        ("inproc://10.0.0.1/12/1", 0),
        ("tcp://[broken", 0),
    ],
)
def test_a_run_is_of_the_cluster_whose_service_its_client_connected_to(address, count):
    stays = Stays()
    stays.poll(there([pod("z")], [pod("a")]), AT + 5)
    assert stays.beside(address, AT + 1, AT + 4) == count
