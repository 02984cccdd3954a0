"""Clusters that say they are a user's and are not: anybody with the namespace's account can write any label."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from hrlab.api.connect import choose
from hrlab.clusters.kubernetes.accounting import CountedKubernetes
from hrlab.clusters.kubernetes.manifest import owner_label
from hrlab.clusters.kubernetes.operations import Operations
from hrlab.model.errors import UsageError
from hrlab.model.wire import encode
from tests.kube.bed.bed import NAMESPACE
from tests.kube.site import DASK
from tests.kube.user import User, is_ready

CLUSTERS = f"{DASK}/namespaces/{NAMESPACE}/daskclusters"
GROUPS = f"{DASK}/namespaces/{NAMESPACE}/daskworkergroups"
SIGNATURE = "hrlab/signature"


@pytest.fixture(autouse=True)
def counted(user):
    """The kind that also says what clusters hold."""
    user.kind = CountedKubernetes


@pytest.fixture
def forge(bed):
    """Posts a cluster as a stranger in the namespace would: a copy of another, with changes; they are gone afterwards."""
    names = []

    def post(model, name, *, labels=None, annotations=None):
        metadata = model["metadata"]
        kept = {k: v for k, v in metadata["annotations"].items() if k.startswith("hrlab/")}
        new = {
            "name": name,
            "namespace": NAMESPACE,
            "labels": {**metadata["labels"], **(labels or {})},
            "annotations": {**kept, **(annotations or {})},
        }
        body = {key: model[key] for key in ("apiVersion", "kind", "spec")}
        made = bed.call("POST", CLUSTERS, {**body, "metadata": new}, token="user")
        assert made["kind"] == "DaskCluster", made
        names.append(name)
        return made

    yield post
    for name in names:
        # Deleted before, its worker group would stay: nobody but its user's server removes it.
        while (
            not bed.call("GET", f"{GROUPS}/{name}-default")
            .get("metadata", {})
            .get("ownerReferences")
        ):
            time.sleep(0.05)
        bed.call("DELETE", f"{CLUSTERS}/{name}")


def claim(user, cluster_id):
    return next(one for one in user.clusters.claims() if one.id == cluster_id)


def listed(user):
    """What `hrlab.connect` is told."""
    return {"clusters": [encode(one) for one in user.clusters.clusters()], "problems": []}


async def signature_of(bed, name):
    """The signature of a cluster, once it says for which object it is."""
    while True:
        metadata = bed.call("GET", f"{CLUSTERS}/{name}")["metadata"]
        if metadata["annotations"].get(SIGNATURE, "").startswith(metadata["uid"]):
            return metadata["annotations"][SIGNATURE]
        await asyncio.sleep(0.05)


async def gone(bed, name):
    while name in bed.names(CLUSTERS):
        await asyncio.sleep(0.05)


def is_claimed(cluster):
    """As one that says that it is the user's is shown."""
    return not cluster.mine and cluster.owner is None and "labelled as yours" in cluster.reason


async def test_a_cluster_with_the_label_of_a_user_is_not_that_users(user, site, bed, forge):
    made = await user.create(workers=0)
    await user.sees(made.id, is_ready)
    real = bed.call("GET", f"{CLUSTERS}/{made.id}")
    bob = User(site, logging.getLogger("hrlab.tests"), owner="bob")
    bob.kind = CountedKubernetes
    await bob.arrive()
    forge(
        real,
        "evil-1",
        labels={"hrlab/owner": owner_label("bob")},
        annotations={"hrlab/name": "zee"},
    )
    seen = await bob.sees("evil-1", lambda one: one.created_at)
    recounted = {one.id: one.mine for one in await bob.clusters.recount()}
    held = {one.id: one.mine for one in bob.clusters.claims()}
    known = listed(bob)
    await bob.vanish()
    assert is_claimed(seen), seen
    assert recounted == held == {made.id: False, "evil-1": False}
    for wanted in (None, "zee", "evil-1"):
        with pytest.raises(UsageError):
            choose(known, wanted)
    assert choose(known, "evil-1", others=True)["id"] == "evil-1"


