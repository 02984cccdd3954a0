"""What a profile delivers is on every worker, for its owner only, and as new as its source."""

from __future__ import annotations

import json
import time

import pytest
from distributed import Client

from hrlab.model.cluster import Target
from hrlab.model.profile import Deliver
from tests.kube.bed.bed import NAMESPACE
from tests.kube.user import is_ready, says

SECRETS = f"/api/v1/namespaces/{NAMESPACE}/secrets"


def look(path: str):
    def found():  # a function of this function travels by value
        import tracemalloc
        from pathlib import Path

        file = Path(path)
        content = file.read_text() if file.exists() else ""
        mode = oct(file.stat().st_mode & 0o777) if content else ""
        return content, mode, tracemalloc.is_tracing()

    return found


async def on_workers(cluster, path):
    async with Client(cluster.scheduler_address, asynchronous=True) as client:
        return set((await client.run(look(str(path)))).values())


@pytest.fixture
def proxy(tmp_path):
    source = tmp_path / "x509up"
    source.write_text("first")
    return source


async def test_files_and_setup_are_on_every_worker_and_files_are_renewed(
    secrets, user, bed, proxy, tmp_path, monkeypatch
):
    monkeypatch.setattr("hrlab.clusters.kubernetes.secret_sync.LOOK_SECONDS", 0.5)
    there = tmp_path / "there" / "proxy"
    # Each pod has the same file system here: whether a late worker writes is seen when the file was removed.
    deliver = Deliver(files={str(proxy): str(there)}, setup="tracemalloc:start")
    user.profile(deliver=deliver, template={"environment": {"HRLAB_DELIVERED_LOOK_SECONDS": "0.3"}})
    made = await user.create(workers=1)
    ready = await user.sees(made.id, is_ready)
    assert ready.versions["python"]
    assert await on_workers(ready, there) == {("first", "0o600", True)}

    there.unlink()
    await user.clusters.scale(made.id, Target(workers=2))
    await user.sees(made.id, lambda one: one.workers.ready == 2)
    assert await on_workers(ready, there) == {("first", "0o600", True)}

    proxy.write_text("second")
    deadline = time.monotonic() + 30
    while await on_workers(ready, there) != {("second", "0o600", True)}:
        assert time.monotonic() < deadline
    resources = bed.call(
        "GET", f"/apis/kubernetes.dask.org/v1/namespaces/{NAMESPACE}/daskclusters", token="user"
    )
    assert "second" not in json.dumps(resources)


async def test_files_that_nobody_may_keep_secret_are_not_delivered(user, proxy):
    user.profile(deliver=Deliver(files={str(proxy): "/tmp/proxy"}))
    made = await user.create()
    failed = await user.sees(made.id, lambda one: one.state == "failed")
    assert "not allowed to create Secrets" in failed.reason
    assert "in_clear" not in failed.reason
    await user.clusters.close(made.id)


async def test_a_file_that_is_not_there_is_said(user, tmp_path):
    user.profile(deliver=Deliver(files={str(tmp_path / "none"): "/tmp/proxy"}))
    made = await user.create()
    failed = await user.sees(made.id, lambda one: one.state == "failed")
    assert failed.reason.startswith("Cannot deliver ")
    assert failed.reason.endswith(": No such file or directory.")
    await user.clusters.close(made.id)


async def test_a_setup_that_fails_is_said_of_a_cluster_that_is_ready(user):
    user.profile(deliver=Deliver(setup="nosuch.module:function"))
    made = await user.create(workers=1)
    seen = await user.sees(made.id, says("Worker setup failed", "No module named"))
    assert seen.state == "ready"
