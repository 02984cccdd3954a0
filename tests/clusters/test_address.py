"""Attached clusters: a scheduler that somebody else runs."""

from __future__ import annotations

import asyncio
import json
import stat

import pytest
from distributed import Client, LocalCluster

from hrlab.clusters import address
from hrlab.clusters.address import AddressClusters
from hrlab.model.cluster import Target
from hrlab.model.errors import BackendError, ConflictError, NotFoundError
from hrlab.model.profile import Profile
from hrlab.model.wire import encode
from tests.clusters.queues import free_port
from tests.clusters.side import Side, plan


@pytest.fixture(scope="module")
def theirs():
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address="127.0.0.1:0",
        protocol="tcp", host="127.0.0.1",
    ) as cluster:  # fmt: skip
        yield cluster


@pytest.fixture
def listed(tmp_path, monkeypatch):
    monkeypatch.setattr(address, "LOOK_SECONDS", 0.2)
    sides = []

    def make():
        sides.append(Side(AddressClusters(tmp_path / "hrlab" / "attached.json", "alice")))
        return sides[-1]

    yield make
    for side in sides:
        side.stop()


def attach(side, scheduler, dashboard=None, cluster_id="test-1"):
    template = {"address": scheduler, "dashboard": dashboard}
    return side(
        side.kind.create(plan(cluster_id, Profile(name="test", kind="address", template=template)))
    )


def dashboard_of(cluster):
    return f"http://127.0.0.1:{cluster.scheduler.http_server.port}"


def test_is_ready_with_workers_and_tasks_and_survives_a_restart(listed, theirs, tmp_path):
    side = listed()
    assert attach(side, theirs.scheduler_address, dashboard_of(theirs)).state == "starting"
    cluster = side.wait("ready")
    assert (cluster.workers.ready, cluster.cores, cluster.tasks) == (2, 2, 0)
    assert (cluster.kind, cluster.dashboard_path) == ("address", "hrlab/dashboard/test-1")
    assert side.kind.dashboard_url("test-1") == dashboard_of(theirs)
    side.stop()
    again = listed()
    assert again.wait("ready").scheduler_address == theirs.scheduler_address
    assert stat.S_IMODE((tmp_path / "hrlab" / "attached.json").stat().st_mode) == 0o600


def test_closing_takes_it_off_the_list_only(listed, theirs):
    side = listed()
    attach(side, theirs.scheduler_address)
    side.wait("ready")
    side.close()
    assert not listed().kind.clusters()
    with Client(theirs.scheduler_address) as client:
        assert client.submit(abs, -3).result() == 3


def test_nobody_listening_is_unreachable_until_somebody_does(listed, monkeypatch):
    monkeypatch.setattr(address, "ANSWER_SECONDS", 0.5)
    port, side = free_port(), listed()
    attach(side, f"tcp://127.0.0.1:{port}")
    cluster = side.wait("unreachable")
    assert cluster.reason.startswith(f"Cannot connect to the scheduler at tcp://127.0.0.1:{port}: ")
    how = {
        "processes": False,
        "protocol": "tcp",
        "host": "127.0.0.1",
        "dashboard_address": "127.0.0.1:0",
    }
    with LocalCluster(n_workers=0, threads_per_worker=1, scheduler_port=port, **how):
        side.wait("ready")
    side.wait("unreachable")


def test_a_dashboard_that_does_not_answer_is_said_and_not_offered(listed, theirs):
    side = listed()
    attach(side, theirs.scheduler_address, f"http://127.0.0.1:{free_port()}")
    cluster = side.wait("ready")
    assert "did not respond" in cluster.reason
    assert cluster.dashboard_path is None


def test_two_servers_of_one_user_see_the_same(listed, theirs):
    one, two = listed(), listed()
    attach(one, theirs.scheduler_address)
    two.until(lambda: two.get() is not None)
    two.close()
    one.until(lambda: one.get() is None)


