"""A store that cannot be used says why and what to do, and works again afterwards."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from hrlab.model.errors import StoreError
from hrlab.store.connection import Connection
from hrlab.store.query import RunQuery
from hrlab.store.schema import VERSION
from hrlab.store.sqlite import RunStore
from tests.store.making import begun, run


def fill(store, kept):
    for number in range(1000):
        store.finish(run(number, note="x" * 3000))
        kept.append(run(number).id)


def raw_connection(path):
    return closing(sqlite3.connect(path, isolation_level=None))


def test_locked_store_says_so_within_the_timeout_and_works_afterwards(store, store_of_the_test):
    with raw_connection(store_of_the_test) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked by another process") as caught:
            store.start(begun())
        assert caught.value.detail == {"reason": "locked", "path": str(store_of_the_test)}
        assert store.page().total == 0  # readers do not wait
        other.execute("ROLLBACK")
    store.start(begun())
    assert store.page().total == 1


def test_store_that_is_full_keeps_what_it_has(store):
    with store._connection.reading() as raw:
        pages = raw.execute("PRAGMA page_count").fetchone()[0]
    store._connection._raw.execute(f"PRAGMA max_page_count = {pages + 3}")
    kept: list[str] = []
    with pytest.raises(StoreError, match="No space left"):
        fill(store, kept)
    assert kept
    assert {summary.id for summary in store.page().runs} == set(kept)
    store._connection._raw.execute("PRAGMA max_page_count = 1000000")
    store.finish(run(len(kept)))
    assert store.page().total == len(kept) + 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs tmpfs")
def test_disk_that_is_full_is_said_and_the_store_stays_whole(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a small disk here")
    try:
        store = RunStore.open(disk / "runs.sqlite")
        kept: list[str] = []
        with pytest.raises(StoreError) as caught:
            fill(store, kept)
        assert caught.value.detail["reason"] in ("full", "io-error")
        assert store.page().total == len(kept)
        store.close()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_file_that_is_no_database_is_not_touched(tmp_path):
    path = tmp_path / "runs.sqlite"
    path.write_bytes(b"my thesis " * 1000)
    with pytest.raises(StoreError, match="not an SQLite file") as caught:
        RunStore.open(path)
    assert caught.value.detail["reason"] == "corrupt"
    assert path.read_bytes() == b"my thesis " * 1000


def test_damaged_store_is_said(store, store_of_the_test):
    for number in range(200):
        store.finish(run(number, note="x" * 2000))
    store.close()
    content = bytearray(store_of_the_test.read_bytes())
    for page in range(4096, len(content), 4096):
        content[page : page + 100] = b"\xff" * 100
    store_of_the_test.write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged|not an SQLite") as caught:
        RunStore.open(store_of_the_test).page()
    assert caught.value.detail["reason"] == "corrupt"


def test_store_of_a_newer_hrlab_is_left_alone(store, store_of_the_test):
    store.finish(run())
    store.close()
    with raw_connection(store_of_the_test) as other:
        other.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StoreError, match="newer hrlab") as caught:
        RunStore.open(store_of_the_test)
    assert caught.value.detail["reason"] == "newer"


def test_store_that_a_newer_hrlab_takes_over_while_open_is_left_alone(store, store_of_the_test):
    store.finish(run(1))
    with raw_connection(store_of_the_test) as other:
        other.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(StoreError, match="newer hrlab"):
        store.finish(run(2))
    with raw_connection(store_of_the_test) as other:
        assert other.execute("SELECT count(*) FROM runs").fetchone() == (1,)
        other.execute(f"PRAGMA user_version = {VERSION}")
    store.finish(run(2))
    assert store.page().total == 2


def test_runs_are_kept_although_somebody_removes_the_write_ahead_log(store, store_of_the_test):
    store.finish(run(1))
    for end in ("-wal", "-shm"):
        store_of_the_test.with_name(store_of_the_test.name + end).unlink()
    store.finish(run(2))
    assert run(2).id in {summary.id for summary in RunStore.open(store_of_the_test).page().runs}
    assert store.page().total == RunStore.open(store_of_the_test).page().total


def test_file_that_was_cut_to_nothing_is_begun_anew(store, store_of_the_test):
    store.finish(run(1))
    with raw_connection(store_of_the_test) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    store_of_the_test.write_bytes(b"")
    store.finish(run(2))
    fresh = RunStore.open(store_of_the_test)
    assert [summary.id for summary in fresh.page().runs] == [run(2).id]
    fresh.finish(run(3))
    assert store.page().total == 2


def test_open_store_is_not_opened_again_for_what_others_write(store, store_of_the_test):
    store.finish(run(1))
    before = store.data_version() >> 32
    other = RunStore.open(store_of_the_test)
    for number in range(2, 5):
        other.finish(run(number))
        store.page()
    other.close()
    store.finish(run(9))
    assert store.data_version() >> 32 == before


def test_unknown_failure_does_not_advise_to_move_the_store_away(store):
    store.finish(run())
    too_long = RunQuery(text=" ".join(f"w{number}" for number in range(2000)))
    with pytest.raises(StoreError, match="Stored runs are unaffected") as caught:
        store.page(too_long)
    assert "Move" not in str(caught.value)
    assert store.page().total == 1


def test_database_of_another_program_is_left_alone(tmp_path):
    path = tmp_path / "places.sqlite"
    with raw_connection(path) as other:
        other.execute("CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(StoreError, match="another program"):
        RunStore.open(path)


def test_directory_in_the_place_of_the_store_is_said(tmp_path):
    with pytest.raises(StoreError, match="cannot be opened"):
        RunStore.open(tmp_path)


def test_file_in_the_place_of_a_directory_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot be opened: Not a directory .*HRLAB_STORE"):
        RunStore.open(tmp_path / "file" / "deeper" / "runs.sqlite")


READ_ONLY = """
import json, os, sys
from hrlab.model.errors import StoreError
from hrlab.store.sqlite import RunStore
if os.getuid() == 0:
    os.setgid(65534); os.setuid(65534)  # root may write anywhere
