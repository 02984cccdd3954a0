"""Clusters over HTTP: made, listed, scaled, closed, and refused in words."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from hrlab.model.errors import BackendError
from tests.server.events import Listener
from tests.server.handlers.clusters import PROFILES, made
from tests.server.openapi import is_a

WIRE = Path(__file__).parents[2] / "data" / "wire"


@pytest.fixture
def jp_server_config(jp_server_config):
    jp_server_config["HRLab"] = {"profiles": PROFILES, "groups": lambda _: ["physics"]}
    return jp_server_config


async def refused(ask, status, **body) -> dict[str, str]:
    """Messages by limit; the dry run says the same."""
    body = {"profile": "zee", **body}
    answer = await ask("POST", "clusters", body=body)
    assert answer.status == status, answer.text
    is_a("Refused", answer.json)
    dry = await ask("POST", "clusters", body={**body, "dry_run": True})
    if dry.status == 200:
        is_a("DryRun", dry.json)
        assert dry.json["allowed"] is False
        assert dry.json["refusals"] == answer.error["detail"]["refusals"]
    return {one["limit"]: one["message"] for one in answer.error["detail"]["refusals"]}


def test_golden_files_are_as_documented():
    golden = {
        name: json.loads((WIRE / f"{name}_v1.json").read_text())
        for name in ("clusters", "profiles", "dry_run")
    }
    for cluster in golden["clusters"]["clusters"]:
        is_a("Cluster", cluster)
    for profile in golden["profiles"]["profiles"]:
        is_a("Profile", {"packages": [], **profile})
    is_a("DryRun", golden["dry_run"])


async def test_profiles_say_what_may_be_set_and_nothing_of_how_it_is_built(ask):
    answer = await ask("GET", "profiles")
    is_a("Profiles", answer.json)
    assert [profile["name"] for profile in answer.json["profiles"]] == ["zee", "here"]
    assert "of-the-site" not in answer.text
    assert "/secret/place" not in answer.text
    (broken,) = answer.json["broken"]
    assert broken["name"] == "broken"
    assert "Did you mean template?" in broken["reason"]


async def test_cluster_is_made_listed_and_closed(ask, pretended):
    cluster = await made(ask, name="Zee 100 %", options={"workers": 4})
    assert cluster["name"] == "Zee 100 %"
    assert cluster["id"].startswith("zee-100-")
    assert cluster["state"] == "starting"
    (plan,) = pretended.plans
    assert plan.options == {"workers": 4, "cores": 1, "memory": 2 * 1024**3, "image": "jlab:1"}
    listed = (await ask("GET", "clusters")).json
    is_a("Clusters", listed)
    assert listed == {"clusters": [cluster], "problems": []}
    assert (await ask("GET", f"clusters/{cluster['id']}")).json == cluster
    assert (await ask("GET", f"clusters/{cluster['id']}/logs")).json == {
        "logs": {"scheduler": "it began\n"}
    }
    assert (await ask("DELETE", f"clusters/{cluster['id']}")).status == 204
    gone = await ask("GET", f"clusters/{cluster['id']}")
    assert (gone.status, gone.error["code"]) == (404, "not-found")


async def test_two_clicks_make_two_and_two_with_one_key_make_one(ask, pretended):
    pretended.slow.clear()
    keyed = [asyncio.ensure_future(made(ask, idempotency_key="k")) for _ in range(3)]
    await asyncio.sleep(0.05)
    pretended.slow.set()
    assert len({cluster["id"] for cluster in await asyncio.gather(*keyed)}) == 1
    assert (await made(ask))["id"] != (await keyed[0])["id"]
    assert len(pretended.plans) == 2
    assert [cluster["name"] for cluster in (await ask("GET", "clusters")).json["clusters"]] == [
        "zee",
        "zee-2",
    ]


async def test_key_of_another_request_and_of_a_closed_cluster_are_conflicts(ask):
    cluster = await made(ask, idempotency_key="k")
    other = await ask("POST", "clusters", body={"profile": "here", "idempotency_key": "k"})
    assert other.status == 409
    assert "Use a new key for each request" in other.error["message"]
    await ask("DELETE", f"clusters/{cluster['id']}")
    again = await ask("POST", "clusters", body={"profile": "zee", "idempotency_key": "k"})
    assert again.status == 409
    assert "closed" in again.error["message"]


async def test_failed_creation_may_be_tried_again_with_the_same_key(ask, pretended):
    pretended.fails_to_create = BackendError("The API does not answer.")
    body = {"profile": "zee", "idempotency_key": "k"}
    answer = await ask("POST", "clusters", body=body)
    assert (answer.status, answer.error["message"]) == (502, "The API does not answer.")
    pretended.fails_to_create = None
    assert (await ask("POST", "clusters", body=body)).status == 201


async def test_impossible_values_are_422_with_each_reason(ask):
    said = await refused(
        ask, 422, name="", options={"worker": 3, "cores": 9, "memory": "much", "image": "mine:1"}
    )
    assert set(said) == {"name", "worker", "cores", "memory", "image"}
    assert "Did you mean workers" in said["worker"]
    assert said["cores"] == "cores must be from 1 to 4, not 9."
    assert "amount of memory" in said["memory"]
    assert "fixed by your site" in said["image"]
    assert "Did you mean zee" in (await refused(ask, 422, profile="zeee"))["profile"]
    assert "is invalid" in (await refused(ask, 422, profile="broken"))["profile"]
    assert (
        "Profile 'theirs' does not exist" in (await refused(ask, 422, profile="theirs"))["profile"]
    )
    assert "Did you mean options?" in (await refused(ask, 422, option={}))["option"]
    assert "text" in (await refused(ask, 422, profile=3))["profile"]


async def test_limits_are_409_and_say_what_to_do(ask):
    said = await refused(ask, 409, options={"workers": 20, "cores": 2, "memory": "8 GiB"})
    assert said == {
        "workers": "Asked for 20 workers; zee allows at most 10 workers for one cluster. "
        "Ask for at most 10 workers.",
        "cores": "Asked for 20 workers (40 cores); zee allows at most 16 cores for one cluster. "
        "Ask for at most 8 workers.",
        "memory": "Asked for 20 workers (160 GiB of memory); zee allows at most 40 GiB of memory "
        "for one cluster. Ask for at most 5 workers.",
    }
    await asyncio.gather(made(ask), made(ask))
    said = await refused(ask, 409)
    assert "You have 2 of 2 clusters of zee" in said["clusters"]
    assert "Close one of them first: zee, zee-2." in said["clusters"]


async def test_places_are_taken_one_at_a_time_and_failed_clusters_take_none(ask, pretended):
    pretended.slow.clear()
    asked = [
        asyncio.ensure_future(ask("POST", "clusters", body={"profile": "zee"})) for _ in range(5)
    ]
    await asyncio.sleep(0.05)
    pretended.slow.set()
    answers = await asyncio.gather(*asked)
    assert sorted(answer.status for answer in answers) == [201, 201, 409, 409, 409]
    first = pretended.plans[0].id
    pretended.set(first, state="failed")
    await made(ask)


async def test_dry_run_makes_nothing(ask, pretended):
    answer = await ask("POST", "clusters", body={"profile": "zee", "dry_run": True})
    assert answer.status == 200
    asks = {"workers": 2, "cores": 2.0, "memory_bytes": 2 * 2 * 1024**3}
    assert answer.json == {"allowed": True, "refusals": [], "warnings": [], "asks": asks}
    assert pretended.plans == []


async def test_size_is_changed_within_options_and_limits(ask, pretended):
    path = f"clusters/{(await made(ask))['id']}"
    assert (await ask("PATCH", path, body={"workers": 5})).json["workers"]["asked"] == 5
    adapted = (await ask("PATCH", path, body={"minimum": 1, "maximum": 8})).json["workers"]
    assert (adapted["minimum"], adapted["maximum"]) == (1, 8)
    assert (await ask("PATCH", path, body={"extend": True})).status == 200
    assert len(pretended.extended) == 1
    for body, status in (
        ({"workers": 21}, 422),
        ({"workers": -1}, 422),
        ({"workers": True}, 422),
        ({"workers": 11}, 409),
        ({"minimum": 5, "maximum": 2}, 422),
        ({"minimum": 5}, 400),
        ({"extend": False}, 422),
        ({"workers": 1, "extend": True}, 400),
        ([], 400),
    ):
        answer = await ask("PATCH", path, body=body)
        assert answer.status == status, (body, answer.text)
        if status != 400:
            is_a("Refused", answer.json)


async def test_cluster_of_another_user_is_shown_and_can_not_be_touched(ask, pretended):
    await ask("GET", "clusters")
    pretended.add("bobs", mine=False, owner="bob")
    assert [one["id"] for one in (await ask("GET", "clusters")).json["clusters"]] == ["bobs"]
    for verb, body in (("DELETE", None), ("PATCH", {"workers": 1})):
        answer = await ask(verb, "clusters/bobs", body=body)
        assert answer.status == 403
        assert "belongs to bob" in answer.error["message"]
    assert "bobs" in pretended.known


async def test_unknown_cluster_is_404_with_the_nearest_for_each_verb(ask):
    cluster = await made(ask, name="alpha")
    wrong = cluster["id"][:-1]
    for verb, path, body in (
        ("GET", f"clusters/{wrong}", None),
        ("GET", f"clusters/{wrong}/logs", None),
        ("PATCH", f"clusters/{wrong}", {"workers": 1}),
        ("DELETE", f"clusters/{wrong}", None),
    ):
        answer = await ask(verb, path, body=body)
        assert answer.status == 404
        assert cluster["id"] in answer.error["message"]


async def test_kind_that_fails_is_told_beside_the_others(ask, pretended):
    pretended.fails_to_start = BackendError("Kubernetes does not answer.")
    listed = (await ask("GET", "clusters")).json
    is_a("Clusters", listed)
    assert {"kind": "kubernetes", "reason": "Kubernetes does not answer."} in listed["problems"]
    dry = await ask("POST", "clusters", body={"profile": "zee", "dry_run": True})
    assert dry.json["warnings"] == ["Kubernetes does not answer."]
    assert (await ask("POST", "clusters", body={"profile": "zee"})).status == 502


async def test_kind_that_sees_nothing_for_a_while_says_why_and_keeps_what_it_knew(ask, pretended):
    cluster = await made(ask)
    pretended.blind = "The API went away."
    listed = (await ask("GET", "clusters")).json
    assert [one["id"] for one in listed["clusters"]] == [cluster["id"]]
    assert {one["reason"] for one in listed["problems"]} == {"The API went away."}


async def test_usual_time_of_starts_is_learned_and_kept(ask, pretended, tmp_path):
    cluster = await made(ask)
    assert cluster["usual_start_seconds"] is None
    pretended.set(cluster["id"], state="ready", since_at=cluster["created_at"] + 40)
    pretended.set(cluster["id"], state="unreachable", since_at=cluster["created_at"] + 400)
    pretended.set(cluster["id"], state="ready", since_at=cluster["created_at"] + 500)
    profile = (await ask("GET", "profiles")).json["profiles"][0]
    assert profile["usual_start_seconds"] == pytest.approx(40)
    assert (await ask("GET", f"clusters/{cluster['id']}")).json["usual_start_seconds"] == 40
    kept = tmp_path / "data" / "hrlab" / "starts.json"
    while not kept.exists():
        await asyncio.sleep(0.01)
    assert json.loads(kept.read_text()) == {"zee": [pytest.approx(40)]}


async def test_process_cluster_gets_the_python_of_the_kernel_and_refuses_others(
    ask, pretended, tmp_path, monkeypatch
):
    specs = tmp_path / "data" / "kernels"
    for name, spec in {
        "root-cpp": {"argv": ["root"], "language": "c++"},
        "remote": {"argv": ["ssh", "x"], "language": "python"},
        "mine": {"argv": ["python3", "-m", "ipykernel_launcher"], "language": "python"},
    }.items():
        (specs / name).mkdir(parents=True)
        (specs / name / "kernel.json").write_text(json.dumps({"display_name": name, **spec}))
    await made(ask, profile="here", kernel="mine")
    assert pretended.plans[0].kernel == "mine"
    assert Path(pretended.plans[0].python).name.startswith("python")
    assert (
        "its language is c++, not Python"
        in (await refused(ask, 422, profile="here", kernel="root-cpp"))["kernel"]
    )
    assert "'ssh'" in (await refused(ask, 422, profile="here", kernel="remote"))["kernel"]
    assert "no kernel 'mina'" in (await refused(ask, 422, profile="here", kernel="mina"))["kernel"]


async def test_changes_are_announced_together_with_ids(ask, pretended, jp_ws_fetch):
    listener = Listener(await jp_ws_fetch("api", "events", "subscribe"))
    cluster = await made(ask)
    seen = await listener.next()
    assert (seen["topic"], seen["ids"]) == ("clusters", [cluster["id"]])
    for number in range(20):
        pretended.set(cluster["id"], tasks=number)
    second = await listener.next()
    assert second["ids"] == [cluster["id"]]
    assert second["seq"] == seen["seq"] + 1
    await ask("DELETE", f"clusters/{cluster['id']}")
    third = await listener.next()
    assert third["ids"] == [cluster["id"]]
    assert third["at"] - second["at"] > 0.2
    await listener.close()


@pytest.mark.parametrize("name", ["\0", "../python3", "\ud800", "x" * 10_000, "a/b", "%2e", "é"])
async def test_odd_names_of_kernels_and_profiles_are_refused_in_words(ask, name):
    assert "no kernel" in (await refused(ask, 422, profile="here", kernel=name))["kernel"]
    assert "does not exist" in (await refused(ask, 422, profile=name))["profile"]
    answer = await ask("POST", "clusters", body={"profile": "zee", "options": {name: name}})
    assert answer.status == 422


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff", b"[" * 100_000, b'{"profile": NaN}', b"[]", b'"zee"', b"null"]
)
async def test_body_that_is_no_object_is_400(ask, raw, pretended):
    for verb, path in (("POST", "clusters"), ("PATCH", "clusters/x")):
        assert (await ask(verb, path, raw=raw)).status == 400
    assert pretended.plans == []


async def test_body_that_is_too_large_is_413(ask):
    assert (await ask("POST", "clusters", raw=b" " * 2_000_001)).status == 413
