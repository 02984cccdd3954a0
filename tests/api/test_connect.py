"""A kernel finds its server and its cluster, or says why not."""

from __future__ import annotations

import json

import pytest

from hrlab.api.connect import choose, mismatches, told_before, wait_for_address
from hrlab.api.jupyter_server import ParentServer, find_parent_server
from hrlab.model.errors import BackendError, NotFoundError, UsageError
from tests.api.http_server import Answering


def runtime_file(tmp_path, number=7, name="jpserver", **info):
    (tmp_path / f"{name}-{number}.json").write_text(json.dumps(info))
    return {"JPY_PARENT_PID": str(number), "JUPYTER_RUNTIME_DIR": str(tmp_path)}


@pytest.mark.parametrize("name", ["jpserver", "nbserver"])
def test_server_is_found_by_the_file_of_the_process_that_started_the_kernel(tmp_path, name):
    runtime_file(tmp_path, 8, url="http://localhost:1/", token="other")
    environ = runtime_file(tmp_path, name=name, url="http://localhost:8888/user/a/", token="t")
    assert find_parent_server(environ) == ParentServer("http://localhost:8888/user/a/", "t")


def test_under_a_hub_the_token_is_the_hubs_and_every_address_is_this_machine(tmp_path):
    environ = runtime_file(tmp_path, url="http://0.0.0.0:8888/user/a/", token="")
    environ["JUPYTERHUB_API_TOKEN"] = "hub"
    assert find_parent_server(environ) == ParentServer("http://127.0.0.1:8888/user/a/", "hub")


def test_below_the_hubs_prefix_the_hubs_token_wins_over_that_of_the_file(tmp_path):
    environ = runtime_file(tmp_path, url="http://127.0.0.1:8888/user/a/", token="random")
    environ |= {"JUPYTERHUB_API_TOKEN": "hub", "JUPYTERHUB_SERVICE_PREFIX": "/user/a/"}
    assert find_parent_server(environ).token == "hub"


def test_a_server_of_its_own_started_in_a_users_pod_keeps_its_token(tmp_path):
    environ = runtime_file(tmp_path, url="http://127.0.0.1:8889/", token="own")
    environ |= {"JUPYTERHUB_API_TOKEN": "hub", "JUPYTERHUB_SERVICE_PREFIX": "/user/a/"}
    assert find_parent_server(environ).token == "own"


def test_without_a_file_the_hubs_environment_says_where_the_server_is():
    environ = {
        "JUPYTERHUB_SERVICE_URL": "http://0.0.0.0:8888/user/a/",
        "JUPYTERHUB_SERVICE_PREFIX": "/user/a/",
        "JUPYTERHUB_API_TOKEN": "hub",
    }
    assert find_parent_server(environ) == ParentServer("http://127.0.0.1:8888/user/a/", "hub")


@pytest.mark.parametrize("environ", [{}, {"JPY_PARENT_PID": "x"}, {"JPY_PARENT_PID": "7"}])
def test_without_a_server_it_says_what_to_do(tmp_path, environ):
    with pytest.raises(UsageError, match=r"distributed\.Client with the address"):
        find_parent_server({**environ, "JUPYTER_RUNTIME_DIR": str(tmp_path)})


def test_the_key_is_in_no_text_of_the_server():
    assert "secret" not in repr(ParentServer("http://localhost/", "secret"))


def test_server_is_asked_with_the_token_and_past_any_proxy(answering, monkeypatch):
    monkeypatch.setattr(Answering, "answer", (200, b'{"clusters": []}'))
    assert answering.get("clusters") == {"clusters": []}
    assert Answering.asked == ("/a/hrlab/api/clusters", "token t")


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (404, b"<html>", NotFoundError, "does not have hrlab"),
        (403, b'{"error": {"message": "Log in again."}}', BackendError, "403. Log in again."),
        (500, b"oops", BackendError, "responded with status 500"),
        (200, b"no json", BackendError, "does not respond"),
    ],
)
def test_what_the_server_says_is_told(answering, monkeypatch, status, body, kind, words):
    monkeypatch.setattr(Answering, "answer", (status, body))
    with pytest.raises(kind, match=words):
        answering.get("clusters")


def test_server_that_has_gone_is_told():
    with pytest.raises(BackendError, match="does not respond"):
        ParentServer("http://127.0.0.1:9/", "").get("clusters")


def cluster(id_, name="zee", state="ready", mine=True, reason=""):
    address = "tcp://here:1" if state == "ready" else None
    return {
        "id": id_,
        "name": name,
        "state": state,
        "mine": mine,
        "reason": reason,
        "scheduler_address": address,
        "profile": None,
    }


def listed(*clusters, problems=()):
    return {"clusters": list(clusters), "problems": list(problems)}


def test_id_wins_over_name_and_a_living_cluster_over_a_failed_one():
    found = listed(cluster("a", "b"), cluster("b", "a"), cluster("c", "b", "failed"))
    assert choose(found, "b")["id"] == "b"
    assert choose(listed(cluster("1", state="failed"), cluster("2")), "zee")["id"] == "2"