def test_is_not_scaled_and_unknown_ones_are_not_found(listed, theirs):
    side = listed()
    attach(side, theirs.scheduler_address)
    with pytest.raises(ConflictError, match="Scale it where it was created"):
        side(side.kind.scale("test-1", Target(workers=1)))
    with pytest.raises(ConflictError):
        attach(side, theirs.scheduler_address)
    with pytest.raises(NotFoundError):
        side(side.kind.close("test-2"))
    with pytest.raises(BackendError, match="'where'"):
        attach(side, "tcp://{where}", cluster_id="test-3")


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[1]", '[{"name": "a"}]', "{}", "[" * 100_000],
    ids=lambda text: text[:20],
)
def test_a_list_that_cannot_be_read_is_empty(listed, theirs, tmp_path, text):
    (tmp_path / "hrlab").mkdir()
    (tmp_path / "hrlab" / "attached.json").write_text(text)
    side = listed()
    assert not side.kind.clusters()
    attach(side, theirs.scheduler_address)
    assert listed().get() is not None


ODD_ANSWERS = [
    b'"x"',
    b"null",
    b"[]",
    b"NaN",
    b"text",
    b'{"workers": 1e999}',
    b'{"workers": NaN}',
    b'{"workers": "2"}',
]
ODD_ANSWERS += [
    b'{"workers": -1}',
    b'{"workers": true}',
    b'{"tasks": {}}',
    b"[" * 5000,
    b'{"cores": 1e99}',
]


@pytest.mark.parametrize("answer", ODD_ANSWERS, ids=lambda one: one[:20].decode())
def test_what_is_no_answer_of_a_dask_dashboard_is_said(answer):
    with pytest.raises(ValueError, match="not from a Dask dashboard"):
        address.counts_of(answer)


def test_an_address_that_is_none_is_unreachable():
    seen = asyncio.run(address.poll("tcp://[::1", None))
    assert seen.state == "unreachable"
    assert "Cannot connect to the scheduler at tcp://[::1" in seen.reason


def test_counts_of_a_scheduler_are_read():
    assert address.counts_of(b'{"workers": 2, "tasks": 7, "bytes": 1e99}') == {
        "workers": 2,
        "tasks": 7,
    }


def test_a_cluster_with_an_odd_dashboard_is_listed_with_the_reason(listed, theirs, monkeypatch):
    async def odd(url):
        return b'{"workers": NaN}'

    monkeypatch.setattr(address, "get", odd)
    side = listed()
    attach(side, theirs.scheduler_address, dashboard_of(theirs))
    cluster = side.wait("ready")
    assert "not from a Dask dashboard" in cluster.reason
    assert (cluster.workers.ready, cluster.cores, cluster.tasks) == (0, 0, None)
    side(side.kind.close("test-1"))
    assert side.kind.clusters() == []


GOOD_ENTRY = {
    "id": "good-1",
    "name": "good",
    "profile": "theirs",
    "site": None,
    "owner": "alice",
    "created_at": 1.0,
    "address": "tcp://127.0.0.1:1",
    "dashboard": None,
}


@pytest.mark.parametrize("value", [[1], True, float("nan")], ids=str)
@pytest.mark.parametrize("field", [name for name in GOOD_ENTRY if name != "id"])
def test_an_odd_entry_of_the_list_is_shown_as_broken_beside_the_others(
    tmp_path, monkeypatch, field, value
):
    file = tmp_path / "attached.json"
    file.write_text(json.dumps([{**GOOD_ENTRY, "id": "odd-1", field: value}, GOOD_ENTRY]))
    side = Side(address.AddressClusters(file, "alice"))
    try:
        side.until(lambda: "Cannot connect to the scheduler" in side.get("good-1").reason)
        odd = side.get("odd-1")
        assert (odd.id, odd.state) == ("odd-1", "unreachable")
        assert f"attached.json.{field} must be" in odd.reason
        json.dumps(encode(side.kind.clusters()), allow_nan=False)
        assert side.kind.dashboard_url("odd-1") is None
        side(side.kind.close("odd-1"))
        assert [one["id"] for one in json.loads(file.read_text())] == ["good-1"]
    finally:
        side.stop()


def test_closing_a_good_one_leaves_an_odd_one_on_the_list(tmp_path):
    file = tmp_path / "attached.json"
    file.write_text(json.dumps([{**GOOD_ENTRY, "id": "odd-1", "address": 5}, GOOD_ENTRY]))
    side = Side(address.AddressClusters(file, "alice"))
    try:
        side(side.kind.close("good-1"))
        assert [one["id"] for one in json.loads(file.read_text())] == ["odd-1"]
    finally:
        side.stop()
