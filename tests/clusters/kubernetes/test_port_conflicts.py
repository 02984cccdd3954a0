"""Clusters that are made again under other ports: how they are shown, and what the next server knows of them."""

from __future__ import annotations

import json
import logging

import pytest

from hrlab.clusters.kubernetes.background_tasks import BackgroundTasks
from hrlab.clusters.kubernetes.in_container import tunnel
from hrlab.clusters.kubernetes.manifest import READY_AT, TRIES
from hrlab.clusters.kubernetes.operations import Operations
from hrlab.clusters.kubernetes.port_conflicts import PortConflictRecovery
from hrlab.clusters.kubernetes.provisioning import PendingCluster
from hrlab.clusters.kubernetes.status import ClusterObjects
from tests.clusters.kubernetes.manifests import AWAY, plan, resource
from tests.clusters.kubernetes.objects import ended_with

ID = "zee-1-k3x9"


async def _keep():
    pass


@pytest.fixture
def again():
    return PortConflictRecovery(
        Operations(None), BackgroundTasks(lambda: None, logging.getLogger("hrlab.tests")), _keep
    )


def facts(tries=0, **more):
    made = resource(**more)
    made["metadata"]["creationTimestamp"] = "2026-01-01T00:00:00Z"
    if tries:
        made["metadata"]["annotations"][TRIES] = str(tries)
    return ClusterObjects(resource=made, pods=(ended_with(tunnel.TAKEN),))


async def test_a_cluster_that_is_made_again_is_shown_as_starting_all_the_time(again):
    again.poll(ID, facts(), plan(), [])
    before = {ID: PendingCluster(plan(), resource()).shown()}
    views = {}
    again.show_as_starting(views, before)
    shown = views[ID]
    assert (shown.state, "recreating it" in shown.reason) == ("starting", True)
    assert again.ready_to_recreate(lambda *_: True) == {}
    assert again.ready_to_recreate(lambda *_: False)[ID].tries == 1


async def test_one_that_is_closed_is_not_made_again(again):
    again.poll(ID, facts(), plan(), [])
    again.discard([ID])
    assert again.ready_to_recreate(lambda *_: False) == {}
    assert again.noted() == {}


def test_a_cluster_that_was_ready_is_never_made_again(again):
    ready = facts()
    ready.resource["metadata"]["annotations"][READY_AT] = "1.0"
    again.poll(ID, ready, plan(), [])
    assert ID not in again


def known_to_the_next(again, profile, namespaces=("jhub",)):
    noted = json.loads(json.dumps(again.noted()))
    after = PortConflictRecovery(
        Operations(None), BackgroundTasks(lambda: None, logging.getLogger("hrlab.tests")), _keep
    )
    after.claim(noted, lambda _: profile, "alice@example.org", namespaces)
    return after


def test_the_next_server_makes_it_again_as_it_was_asked_for(again):
    wanted = plan()
    again.poll(ID, facts(), wanted, [])
    assert again.ready_to_recreate(lambda *_: False)[ID].plan == wanted
    after = known_to_the_next(again, wanted.profile)  # killed before the API had taken it
    start = after.ready_to_recreate(lambda *_: False)[ID]
    assert (start.plan, start.tries) == (wanted, 1)
    after.poll(ID, facts(tries=1), wanted, [])  # which loses its port again
    assert after.noted()[ID]["tries"] == 2


def test_one_that_is_there_again_is_not_removed(again):
    again.poll(ID, facts(), plan(), [])
    after = known_to_the_next(again, plan().profile)  # killed after the API had taken it
    after.poll(ID, ClusterObjects(resource=facts(tries=1).resource), plan(), [])
    assert ID not in after
    assert after.noted() == {}


def test_no_secret_of_the_resource_is_noted(again):
    again.poll(ID, facts(away={**AWAY, "in_clear": True}, in_clear="s3cret"), plan(), [])
    assert ID in again.noted()
    assert "s3cret" not in json.dumps(again.noted())


def test_one_whose_profile_or_namespace_is_gone_is_forgotten(again):
    again.poll(ID, facts(), plan(), [])
    assert ID not in known_to_the_next(again, None)
    assert ID not in known_to_the_next(again, plan().profile, ["elsewhere"])
    other = plan({"image": "{no_such_option}"}).profile
    assert ID not in known_to_the_next(again, other)
