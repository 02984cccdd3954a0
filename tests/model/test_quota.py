from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlab.model.quota import (
    UNKNOWN,
    UNLIMITED,
    Holder,
    QuotaReport,
    ResourceRequest,
    applies,
    is_number,
    left,
    quota,
    shown,
)
from hrlab.model.wire import decode, encode

GOLDEN = Path(__file__).parents[1] / "data" / "wire" / "quotas.json"


def cores(limit, used=0, **more):
    more = {"enforced": True, **more}
    return quota("cores", "user", "site", 0.0, limit=limit, used=used, **more)


def test_golden_file_survives_the_way_there_and_back():
    data = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert encode(decode(QuotaReport, data)) == data


def test_available_is_what_is_left_and_never_below_nothing():
    assert cores(480, 352).available == 128
    over = cores(480, 500)
    assert (over.available, over.used, over.note) == (0, 500, "The limit is exceeded.")


def test_unknown_is_neither_zero_nor_unlimited():
    assert cores(UNKNOWN, 3).available == UNKNOWN
    assert cores(480, UNKNOWN).available == UNKNOWN
    assert cores(UNLIMITED, 3).available == UNLIMITED
    assert cores(0, 0).available == 0


@pytest.mark.parametrize("lie", [math.nan, math.inf, -1, True, "many"])
def test_what_can_be_no_amount_is_unknown(lie):
    assert cores(lie).limit == UNKNOWN
    assert cores(480, lie).available == UNKNOWN


@given(st.floats(), st.floats())
def test_numbers_never_contradict_each_other(limit, used):
    one = cores(limit, used)
    if is_number(one.available):
        assert is_number(one.limit)
        assert 0 <= one.available <= one.limit


def test_near_the_limit_is_said():
    assert cores(100, 79).note == ""
    assert cores(100, 80).note == "80 % is used."
    assert cores(100, 100).note == "Fully used."


def test_largest_holders_come_first_and_idle_ones_not_at_all():
    held = [Holder(name="a", used=1), Holder(name="b", used=3), Holder(name="c", used=0)]
    assert [one.name for one in cores(9, 4, holders=held).holders] == ["b", "a"]


def test_left_for_a_profile_is_the_tightest_that_is_enforced_and_for_it():
    quotas = [
        cores(480, 352),
        cores(300, 290, profiles=["offload"]),
        cores(1, 1, enforced=False),
        quota("memory", "user", "site", 0.0, limit=UNKNOWN, enforced=True),
    ]
    found = left(quotas, "zee")
    assert (found.cores, found.memory_bytes, found.workers) == (128, UNKNOWN, UNLIMITED)
    assert left(quotas, "offload").cores == 10
    assert not applies(quotas[1], None)


def test_workers_that_fit_leave_room_for_what_is_beside_them():
    asks = ResourceRequest(
        workers=10, cores_each=2, memory_each=2**30, cores_beside=0.5, pods_beside=1
    )
    assert asks.of("cores") == 20.5
    assert asks.fit("cores", 10.5) == 5
    assert asks.fit("cores", 10.4) == 4
    assert asks.fit("pods", 3) == 2
    assert asks.fit("clusters", 1) is None
    assert ResourceRequest(workers=3, cores_each=0.1).fit("cores", 0.3) == 3


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [
        (128, "cores", "128 cores"),
        (1, "clusters", "1 cluster"),
        (1.5, "cores", "1.5 cores"),
        (20 * 2**30, "bytes", "20 GiB"),
        ("unknown", "bytes", "unknown"),
    ],
)
def test_amounts_are_said_as_people_do(amount, unit, text):
    assert shown(amount, unit) == text
