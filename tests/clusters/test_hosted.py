"""What another version, or a fault, left in a cluster's directory."""

from __future__ import annotations

import pytest

from hrlab.clusters.hosted import is_description

GOOD = {
    "id": "zee-1",
    "name": "zee",
    "profile": "local",
    "created_at": 1.5,
    "start_timeout_seconds": 60,
    "target": {"workers": 2, "minimum": None},
}


def test_what_was_described_is_known():
    assert is_description(GOOD)
    assert is_description({**GOOD, "profile": None, "later": []})


@pytest.mark.parametrize(
    "odd",
    [
        {"target": None},
        {"target": 2},
        {"target": {"workers": "2"}},
        {"created_at": "now"},
        {"created_at": True},
        {"name": 5},
        {"start_timeout_seconds": None},
    ],
)
def test_a_description_with_other_types_is_none(odd):
    assert not is_description({**GOOD, **odd})


@pytest.mark.parametrize("odd", [None, [], "x", 1, {}])
def test_other_json_is_no_description(odd):
    assert not is_description(odd)
