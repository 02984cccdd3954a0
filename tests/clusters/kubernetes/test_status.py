"""From what is known of a cluster in Kubernetes to its state and steps."""

from __future__ import annotations

import logging
import sys

import pytest

from hrlab.clusters.kubernetes import api
from hrlab.clusters.kubernetes.api import KubernetesApi, account_namespace
from hrlab.clusters.kubernetes.controller import KubernetesClusters
from hrlab.clusters.kubernetes.manifest import CREATED_AT
from hrlab.clusters.kubernetes.scheduler_health import Health, Place, place_of
from hrlab.clusters.kubernetes.status import (
    idle_stop_at,
    state_of,
    steps_of,
    worker_memory_bytes,
    workers_of,
)
from hrlab.model.errors import BackendError
from tests.clusters.kubernetes.objects import AT, MADE, facts, plan, service

UP = Health(workers=2, cores=4, tasks=0)
DOWN = Health("Connection refused")


def states(known, now=AT + 1):
    return [step.state for step in steps_of(known, now)]


def test_a_cluster_is_ready_when_its_scheduler_answers_whatever_pods_say():
    known = facts(health=UP, service=service())
    assert state_of(known, AT + 1) == ("ready", "")
    assert states(known) == ["done", "done", "done", "done"]
    assert (workers_of(known).ready, workers_of(known).asked) == (2, 2)


def test_a_ready_cluster_waits_for_its_workers():
    known = facts(health=Health(workers=1, cores=1, tasks=0), service=service())
    assert state_of(known, AT + 1)[0] == "ready"
    assert steps_of(known, AT + 1)[3].detail == "1 of 2 workers"
    assert states(known)[3] == "running"


def test_steps_of_a_start():
    assert states(facts(phase=None)) == ["running", "waiting", "waiting", "waiting"]
    assert states(facts("Created")) == ["done", "running", "waiting", "waiting"]
    known = facts(service=service(), health=DOWN)
    assert states(known) == ["done", "running", "running", "waiting"]
    assert "Connection refused" in steps_of(known, AT + 1)[2].detail


def test_a_name_that_the_operator_refuses_fails_its_step():
    assert states(facts("Error"))[0] == "failed"


def test_a_scheduler_that_was_ready_and_is_silent_is_unreachable_after_a_while():
    ready = {"hrlab/ready-at": "1"}
    silent = facts(annotations=ready, service=service(), health=DOWN, unanswered_seconds=2)
    assert state_of(silent, AT + 1)[0] == "ready"
    silent = facts(annotations=ready, service=service(), health=DOWN, unanswered_seconds=20)
    state, reason = state_of(silent, AT + 1)
    assert state == "unreachable"
    assert reason.endswith("Connection refused.")


def test_an_api_that_does_not_answer_is_said_only_of_what_needs_it():
    assert state_of(facts(api_problem="no route"), AT + 1)[1].endswith("answer: no route.")
    assert state_of(facts(api_problem="no route", health=UP), AT + 1) == ("ready", "")


def test_a_cluster_that_was_told_to_go_is_closing():
    known = facts(metadata={"deletionTimestamp": MADE}, health=UP)
    assert state_of(known, AT + 1) == ("closing", "")


def test_a_service_that_does_not_appear_names_its_published_port():
    known = facts()
    known.resource["spec"]["scheduler"]["service"]["ports"][0]["nodePort"] = 31000
    assert "port 31000" in steps_of(known, AT + 20)[2].detail


def test_the_idle_stop_counts_from_the_end_of_work_and_not_while_there_is_some():
    noted = {"hrlab/ready-at": "1000", "hrlab/idle-since": "5000"}
    assert idle_stop_at(facts(annotations=noted, health=UP)) == 5100
    assert idle_stop_at(facts(annotations={"hrlab/ready-at": "1000"}, health=UP)) == 1100
    assert idle_stop_at(facts(annotations=noted, health=Health(tasks=3))) is None


def test_bounds_are_the_autoscalers():
    scaler = {"spec": {"minimum": 1, "maximum": 7}}
    group = {"spec": {"worker": {"replicas": 4}}}
    count = workers_of(facts(autoscaler=scaler, group=group, health=UP))
    assert (count.asked, count.minimum, count.maximum) == (4, 1, 7)


def test_memory_of_a_worker_is_what_its_pod_is_given():
    assert worker_memory_bytes(facts()) == 2 * 2**30


def test_a_scheduler_is_reached_by_its_services_name_or_the_load_balancers_address():
    assert place_of(service()) == Place("z-scheduler.jhub", 8786, 80)
    assert place_of(service(type="LoadBalancer")) is None
    balanced = service(type="LoadBalancer")
    balanced["status"] = {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}
    assert place_of(balanced) == Place("192.0.2.1", 8786, 80)


def test_the_namespace_is_the_service_accounts(tmp_path, monkeypatch):
    monkeypatch.setattr(api, "_ACCOUNT", tmp_path)
    assert account_namespace() is None
    (tmp_path / "namespace").write_text("jhub\n")
    assert account_namespace() == "jhub"


async def test_without_a_client_for_kubernetes_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "kr8s", None)
    with pytest.raises(BackendError, match=r"install hrlab\[kubernetes\]"):
        await KubernetesApi.connect()


async def test_where_no_profile_needs_kubernetes_nothing_is_asked(monkeypatch, tmp_path):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setitem(sys.modules, "kr8s", None)
    clusters = KubernetesClusters("alice", {}, logging.getLogger("hrlab.tests"))
    await clusters.start(lambda ids: None)
    assert clusters.clusters() == []
    with pytest.raises(BackendError):
        await clusters.create(plan())
    await clusters.stop()


@pytest.mark.parametrize("odd", ["nan", "inf", "-inf", "1e999", "yesterday"])
def test_an_odd_creation_time_counts_for_nothing(odd):
    assert facts(annotations={CREATED_AT: odd}).created_at == AT
