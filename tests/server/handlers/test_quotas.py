"""Quotas over HTTP."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.server.events import Listener
from tests.server.handlers.clusters import PROFILES, made
from tests.server.openapi import is_a

GOLDEN = Path(__file__).parents[2] / "data" / "wire" / "quotas.json"


@pytest.fixture
def jp_server_config(jp_server_config, tmp_path):
    file = tmp_path / "profiles.yaml"
    file.write_text("quotas:\n  everybody: {cores: 8, memory_bytes: 40 GiB}\n  odd: {core: 1}\n")
    jp_server_config["HRLab"] = {
        "profiles": PROFILES,
        "profiles_file": str(file),
        "quotas": {"few": {"clusters": 1, "groups": ["physics"], "label": "Physicists"}},
        "groups": lambda _: ["physics"],
    }
    return jp_server_config


def test_golden_file_is_as_documented():
    is_a("Quotas", json.loads(GOLDEN.read_text(encoding="utf-8")))


async def test_limits_and_use_are_told_with_their_source(ask):
    cluster = await made(ask, options={"workers": 3, "cores": 2}, name="zee-1")
    answer = await ask("GET", "quotas")
    assert answer.status == 200
    is_a("Quotas", answer.json)
    site = {one["resource"]: one for one in answer.json["quotas"] if one["source"] == "site"}
    assert (site["cores"]["limit"], site["cores"]["used"], site["cores"]["available"]) == (8, 6, 2)
    assert site["cores"]["holders"] == [{"name": cluster["name"], "used": 6, "mine": True}]
    assert site["memory"]["used"] == 3 * 2 * 2**30
    assert site["clusters"]["label"] == "Physicists"
    server = [one for one in answer.json["quotas"] if one["source"] == "server"]
    assert {one["resource"] for one in server} == {"cores", "memory"}
    assert all(one["limit"] > 0 for one in server)


async def test_a_broken_limit_is_reported_with_its_line_and_hides_no_other(ask):
    answer = await ask("GET", "quotas")
    states = {one["source"]: one for one in answer.json["sources"]}
    assert states["site"]["error"].startswith("profiles.yaml, line 3: unknown key `core`.")
    assert {one["label"] for one in answer.json["quotas"]} >= {"everybody", "Physicists"}


async def test_change_of_use_is_announced_once_somebody_has_seen_it(ask, jp_ws_fetch):
    listener = Listener(await jp_ws_fetch("api", "events", "subscribe"))
    await ask("GET", "quotas")
    await made(ask)
    while (event := await listener.next())["topic"] != "quotas":
        assert event["topic"] == "clusters"
    assert event["ids"] == []
    await listener.close()


async def test_parameters_are_refused(ask):
    assert (await ask("GET", "quotas", x=1)).status == 400
