"""What is said when a cluster does not come up, as a user with the facility's role sees it."""

from __future__ import annotations

import asyncio
import copy

import pytest
from distributed import Client

from hrlab.clusters.kubernetes.manifest import resource_of
from hrlab.model.errors import BackendError
from hrlab.model.profile import Deliver
from tests.kube.bed.bed import NAMESPACE, SITE
from tests.kube.user import is_ready, says

QUOTAS = f"/api/v1/namespaces/{NAMESPACE}/resourcequotas"
SERVICES = f"/api/v1/namespaces/{NAMESPACE}/services"
CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/daskclusters.kubernetes.dask.org"


async def cancelled(user, made) -> None:
    """Cancel a start; the fixture sees that nothing is left."""
    await user.clusters.close(made.id)
    await user.sees_gone(made.id)


async def test_an_image_that_cannot_be_pulled(user):
    made = await user.create(image="nosuch:1")
    seen = await user.sees(made.id, says("Cannot pull the image nosuch:1 of the scheduler"))
    assert seen.state == "starting"
    steps = ["done", "running", "running", "waiting"]  # the Service may come after the pod
    await user.sees(made.id, lambda one: [step.state for step in one.steps] == steps)
    assert "pull" in seen.steps[1].detail
    await cancelled(user, made)


async def test_more_cores_than_any_node_has(user):
    user.profile(template={"scheduler": {"cores": 64}})
    made = await user.create()
    await user.sees(made.id, says("No node can run the scheduler", "Insufficient cpu"))
    await cancelled(user, made)


async def test_a_node_whose_taint_is_not_tolerated(user):
    pod = {"nodeSelector": {"kubernetes.io/hostname": SITE}}
    user.profile(template={"pod": pod})
    made = await user.create()
    await user.sees(made.id, says("No node can run the scheduler", "untolerated taint"))
    await cancelled(user, made)


async def test_a_scheduler_that_ends_at_once(user):
    command = ["python", "-c", "import sys; sys.exit(3)"]
    user.profile(template={"scheduler": {"command": command}})
    made = await user.create()
    await user.sees(made.id, says("The scheduler exits right after its start", "exit code 3"))
    await cancelled(user, made)


async def test_executables_that_the_image_does_not_have(user):
    user.profile(template={"scheduler": {"command": ["dask-scheduler"]}})
    made = await user.create()
    await user.sees(made.id, says("StartError", '"dask-scheduler": executable file not found'))
    await cancelled(user, made)


async def test_executables_of_old_images(user):
    """``dask-worker`` as one program, as images from before 2022 have it."""
    module = ["python", "-m"]
    template = {
        "scheduler": {"command": [*module, "distributed.cli.dask_scheduler"]},
        "worker": {"command": [*module, "distributed.cli.dask_worker"], "workers": "{workers}"},
    }
    user.profile(template=template)
    made = await user.create(workers=1)
    await user.sees(made.id, is_ready)


async def test_workers_that_do_not_come_are_said_of_a_cluster_that_is_ready(user):
    worker = {"image": "nosuch:2", "workers": "{workers}"}
    user.profile(template={"worker": worker})
    made = await user.create(workers=2)
    seen = await user.sees(made.id, says("Cannot pull the image nosuch:2 of the worker"))
    assert (seen.state, seen.workers.ready, seen.workers.asked) == ("ready", 0, 2)
    assert seen.steps[3].detail.startswith("0 of 2 workers")


async def test_a_quota_is_named_though_it_may_not_be_read(user, bed):
    quota = {"metadata": {"name": "per-user"}, "spec": {"hard": {"pods": "0"}}}
    bed.call("POST", QUOTAS, quota)
    try:
        made = await user.create()
        await user.sees(made.id, says("The scheduler pod cannot be created", "quota: per-user"))
        await cancelled(user, made)
    finally:
        bed.call("DELETE", f"{QUOTAS}/per-user")


async def test_a_quota_that_stops_workers(user, bed):
    quota = {"metadata": {"name": "per-user"}, "spec": {"hard": {"pods": "2"}}}
    bed.call("POST", QUOTAS, quota)
    try:
        made = await user.create(workers=3)
        refused = says("The worker pod cannot be created", "limited: pods=2")
        seen = await user.sees(made.id, lambda one: refused(one) and one.workers.ready == 1)
        assert seen.state == "ready"
        await cancelled(user, made)
    finally:
        bed.call("DELETE", f"{QUOTAS}/per-user")