answers = []
for action in (lambda s: s.page().total, lambda s: s.delete(s.page().runs[0].id)):
    try:
        answers.append(action(RunStore.open(sys.argv[1])))
    except StoreError as error:
        answers.append([error.detail["reason"], error.message])
print(json.dumps(answers))
"""


@pytest.fixture
def read_only():
    """What another user, who may only read the store, gets from listing and from deleting."""
    directory = Path(tempfile.mkdtemp())  # pytest's own are closed to others

    def ask(*, on_network):
        store = RunStore(Connection(directory / "runs.sqlite", 0.2, on_network=on_network))
        store.finish(run())
        store.close()
        directory.chmod(0o555)
        store.path.chmod(0o444)
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, str(store.path)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    yield ask
    directory.chmod(0o700)
    shutil.rmtree(directory)


@pytest.mark.skipif(sys.platform == "win32", reason="needs modes of files")
def test_read_only_store_can_be_listed_and_says_that_it_cannot_be_written(read_only):
    listed, (reason, message) = read_only(on_network=True)
    assert (listed, reason) == (1, "read-only")
    assert "Make it writable" in message


@pytest.mark.skipif(sys.platform == "win32", reason="needs modes of files")
def test_read_only_store_with_a_write_ahead_log_says_why_it_cannot_be_read(read_only):
    for reason, message in read_only(on_network=False):
        assert reason in ("read-only", "cannot-open")
        assert "writable" in message


def test_file_that_was_moved_away_is_begun_anew(store, store_of_the_test):
    store.finish(run(1))
    for file in store_of_the_test.parent.iterdir():
        file.unlink()
    store.finish(run(2))
    assert [summary.id for summary in store.page().runs] == [run(2).id]
    assert RunStore.open(store_of_the_test).page().total == 1


def test_closed_store_opens_again_when_asked(store):
    store.finish(run())
    store.close()
    assert store.page().total == 1
