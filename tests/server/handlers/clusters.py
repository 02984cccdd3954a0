"""Profiles of a site, and a cluster made from one over HTTP."""

from __future__ import annotations

from tests.server.openapi import is_a

PROFILES = {
    "zee": {
        "kind": "kubernetes",
        "template": {"image": "{image}", "worker": {"environment": {"TOKEN": "of-the-site"}}},
        "deliver": {"environment": {"KEY": "of-the-site"}},
        "groups": ["physics"],
        "options": {
            "workers": {"type": "integer", "default": 2, "minimum": 0, "maximum": 20},
            "cores": {"type": "integer", "default": 1, "minimum": 1, "maximum": 4},
            "memory": {"type": "memory", "default": "2 GiB", "maximum": "8 GiB"},
            "image": {"type": "string", "default": "jlab:1", "user_may_set": False},
        },
        "limits": {"workers": 10, "cores": 16, "memory_bytes": "40 GiB", "clusters": 2},
    },
    "here": {
        "kind": "process",
        "template": {"class": "distributed.LocalCluster"},
        "deliver": {"files": {"/secret/place": "x"}},
        "options": {"workers": {"type": "integer", "default": 1}},
    },
    "theirs": {"kind": "process", "template": {"class": "x.Y"}, "groups": ["chemistry"]},
    "broken": {"kind": "process", "templat": {}},
}


async def made(ask, **body) -> dict:
    answer = await ask("POST", "clusters", body={"profile": "zee", **body})
    assert answer.status == 201, answer.text
    is_a("Cluster", answer.json)
    return answer.json