async def test_a_signature_says_nothing_of_another_object(user, bed, forge):
    made = await user.create(workers=0)
    await user.sees(made.id, is_ready)
    signature = await signature_of(bed, made.id)
    real = bed.call("GET", f"{CLUSTERS}/{made.id}")
    forge(real, "evil-2", annotations={SIGNATURE: signature})
    assert is_claimed(await user.sees("evil-2", lambda one: True))
    assert (claim(user, made.id).mine, claim(user, "evil-2").mine) == (True, False)

    bed.call("DELETE", f"{CLUSTERS}/{made.id}")
    await gone(bed, made.id)
    forge(real, made.id)  # under the same name, with all that the real one said
    await user.sees(made.id, is_claimed)
    await user.vanish()
    await user.arrive()
    await user.sees(made.id, is_claimed)


async def test_a_label_that_was_changed_takes_no_cluster_from_its_user(user, bed):
    made = await user.create(workers=0)
    await user.sees(made.id, is_ready)
    signature = await signature_of(bed, made.id)
    labels = {"labels": {"hrlab/owner": owner_label("bob")}, "annotations": {SIGNATURE: None}}
    bed.call("PATCH", f"{CLUSTERS}/{made.id}", {"metadata": labels}, token="user")
    assert await signature_of(bed, made.id) == signature
    assert user.shown(made.id).mine


async def test_a_second_server_of_the_user_knows_and_closes_what_the_first_has_made(
    user, site, bed
):
    await user.arrive()
    second = User(site, logging.getLogger("hrlab.tests"))
    second.kept = user.kept
    await second.arrive()
    made = await user.create(workers=0)
    await second.sees(made.id, lambda one: one.mine and is_ready(one))
    await second.clusters.close(made.id)
    await user.sees_gone(made.id)
    await second.sees_gone(made.id)
    await second.vanish()


async def test_after_the_home_was_lost_clusters_say_that_they_are_the_users_and_are_left_alone(
    user, site, bed
):
    made = await user.create(workers=0)
    await user.sees(made.id, is_ready)
    await signature_of(bed, made.id)
    anew = User(site, logging.getLogger("hrlab.tests"))
    anew.kept = user.kept.parent / "new" / "kubernetes.json"
    await anew.arrive()
    seen = await anew.sees(made.id, is_ready)
    await anew.vanish()
    assert is_claimed(seen)


@pytest.mark.parametrize("answered", [True, False])
async def test_a_server_that_is_gone_before_it_could_sign_loses_no_cluster(
    user, site, bed, monkeypatch, answered
):
    make, asked = Operations.make, asyncio.Event()

    async def making(changes, resource):
        found = await make(changes, resource)
        asked.set()
        if not answered:
            await asyncio.Event().wait()
        return found

    async def noting(*_):
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr(Operations, "make", making)
        patch.setattr(Operations, "annotate", noting)
        made = await user.create(workers=0)
        await asked.wait()
        await user.sees(made.id, lambda one: one.steps[0].state == "done")
        await user.vanish()
    anew = User(site, logging.getLogger("hrlab.tests"))
    await anew.arrive()
    assert is_claimed(await anew.sees(made.id, lambda one: True))
    await anew.vanish()
    await user.arrive()
    await user.sees(made.id, lambda one: one.mine and is_ready(one))
    await signature_of(bed, made.id)


async def test_a_worker_group_without_a_cluster_is_deleted_by_its_users_server_only_if_it_is_signed(
    user, bed, forge
):
    made = await user.create(workers=0)
    await user.sees(made.id, is_ready)
    await signature_of(bed, made.id)
    model = bed.call("GET", f"{GROUPS}/{made.id}-default")
    labels, annotations = model["metadata"]["labels"], model["metadata"]["annotations"]
    assert SIGNATURE in annotations  # the operator has copied it

    def post(name, cluster):
        about = {"labels": {**labels, "dask.org/cluster-name": cluster}, "annotations": annotations}
        body = {key: model[key] for key in ("apiVersion", "kind")}
        spec = {**model["spec"], "cluster": cluster}
        bed.call(
            "POST",
            GROUPS,
            {**body, "metadata": {"name": name, **about}, "spec": spec},
            token="user",
        )

    post("strangers-default", "strangers")
    await user.clusters.close(made.id)
    await user.sees_gone(made.id)
    post(f"{made.id}-default", made.id)
    while f"{made.id}-default" in bed.names(GROUPS):
        await asyncio.sleep(0.1)
    assert "strangers-default" in bed.names(GROUPS)
    bed.call("DELETE", f"{GROUPS}/strangers-default")
