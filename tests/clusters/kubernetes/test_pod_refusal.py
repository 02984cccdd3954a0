from __future__ import annotations

import pytest

from hrlab.clusters.kubernetes.pod_refusal import exceeded, maxima
from hrlab.clusters.kubernetes.quantity import quantity

REFUSED = (
    'pods "hrlab-trial-x" is forbidden: exceeded quota: compute, requested: limits.memory=1Gi,requests.cpu=1500m, '
    "used: limits.memory=15Gi,requests.cpu=31, limited: limits.memory=16Gi,requests.cpu=32"
)


def test_a_refusal_tells_quota_asked_used_and_allowed():
    found = exceeded(REFUSED)
    assert found.name == "compute"
    assert found.amounts == {
        "memory": (2.0**30, 15 * 2.0**30, 16 * 2.0**30),
        "cores": (1.5, 31.0, 32.0),
    }
    assert (
        "32 cores are allowed, 31 cores are used, 1.5 cores more were asked for" in found.format()
    )


@pytest.mark.parametrize(
    "message",
    ["", "no", "exceeded quota: x", "failed quota: compute: must specify requests.cpu", "\ud800"],
)
def test_other_refusals_tell_no_numbers(message):
    assert exceeded(message) is None


def test_odd_amounts_are_left_out():
    said = "exceeded quota: q, requested: pods=1,cpu=x, used: pods=1,cpu=1, limited: pods=1,cpu=,a"
    assert exceeded(said).amounts == {"pods": (1.0, 1.0, 1.0)}


def test_a_limit_range_tells_the_most_of_one_container():
    said = (
        "[maximum cpu usage per Container is 500m, but limit is 1M, "
        "maximum memory usage per Pod is 2Gi, but limit is 1Pi]"
    )
    assert maxima(said) == {"cores": 0.5, "memory": 2.0 * 2**30}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("500m", 0.5), ("2Gi", 2.0 * 2**30), ("1e3", 1000.0), ("3k", 3000.0), (4, 4.0), ("1.5", 1.5),
        ("", None), ("2GB", None), ("1.2.3", None), ("-", None), (None, None),
    ],
)  # fmt: skip
def test_quantities(text, number):
    assert quantity(text) == number
