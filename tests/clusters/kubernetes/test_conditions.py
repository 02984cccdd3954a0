"""What is said of pods and clusters that do not come up."""

from __future__ import annotations

from hrlab.clusters.kubernetes.conditions import (
    closing_reason,
    commonest,
    ended,
    epoch,
    missing_reason,
    operator_reason,
    pod_reason,
    pods_of,
)

MADE = "2026-11-20T10:00:00Z"
AT = epoch(MADE)


def pod(*, conditions=(), phase="Pending", **container):
    statuses = [{"name": "c", "image": "lab:1", **container}] if container else []
    status = {"phase": phase, "conditions": list(conditions), "containerStatuses": statuses}
    return {"metadata": {"name": "p", "creationTimestamp": MADE}, "status": status}


def waiting(reason, message=None):
    return {"waiting": {"reason": reason, **({"message": message} if message else {})}}


def over(**end):
    return {"terminated": {"exitCode": 1, "reason": "Error", **end}}


def test_a_pod_that_is_being_made_or_runs_needs_no_reason():
    assert pod_reason(pod(), "worker") == ""
    assert pod_reason(pod(state=waiting("ContainerCreating")), "worker") == ""
    assert pod_reason(pod(phase="Running", state={"running": {}}, ready=True), "worker") == ""


def test_an_image_that_cannot_be_pulled_is_named():
    state = waiting("ImagePullBackOff", 'Back-off pulling image "lab:1"')
    said = pod_reason(pod(state=state), "scheduler")
    assert said == ('Cannot pull the image lab:1 of the scheduler: Back-off pulling image "lab:1".')


def test_a_container_that_ends_again_and_again_says_how():
    state = waiting("CrashLoopBackOff", "back-off 10s restarting failed container")
    said = pod_reason(pod(state=state, lastState=over(exitCode=3)), "worker")
    assert said == "The worker exits right after its start: Error, exit code 3."


def test_memory_that_ran_out_is_said_in_words():
    last = over(exitCode=137, reason="OOMKilled")
    said = pod_reason(pod(state=waiting("CrashLoopBackOff"), lastState=last), "worker")
    assert said.endswith("it used more memory than it was given (OOMKilled).")


def test_a_program_that_is_not_in_the_image_is_named():
    last = over(exitCode=128, reason="StartError", message='exec: "dask-worker": not found')
    said = pod_reason(pod(state=waiting("CrashLoopBackOff"), lastState=last), "worker")
    assert 'StartError, exit code 128: exec: "dask-worker": not found.' in said


def test_a_container_that_runs_again_after_its_end_is_told_until_it_is_ready():
    again = pod(phase="Running", state={"running": {}}, lastState=over(), ready=False)
    assert "was restarted after it exited" in pod_reason(again, "scheduler")
    fine = pod(phase="Running", state={"running": {}}, lastState=over(), ready=True)
    assert pod_reason(fine, "scheduler") == ""


def test_a_pod_without_a_node_says_what_the_scheduler_of_kubernetes_says():
    message = "0/8 nodes are available: 8 Insufficient cpu."
    condition = {"type": "PodScheduled", "status": "False", "message": message}
    said = pod_reason(pod(conditions=[condition]), "worker")
    assert said == "No node can run the worker: 0/8 nodes are available: 8 Insufficient cpu."


def test_what_interlink_waits_for_is_passed_on():
    said = pod_reason(pod(state=waiting("Remote pod submitted", "queued")), "worker")
    assert said == "The worker is waiting: Remote pod submitted: queued."


def test_an_evicted_pod_says_so():
    gone = pod(phase="Failed")
    gone["status"]["message"] = "The node was low on resource: memory."
    said = pod_reason(gone, "worker")
    assert said == "The worker has ended: The node was low on resource: memory."


def test_an_operator_that_takes_nothing_up_is_suspected_after_a_while():
    resource = {"metadata": {"name": "z", "creationTimestamp": MADE}}
    assert operator_reason(resource, AT + 5) == ""
    assert "may not be running" in operator_reason(resource, AT + 25)
    assert operator_reason({**resource, "status": {"phase": "Running"}}, AT + 25) == ""
    refused = operator_reason({**resource, "status": {"phase": "Error"}}, AT + 1)
    assert refused.startswith("The Dask operator rejected")


def test_a_pod_that_does_not_appear_is_a_quotas_or_the_operators_fault():
    assert missing_reason("scheduler", 4, "") == ""
    assert "A quota may be exhausted" in missing_reason("scheduler", 12, "")
    named = missing_reason("worker", 4, "exceeded quota: per-user, used: pods=3, limited: pods=3")
    assert named.startswith("The worker pod cannot be created: exceeded quota: per-user")


def test_a_cluster_that_is_not_let_go_of_names_who_holds_it():
    finalizers = ["kopf.zalando.org/KopfFinalizerMarker"]
    metadata = {"name": "z", "deletionTimestamp": MADE, "finalizers": finalizers}
    assert closing_reason({"metadata": metadata}, AT + 3) == ""
    said = closing_reason({"metadata": metadata}, AT + 31)
    assert "for 30 s (kopf.zalando.org/KopfFinalizerMarker)" in said


def test_a_reason_is_one_line_of_bounded_length():
    assert ended("a\n b.") == "a b."
    assert len(ended("x" * 1000)) == 300


def test_the_reason_of_most_pods_is_shown():
    assert commonest(["", "a", "b", "b", ""]) == "b"
    assert commonest(["", ""]) == ""


def test_pods_that_are_going_do_not_count():
    labels = {"dask.org/component": "worker"}
    first = {"name": "a", "labels": labels, "creationTimestamp": MADE}
    going = {**first, "name": "b", "deletionTimestamp": MADE}
    found = pods_of([{"metadata": going}, {"metadata": first}], "worker")
    assert [one["metadata"]["name"] for one in found] == ["a"]
