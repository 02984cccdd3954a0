"""The small file of which the next server learns what clusters do not say of themselves."""

from __future__ import annotations

import asyncio
import fcntl
import sys

import pytest

from hrlab.clusters.kubernetes import state_file
from hrlab.clusters.kubernetes.state_file import PersistedState, StateFile, has_clusters

AGAIN = {"zee-3": {"tries": 1, "namespace": "jhub", "said": {}}}
ALL = PersistedState(closing={"zee-1": "jhub"}, clusters={"zee-2": "uid-2"}, again=AGAIN)

#: A server that makes and closes clusters, one after the other, and dies with the last.
SERVER = """
import asyncio, sys
from pathlib import Path
from hrlab.clusters.kubernetes.state_file import StateFile, PersistedState

async def main(path, who):
    kept = StateFile(path)
    await kept.restore()
    print("ready", flush=True)
    sys.stdin.readline()
    for number in range(40):
        name = f"{who}-{number}"
        await kept.save(PersistedState(closing={name: "jhub"}, clusters={name: who}))

asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "hrlab" / "kubernetes.json"


async def test_what_is_noted_is_known_to_the_next_server(path):
    assert not has_clusters(path)
    kept = StateFile(path)
    assert not await kept.restore()
    await kept.save(ALL)
    assert has_clusters(path)
    assert await StateFile(path).restore() == ALL
    await kept.save(PersistedState())
    assert not has_clusters(path)


@pytest.mark.parametrize("damaged", ["[", "[]", '{"closing": 1, "clusters": 2, "again": {"a": 3}}'])
async def test_a_file_that_is_damaged_is_as_none(path, damaged):
    path.parent.mkdir()
    path.write_text(damaged)
    assert not has_clusters(path)
    assert not await StateFile(path).restore()
    await StateFile(path).save(ALL)
    assert await StateFile(path).restore() == ALL


async def test_two_servers_of_a_user_do_not_lose_what_the_other_wrote(path):
    """Two processes at the same time; each has removed all that it wrote but the last."""
    command = (sys.executable, "-c", SERVER, str(path))
    pipes = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
    servers = [await asyncio.create_subprocess_exec(*command, who, **pipes) for who in ("a", "b")]
    for server in servers:
        assert await server.stdout.readline() == b"ready\n"
    await asyncio.gather(*(server.communicate(b"go\n") for server in servers))
    assert [server.returncode for server in servers] == [0, 0]
    found = await StateFile(path).restore()
    assert found.closing == {"a-39": "jhub", "b-39": "jhub"}
    assert found.clusters == {"a-39": "a", "b-39": "b"}


async def test_entries_of_a_server_that_died_are_removed_by_the_one_that_took_them_over(path):
    await StateFile(path).save(ALL)
    living = StateFile(path)
    before = await living.restore()
    await StateFile(path).save(
        PersistedState(clusters={"other": ""})
    )  # of one that began at the same time
    assert before == ALL
    await living.save(PersistedState())
    assert (await StateFile(path).restore()).clusters == {"other": ""}


async def test_whoever_holds_the_lock_for_too_long_is_waited_for_no_more(path, monkeypatch):
    monkeypatch.setattr(state_file, "LOCK_SECONDS", 0.05)
    path.parent.mkdir()
    with path.with_name("kubernetes.json.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        await StateFile(path).save(ALL)
    assert await StateFile(path).restore() == ALL


async def test_where_nothing_can_be_written_nothing_is_kept_and_nothing_fails(tmp_path):
    (tmp_path / "hrlab").write_text("a file where the folder would be")
    kept = StateFile(tmp_path / "hrlab" / "kubernetes.json")
    await kept.save(ALL)
    assert not await StateFile(tmp_path / "hrlab" / "kubernetes.json").restore()
