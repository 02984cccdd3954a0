"""What may be asked for: memory from what was measured, bounds of workers, and how they lie on nodes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlab.model.shape import (
    LEAST_MEMORY,
    MEMORY_STEP,
    USED_SHARE,
    Headroom,
    Node,
    ObservedMemory,
    Shape,
    bounds,
    dividing,
    packing,
    with_memory,
)

GIB = 1024**3
#: The facility's: 96 cores and 502 GB each, five of them reserved.
NAPLES = Node(cores=96, memory_bytes=502 * 10**9, count=5)


def test_memory_is_the_measured_peak_with_headroom():
    shape, advice, warnings = with_memory(
        Shape(memory_free=True), ObservedMemory(peak_bytes=3 * GIB)
    )
    assert shape.memory_bytes == 5 * GIB
    assert advice is not None
    assert (advice.needed_bytes, advice.is_cut, warnings) == (5 * GIB, False, [])


def test_memory_that_nobody_measured_stays_as_it_is():
    shape = Shape(memory_bytes=2 * GIB, memory_free=True)
    assert with_memory(shape, None) == (shape, None, [])


@pytest.mark.parametrize(
    "offered",
    [
        {"memory_maximum": 4 * GIB},
        {"memory_limit_bytes": 4 * GIB},
        {"node": Node(cores=4, memory_bytes=4 * GIB)},
    ],
)
def test_memory_is_cut_to_what_profile_and_nodes_offer(offered):
    shape, advice, warnings = with_memory(
        Shape(memory_free=True, **offered), ObservedMemory(peak_bytes=3 * GIB)
    )
    assert shape.memory_bytes == 4 * GIB
    assert advice is not None
    assert advice.is_cut
    assert "5 GiB would keep it from spilling to disk" in warnings[0]


def test_memory_is_a_little_less_where_it_would_strand_cores_of_a_node():
    # 96 workers of 5 GiB have no room in 502 GB, of 4.75 GiB they have.
    shape, advice, _ = with_memory(
        Shape(memory_free=True, node=NAPLES), ObservedMemory(peak_bytes=3 * GIB)
    )
    assert shape.memory_bytes == int(4.75 * GIB)
    assert advice is not None
    assert not advice.is_cut
    assert packing(shape, 96)[1] == []
    shape, _, _ = with_memory(
        Shape(memory_free=True, node=NAPLES), ObservedMemory(peak_bytes=4 * GIB)
    )
    assert shape.memory_bytes > 4 * GIB / USED_SHARE


def test_memory_below_the_peak_is_said_to_kill_workers():
    _, _, warnings = with_memory(Shape(memory_bytes=2 * GIB), ObservedMemory(peak_bytes=3 * GIB))
    assert "it would be killed or spill to disk" in warnings[0]


def test_memory_that_the_user_asked_for_is_kept():
    shape, _, _ = with_memory(Shape(memory_bytes=8 * GIB), ObservedMemory(peak_bytes=1 * GIB))
    assert shape.memory_bytes == 8 * GIB


def test_memory_grows_with_the_threads_of_a_worker_and_that_is_said():
    shape, advice, warnings = with_memory(
        Shape(cores=4, memory_free=True), ObservedMemory(peak_bytes=3 * GIB, threads=2)
    )
    assert advice is not None
    assert advice.peak_bytes == 6 * GIB
    assert shape.memory_bytes == 10 * GIB
    assert "scaled in proportion" in warnings[0]


def test_workers_that_wrote_to_disk_need_more_than_their_peak():
    _, _, warnings = with_memory(Shape(), ObservedMemory(peak_bytes=GIB, is_cut=True))
    assert "they need more memory than the measured peak" in warnings[0]


@given(st.integers(1, 2**42), st.integers(1, 64), st.floats(1, 64), st.booleans())
def test_memory_is_never_more_than_offered_and_else_enough(peak, cores, threads, is_cut):
    shape = Shape(cores=cores, memory_free=True, memory_maximum=64 * GIB)
    given_, advice, _ = with_memory(
        shape, ObservedMemory(peak_bytes=peak, threads=threads, is_cut=is_cut)
    )
    assert advice is not None
    assert given_.memory_bytes <= 64 * GIB
    assert advice.is_cut == (given_.memory_bytes < advice.needed_bytes)
    assert advice.needed_bytes >= max(LEAST_MEMORY, advice.peak_bytes / USED_SHARE)
    assert advice.needed_bytes % MEMORY_STEP == 0


def test_the_tightest_bound_is_first():
    shape = Shape(
        cores=2,
        memory_bytes=4 * GIB,
        workers_maximum=100,
        cores_limit=60,
        memory_limit_bytes=80 * GIB,
        room=Headroom(cores=24.0),
    )
    assert list(bounds(shape).items()) == [("quota", 12), ("memory", 20), ("profile", 30)]


@pytest.mark.parametrize(
    ("room", "workers"),
    [
        (Headroom(workers=7), 7),
        (Headroom(cores=0.3), 0),
        (Headroom(memory_bytes=9 * GIB), 4),
        (Headroom(workers=7, clusters=0), 0),
        (Headroom(workers=-1), 0),
    ],
)
def test_each_quota_bounds_workers(room, workers):
    assert bounds(Shape(memory_bytes=2 * GIB, room=room))["quota"] == workers


def test_quotas_that_are_unknown_bound_nothing():
    assert "quota" not in bounds(Shape(room=Headroom(unknown=("cores",))))


def test_nodes_bound_workers_by_cores_and_by_memory():
    assert bounds(Shape(workers_maximum=1000, node=NAPLES))["profile"] == 480
    heavy = Shape(workers_maximum=1000, memory_bytes=10 * GIB, node=NAPLES)
    assert bounds(heavy)["memory"] == 5 * 46


def test_workers_fill_the_nodes_of_the_facility():
    packed, warnings = packing(Shape(cores=8, memory_bytes=32 * GIB, node=NAPLES), 24)
    assert packed is not None
    assert (packed.workers_per_node, packed.nodes, packed.idle_cores_per_node) == (12, 2, 0)
    assert warnings == []


def test_cores_that_memory_strands_are_said_with_the_memory_that_would_use_them():
    packed, warnings = packing(Shape(memory_bytes=8 * GIB, node=NAPLES), 100)
    assert packed is not None
    assert packed.workers_per_node == 58
    assert packed.idle_cores_per_node == 38
    assert "with at most 4.75 GiB per worker, all would be used" in warnings[0]
    assert packing(Shape(memory_bytes=int(4.75 * GIB), node=NAPLES), 100)[1] == []


def test_cores_that_do_not_divide_a_node_are_said_with_those_that_do():
    _, warnings = packing(Shape(cores=10, node=NAPLES), 20)
    assert "9 workers fill a node and leave 6 of its 96 cores" in warnings[0]
    assert "with 8 cores per worker" in warnings[0]


def test_workers_that_do_not_fill_a_node_strand_nothing():
    assert packing(Shape(cores=10, node=NAPLES), 3)[1] == []


def test_worker_that_fits_no_node_would_wait_for_ever():
    packed, warnings = packing(Shape(cores=128, node=NAPLES), 1)
    assert packed is None
    assert "does not fit on a node with 96 cores" in warnings[0]


@given(st.integers(1, 256), st.integers(1, 256))
def test_dividing_number_divides(whole, part):
    found = dividing(whole, part)
    assert 1 <= found <= part
    assert whole % found == 0
