"""Advice over HTTP within what a profile, its nodes and quotas leave."""

from __future__ import annotations

import pytest

from tests.server.handlers.clusters import PROFILES, made
from tests.server.openapi import is_a
from tests.sizing.runs import timed, using
from tests.store.making import kept

GIB = 2**30
NODE = {"cores": 96, "memory_bytes": "502 GB"}
FASTEST = {"fastest": True}


@pytest.fixture
def jp_server_config(jp_server_config):
    big = {
        "kind": "process",
        "template": {"class": "x.Y", "arguments": {"n": "{cores}", "m": "{memory}"}},
        "options": {
            "workers": {"type": "integer", "default": 1, "maximum": 400},
            "cores": {"type": "integer", "default": 5, "minimum": 1, "maximum": 96},
            "memory": {"type": "memory", "default": "4 GiB", "maximum": "64 GiB"},
        },
        "node": NODE,
    }
    jp_server_config["HRLab"] = {
        "profiles": {**PROFILES, "big": big},
        "groups": lambda _: ["physics"],
        "quotas": {"everybody": {"cores": 8, "profiles": ["zee", "here"]}},
    }
    return jp_server_config


async def advised(ask, kernel, status=200, threads=(1, 2, 4), **body):
    runs = [using(timed(n, 4000.0 / n, tasks=100_000), 3 * GIB) for n in threads]
    ids = kept(kernel, *runs) if kernel is not None else ["1".zfill(32)]
    answer = await ask("POST", "sizing", body={"runs": ids[-1:], "goal": FASTEST, **body})
    assert answer.status == status, answer.text
    if status == 200:
        is_a("Advice", answer.json)
    return answer.json


async def test_quotas_bound_the_advice_and_what_is_in_use_counts(ask, kernel):
    advice = await advised(ask, kernel, profile="zee", options={"memory": "2 GiB"})
    assert (advice["workers"], advice["limited_by"]) == (8, "quota")
    assert advice["bounds"] == {"quota": 8, "profile": 10, "memory": 20}
    notes = {row[0]: row[-1] for row in advice["chart"]["table"]["rows"]}
    assert notes[8] == "advised"
    assert notes[10] == "over the quota"
    assert "quota allows 8" in str(advice["chart"]["spec"])
    await made(ask, options={"workers": 5}, name="zee-1")
    advice = await advised(ask, None, profile="zee", options={"memory": "2 GiB"})
    assert (advice["workers"], advice["bounds"]["quota"]) == (3, 3)


async def test_what_is_advised_is_not_refused(ask, kernel):
    advice = await advised(ask, kernel, profile="zee")
    assert advice["memory_bytes_per_worker"] == 5 * GIB
    assert advice["memory"] == {"peak_bytes": 3 * GIB, "needed_bytes": 5 * GIB, "is_cut": False}
    options = {
        "workers": advice["workers"],
        "cores": advice["cores_per_worker"],
        "memory": advice["memory_bytes_per_worker"],
    }
    body = {"profile": "zee", "options": options, "dry_run": True}
    dry = await ask("POST", "clusters", body=body)
    assert dry.json["allowed"] is True, dry.text
    options["workers"] += 1
    assert not (await ask("POST", "clusters", body=body)).json["allowed"]


async def test_cores_per_worker_divide_those_of_a_node_unless_asked_for(ask, kernel):
    advice = await advised(ask, kernel, profile="big", threads=(1, 2, 40))
    assert advice["cores_per_worker"] == 4
    assert advice["nodes"]["workers_per_node"] == 24
    assert advice["nodes"]["idle_cores_per_node"] == 0
    advice = await advised(ask, None, profile="big", options={"cores": 5})
    assert advice["cores_per_worker"] == 5
    assert any("leave 1 of its 96 cores unused" in w for w in advice["warnings"])


async def test_nodes_are_told_with_the_profile(ask):
    profiles = (await ask("GET", "profiles")).json
    is_a("Profiles", profiles)
    nodes = {one["name"]: one.get("node") for one in profiles["profiles"]}
    assert nodes["big"] == {"cores": 96, "memory_bytes": 502 * 10**9}
    assert nodes["zee"] is None


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"profile": "zeee"}, 404, "zee"),
        ({"profile": "theirs"}, 404, "There is no profile"),
        ({"profile": "zee", "options": {"core": 2}}, 422, "no option 'core'"),
        ({"profile": "zee", "options": {"cores": 0}}, 422, "cores must be from 1 to 4"),
        ({"profile": "zee", "options": {"cores": 1.5}}, 422, "whole number"),
        ({"profile": "zee", "options": {"memory": "2 parsec"}}, 422, "amount of memory"),
        ({"profile": "zee", "options": {"image": "other"}}, 422, "fixed by your site"),
        ({"options": {"cores": 2}}, 422, "name it in `profile`"),
        ({"profile": "zee", "options": ["cores"]}, 400, "must be an object"),
        ({"profile": 5}, 400, "must be a non-empty string"),
    ],
)
async def test_profiles_and_options_that_can_not_be_are_refused(ask, kernel, body, status, words):
    answer = await advised(ask, kernel, status, **body)
    assert words in answer["error"]["message"]