async def test_pods_that_do_not_appear_for_a_reason_that_nobody_tells(user, bed):
    bed.call(
        "POST",
        "/_test/faults",
        [{"verb": "create", "resource": "deployments", "code": 500, "times": 99}],
    )
    made = await user.create()
    await user.sees(made.id, says("No scheduler pod has appeared", "quota may be exhausted"))
    await cancelled(user, made)


async def test_an_operator_that_does_not_run(user, bed):
    bed.kill("operator")
    made = await user.create()
    seen = await user.sees(made.id, says("The Dask operator has not processed the cluster"))
    assert seen.steps[0].state == "running"
    await cancelled(user, made)


async def test_a_start_that_takes_too_long_is_given_up_and_removed(user, bed):
    user.profile(start_timeout_seconds=6)
    made = await user.create(image="nosuch:1")
    failed = await user.sees(made.id, lambda one: one.state == "failed", 20)
    assert failed.reason.startswith(
        "Not ready after 6 s; the start was cancelled and removed. Cannot pull the image nosuch:1"
    )
    path = f"/apis/kubernetes.dask.org/v1/namespaces/{NAMESPACE}/daskclusters"
    while bed.names(path):
        await asyncio.sleep(0.1)
    assert user.shown(made.id).state == "failed"
    await user.clusters.close(made.id)
    await user.sees_gone(made.id, 5)


async def test_an_operator_that_dies_before_a_cluster_is_closed(user, bed):
    made = await user.create(workers=1)
    await user.sees(made.id, is_ready)
    bed.kill("operator")
    await user.clusters.close(made.id)
    seen = await user.sees(
        made.id, says("has not finished the deletion", "Close the cluster again"), 30
    )
    assert seen.state == "closing"
    await user.clusters.close(made.id)
    await user.sees_gone(made.id)


@pytest.fixture
def patched_crd(bed):
    """The CRD as the facility has it: ``targetPort`` is an integer."""
    stock = bed.call("GET", CRD)
    patched = copy.deepcopy(stock)
    port = patched["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    for key in ("scheduler", "service", "ports"):
        port = port["properties"][key]
    port["items"]["properties"]["targetPort"]["type"] = "integer"
    patched["metadata"].pop("resourceVersion")
    bed.call("PUT", CRD, patched)
    yield
    stock["metadata"].pop("resourceVersion")
    bed.call("PUT", CRD, stock)


async def test_the_crd_that_was_patched_for_offloading(user, patched_crd):
    for _ in range(2):  # the second is asked for in the right form at once
        made = await user.create(workers=1)
        await user.sees(made.id, is_ready)
        await cancelled(user, made)  # while this CRD holds: the stock one lets nobody change it


async def test_what_kubernetes_refuses_is_said(user):
    user.profile(template={"scheduler": {"service": {"type": 7}}})
    made = await user.create()
    seen = await user.sees(made.id, lambda one: one.state == "failed")
    assert seen.reason.startswith("Kubernetes refused the cluster: DaskCluster.kubernetes.dask.org")
    await user.clusters.close(made.id)


async def test_a_name_that_is_taken(user):
    await user.arrive()
    plan = user.plan()
    await user.clusters.create(plan)
    await user.sees(plan.id, is_ready)
    path = user.clusters._changes
    with pytest.raises(Exception, match="already exists"):
        other = resource_of(plan, user.site.namespace)
        other["metadata"]["annotations"]["hrlab/created-at"] = "1"
        await path.make(other)


async def test_environment_is_delivered(user):
    user.profile(deliver=Deliver(environment={"X509_CERT_DIR": "/cvmfs/grid/certificates"}))
    made = await user.create()
    ready = await user.sees(made.id, is_ready)
    assert await on_workers(ready, "X509_CERT_DIR") == ["/cvmfs/grid/certificates"]


async def on_workers(cluster, name: str) -> list[str]:
    def look():  # a function of this function travels by value
        import os

        return os.environ.get(name)

    async with Client(cluster.scheduler_address, asynchronous=True) as client:
        found = await client.run(look)
    return list(found.values())


async def test_logs_are_not_for_this_account(user):
    made = await user.create(workers=0)
    await user.sees(made.id, is_ready)
    with pytest.raises(BackendError, match="Your account is not allowed to read logs"):
        await user.clusters.logs(made.id)
