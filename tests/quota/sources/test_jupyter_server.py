"""The machine: control groups, and what a hub says."""

from __future__ import annotations

import pytest

from hrlab.quota.sources.cgroup_usage import CoresUsed, memory_used_bytes
from hrlab.quota.sources.jupyter_server import Machine, ServerQuotas


async def told(environ=(), **machine):
    machine = {
        "cores": 8,
        "memory_bytes": 2**34,
        "cores_used": 1.5,
        "memory_used_bytes": 2**30,
    } | machine
    source = ServerQuotas(lambda: Machine(**machine), dict(environ), ["local"], lambda: 0.0)
    return {one.resource: one for one in await source.quotas()}


async def test_limits_of_the_hub_are_tighter_than_those_of_the_machine():
    found = await told({"MEM_LIMIT": "8G", "CPU_LIMIT": "2"})
    assert (found["memory"].limit, found["cores"].limit) == (8 * 10**9, 2)
    assert found["memory"].available == 8 * 10**9 - 2**30
    assert found["cores"].profile == "local"
    assert not found["cores"].enforced


@pytest.mark.parametrize("text", ["", "much", "-1", "0"])
async def test_what_is_no_limit_says_nothing(text):
    found = await told({"MEM_LIMIT": text, "CPU_LIMIT": text})
    assert (found["memory"].limit, found["cores"].limit) == (2**34, 8)


async def test_use_that_can_not_be_told_is_unknown():
    found = await told(cores_used=None, memory_used_bytes=None)
    assert found["memory"].used == "unknown"


def write(folder, **files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def test_memory_is_that_of_the_group_with_the_limit_without_what_files_keep(tmp_path):
    write(tmp_path / "a" / "b", memory__max="max\n", memory__current="5\n")
    stat = "anon 700\ninactive_file 300\n"
    write(tmp_path / "a", memory__max="4000\n", memory__current="1000\n", memory__stat=stat)
    assert memory_used_bytes(tmp_path, {"": "/a/b"}) == 700
    old = tmp_path / "memory" / "c"
    write(
        old,
        memory__limit_in_bytes="4000\n",
        memory__usage_in_bytes="900\n",
        memory__stat="total_inactive_file 100\n",
    )
    assert memory_used_bytes(tmp_path, {"memory": "/c"}) == 800
    assert memory_used_bytes(tmp_path / "none", {"": "/"}) > 2**20  # the machine's


def test_cores_at_work_are_those_since_the_last_look(tmp_path):
    write(tmp_path, cpu__max="200000 100000\n", cpu__stat="usage_usec 1000000\n")
    cores = CoresUsed(tmp_path, {"": "/"})
    assert cores.poll() is None
    write(tmp_path, cpu__stat="usage_usec 1000000000\n")
    assert cores.poll() > 0
    assert cores.poll() == 0
