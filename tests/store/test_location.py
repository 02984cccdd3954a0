"""Where the store is, who may read it, and how its journal suits the disk."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from hrlab.store.location import (
    data_directory_without_jupyter,
    is_on_network,
    jupyter_data_directory,
    store_path,
)
from hrlab.store.sqlite import RunStore

MOUNTS = """\
overlay / overlay rw 0 0
eos.cern.ch /eos fuse.eosxd rw 0 0
server:/home /home nfs4 rw 0 0
/dev/sda1 /home/alice/fast xfs rw 0 0
server:/x /mnt/my\\040disk nfs rw 0 0
/dev/sdb1 /homework ext4 rw 0 0
"""


def test_environment_variable_decides():
    assert store_path({"HRLAB_STORE": "/data/runs.sqlite"}) == Path("/data/runs.sqlite")


def test_default_is_in_jupyters_data_directory(monkeypatch, tmp_path):
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    assert store_path({}) == tmp_path / "hrlab" / "runs.sqlite"


def test_same_place_is_found_without_jupyter_core(monkeypatch):
    for name in ("JUPYTER_DATA_DIR", "XDG_DATA_HOME", "JUPYTER_PLATFORM_DIRS"):
        monkeypatch.delenv(name, raising=False)
    with_jupyter = jupyter_data_directory()
    monkeypatch.setitem(sys.modules, "jupyter_core.paths", None)
    assert jupyter_data_directory() == with_jupyter


@pytest.mark.parametrize(
    ("platform", "environ", "found"),
    [
        ("linux", {}, "/h/.local/share/jupyter"),
        ("linux", {"XDG_DATA_HOME": "/x"}, "/x/jupyter"),
        ("linux", {"JUPYTER_DATA_DIR": "/j", "XDG_DATA_HOME": "/x"}, "/j"),
        ("darwin", {}, "/h/Library/Jupyter"),
        ("win32", {"APPDATA": "/a"}, "/a/jupyter"),
        ("win32", {}, "/h/.jupyter/data"),
    ],
)
def test_rules_of_each_platform(platform, environ, found):
    assert data_directory_without_jupyter(environ, platform, Path("/h")) == Path(found)


@pytest.mark.parametrize(
    ("path", "network"),
    [
        ("/home/bob/runs.sqlite", True),
        ("/home/alice/fast/runs.sqlite", False),
        ("/homework/runs.sqlite", False),
        ("/eos/user/a/runs.sqlite", True),
        ("/mnt/my disk/runs.sqlite", True),
        ("/var/runs.sqlite", False),
    ],
)
def test_network_file_systems_are_told_by_their_mount(tmp_path, path, network):
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert is_on_network(Path(path), mounts) is network


def test_without_a_table_of_mounts_a_disk_counts_as_local(tmp_path):
    assert is_on_network(tmp_path, tmp_path / "nothing") is False


def test_local_store_has_a_write_ahead_log_and_a_network_one_a_rollback_journal(open_store):
    for network, mode, synchronous in ((False, "wal", 1), (True, "delete", 2)):
        store = open_store(on_network=network)
        with store._connection.reading() as raw:
            assert raw.execute("PRAGMA journal_mode").fetchone()[0] == mode
            assert raw.execute("PRAGMA synchronous").fetchone()[0] == synchronous
        store.close()


@pytest.mark.skipif(sys.platform == "win32", reason="needs modes of files")
def test_store_is_readable_by_its_owner_only(tmp_path):
    previous = os.umask(0)
    try:
        store = RunStore.open(tmp_path / "a" / "b" / "runs.sqlite")
        store.page()
        modes = {
            str(path.relative_to(tmp_path)): stat.S_IMODE(path.stat().st_mode)
            for path in tmp_path.rglob("*")
        }
        store.close()
    finally:
        os.umask(previous)
    assert modes.pop("a") == modes.pop("a/b") == 0o700
    assert set(modes) == {f"a/b/runs.sqlite{end}" for end in ("", "-wal", "-shm")}
    assert set(modes.values()) == {0o600}


def test_store_needs_nothing_but_the_standard_library():
    code = (
        "import sys; sys.path = [p for p in sys.path if 'site-packages' not in p] + sys.argv[1:];"
        "from hrlab.store.sqlite import RunStore; RunStore.open().page();"
        "print([m for m in sys.modules if m.split('.')[0] in ('jupyter_core', 'IPython', 'dask')])"
    )
    project = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-S", "-c", code, project], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "[]", done.stderr
