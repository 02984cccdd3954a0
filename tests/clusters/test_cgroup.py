"""Limits of control groups, version 1 and 2, as files say them."""

from __future__ import annotations

import os

import pytest

from hrlab.clusters import cgroup

GIB = 2**30


def tree(root, **files):
    """Files of a control group's file system: ``a__b`` is the path a/b, with ``cpu.max`` as ``cpu_max``."""
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text + "\n")
    return root


@pytest.mark.parametrize(
    ("text", "cores"),
    [
        ("150000 100000\n", 1.5),
        ("max 100000\n", None),
        ("400000", None),
        ("", None),
        ("0 1", None),
        ("x y", None),
    ],
)
def test_cores_of_version_2(text, cores):
    assert cgroup.parse_cpu_max(text) == cores


@pytest.mark.parametrize(
    ("quota", "period", "cores"),
    [("200000\n", "100000\n", 2), ("-1", "100000", None), ("", "", None), ("5", "0", None)],
)
def test_cores_of_version_1(quota, period, cores):
    assert cgroup.parse_cfs(quota, period) == cores


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("4294967296\n", 4 * GIB),
        ("max\n", None),
        ("9223372036854771712", None),
        ("", None),
        ("0", None),
    ],
)
def test_memory(text, limit):
    assert cgroup.parse_bytes(text) == limit


def test_groups_of_both_versions():
    text = "4:memory:/docker/a\n2:cpu,cpuacct:/docker/b\n1:name=systemd:/\n0::/user/c:d\n"
    groups = cgroup.parse_groups(text)
    assert groups["memory"] == "/docker/a"
    assert groups["cpu"] == groups["cpuacct"] == "/docker/b"
    assert groups[""] == "/user/c:d"


def test_the_tightest_limit_of_all_groups_around_counts(tmp_path):
    files = {"pod/memory.max": str(8 * GIB), "pod/jupyter/memory.max": "max", "memory.max": "max"}
    root = tree(
        tmp_path, **files, **{"pod/cpu.max": "350000 100000", "pod/jupyter/cpu.max": "max 100000"}
    )
    groups = {"": "/pod/jupyter"}
    assert cgroup.least(cgroup.memory_limits(root, groups)) == 8 * GIB
    assert cgroup.least(cgroup.cpu_quotas(root, groups)) == 3.5


def test_in_a_container_whose_path_is_the_hosts(tmp_path):
    """Without a namespace of its own, a container sees its group at the root, under the path that the host knows."""
    files = {"memory/memory.limit_in_bytes": str(2 * GIB), "cpu/cpu.cfs_quota_us": "50000"}
    root = tree(tmp_path, **files, **{"cpu/cpu.cfs_period_us": "100000"})
    groups = {"memory": "/docker/0123", "cpu": "/docker/0123"}
    assert cgroup.least(cgroup.memory_limits(root, groups)) == 2 * GIB
    assert cgroup.least(cgroup.cpu_quotas(root, groups)) == 0.5


def test_nothing_there_is_no_limit(tmp_path):
    assert cgroup.least(cgroup.memory_limits(tmp_path, {"": "/a", "memory": "/b"})) is None


@pytest.mark.parametrize(("quota", "cores"), [(0.5, 1), (1.5, 1), (None, 4), (3.0, 3), (64.0, 4)])
def test_cores_that_processes_may_use(monkeypatch, quota, cores):
    monkeypatch.setattr(cgroup, "_allowed_cores", lambda: 4)
    monkeypatch.setattr(cgroup, "cpu_quotas", lambda *_: iter([quota]))
    assert cgroup.machine_cores() == cores


def test_this_machine():
    assert 1 <= cgroup.machine_cores() <= (os.cpu_count() or 1)
    assert 2**26 < cgroup.machine_memory_bytes() < 2**50