def test_without_a_name_the_only_one_is_meant_of_mine_and_ready():
    found = listed(cluster("a", mine=False), cluster("b"), cluster("c", state="starting"))
    assert choose(found, None)["id"] == "b"
    with pytest.raises(UsageError, match=r"zee \(a\), other \(b\)\. Pass the id"):
        choose(listed(cluster("a"), cluster("b", "other")), None)
    with pytest.raises(UsageError, match="Create one in the panel"):
        choose(listed(cluster("a", state="failed")), None)


def test_a_name_means_my_cluster_even_if_it_is_the_id_of_anothers():
    found = listed(
        cluster("zee", "x", mine=False), cluster("a", "zee"), cluster("b", "zee", mine=False)
    )
    assert choose(found, "zee")["id"] == "a"
    assert choose(found, "zee", others=True)["id"] == "a"


@pytest.mark.parametrize("others", [False, True])
def test_a_name_never_means_anothers_cluster(others):
    found = listed(cluster("bobs-1", "zee", mine=False), cluster("a", "mine"))
    with pytest.raises(
        UsageError, match=r"not known to be one of your.*connect\('bobs-1', others=True\)"
    ):
        choose(found, "zee", others=others)


def test_anothers_cluster_is_chosen_by_its_id_with_consent_only():
    found = listed(cluster("bobs-1", "zee", mine=False))
    with pytest.raises(UsageError, match="can run code in a kernel"):
        choose(found, "bobs-1")
    assert choose(found, "bobs-1", others=True)["id"] == "bobs-1"


def test_anothers_cluster_is_not_suggested_for_a_wrong_name():
    with pytest.raises(UsageError, match="You have none; create one"):
        choose(listed(cluster("bobs-1", "zee", mine=False)), "zea")


def test_unknown_name_tells_the_nearest_and_what_can_not_be_seen():
    problems = [{"kind": "kubernetes", "reason": "Kubernetes does not answer."}]
    with pytest.raises(UsageError, match=r"Did you mean zee\? Kubernetes does not answer"):
        choose(listed(cluster("a"), problems=problems), "ze")


class Young:
    """A server that still looks for clusters of one kind at the first questions."""

    def __init__(self, blind: int) -> None:
        self.blind = blind

    def get(self, path):
        self.blind -= 1
        problems = [{"kind": "kubernetes", "reason": "Clusters are still being looked for."}]
        return listed(problems=problems) if self.blind >= 0 else listed(cluster("a"))


def test_a_server_that_still_looks_is_asked_again_before_none_is_said():
    clock = Clock()
    assert wait_for_address(Young(3), "zee", 60, clock.sleep, clock)["id"] == "a"
    with pytest.raises(UsageError, match=r"There is no cluster 'zee'.*still being looked for"):
        wait_for_address(Young(50), "zee", 60, clock.sleep, clock)


def test_a_server_that_sees_everything_is_asked_once():
    clock = Clock()
    with pytest.raises(UsageError, match="There is no cluster 'other'"):
        wait_for_address(Changing(cluster("a")), "other", 60, clock.sleep, clock)
    assert clock.now == 0


class Changing:
    def __init__(self, *states):
        self.states = list(states)

    def get(self, path):
        assert path == "clusters"
        return listed(self.states.pop(0) if len(self.states) > 1 else self.states[0])


class Clock:
    now = 0.0

    def __call__(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


def test_start_is_waited_for_until_it_is_ready_fails_or_takes_too_long():
    starting = cluster("a", state="starting", reason="2 workers are queued.")
    clock = Clock()
    server = Changing(starting, starting, cluster("a"))
    assert wait_for_address(server, "zee", 60, clock.sleep, clock)["state"] == "ready"
    failed = Changing(starting, cluster("a", state="failed", reason="No such image."))
    with pytest.raises(BackendError, match="zee is failed: No such image"):
        wait_for_address(failed, "zee", 60, clock.sleep, clock)
    with pytest.raises(BackendError, match=r"still starting after 3 s: 2 workers are queued"):
        wait_for_address(Changing(starting), "zee", 3, clock.sleep, clock)


def side(**packages):
    return {"host": {}, "packages": packages}


def test_versions_that_differ_are_told_and_pythons_patch_level_is_not():
    here = side(python="3.11.7.final.0", dask="2026.8.0", numpy="2.0", pandas="1")
    near = side(python="3.11.9.final.0", dask="2026.8.0", numpy="2.0", pandas="2")
    far = side(python="3.12.1.final.0", dask="2026.8.0", numpy=None, pandas="2")
    versions = {"client": here, "scheduler": near, "workers": {"a": near, "b": far}}
    assert mismatches(versions, ("python", "dask", "numpy")) == (
        "python 3.11.7 here, 3.12.1 there; numpy 2.0 here, none there"
    )
    assert mismatches({**versions, "workers": {}}, ("python", "dask", "numpy")) == ""


def test_versions_that_the_server_knows_are_told_before_anything_is_sent():
    here = {"python": "3.11.7", "dask": "2026.8.0", "distributed": "2026.8.0"}
    there = {"python": "3.11.2", "dask": "2023.11.0"}
    assert told_before({"versions": there}, here) == "dask 2026.8.0 here, 2023.11.0 there"
    assert told_before({"versions": {}}, here) == ""
