"""Status files of campaigns: what others read of one, and that no two processes execute the same."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from hrlab.campaigns.runner import Progress
from hrlab.campaigns.status_file import StatusFile, is_alive, read_status
from hrlab.model.errors import ConflictError

OTHER = """
import sys, time
from pathlib import Path
from hrlab.campaigns.runner import Progress
from hrlab.campaigns.status_file import StatusFile
StatusFile(Path(sys.argv[1]), {"name": "other"})(Progress(id="zee-1", points=3))
print("written", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "runtime" / "hrlab-campaigns" / "zee-1"


@pytest.fixture
def other(folder):
    """Another process that executes the campaign."""
    words = [sys.executable, "-c", OTHER, str(folder)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"written\n"
        yield process
        process.stdin.close()


def test_it_says_how_far_the_campaign_is_for_its_owner_only(folder):
    StatusFile(folder, {"name": "Zee"})(Progress(id="zee-1", points=3, done=1))
    found = read_status(folder)
    assert (found["name"], found["state"], found["done"]) == ("Zee", "running", 1)
    assert is_alive(found)
    assert (folder / "status.json").stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


def test_it_has_ended_when_its_report_is_there_too(folder):
    status = StatusFile(folder, {})
    status(Progress(id="zee-1"))
    status(Progress(id="zee-1", state="done", done=3))
    assert read_status(folder)["state"] == "running"
    status.finish()
    assert (read_status(folder)["state"], read_status(folder)["done"]) == ("done", 3)


def test_two_processes_do_not_execute_the_same_campaign(folder, other):
    with pytest.raises(ConflictError, match=f"in process {other.pid}"):
        StatusFile(folder, {})
    other.kill()
    other.wait()
    assert not is_alive(read_status(folder))
    StatusFile(folder, {"name": "mine"})(Progress(id="zee-1"))
    assert read_status(folder)["name"] == "mine"


def test_from_which_run_it_was_begun_is_kept(folder):
    folder.mkdir(parents=True)
    begun = {
        "state": "starting",
        "run_id": "a" * 32,
        "process": {"host": "h", "pid": 1, "started": ""},
    }
    (folder / "status.json").write_text(json.dumps(begun), encoding="utf-8")
    StatusFile(folder, {})(Progress(id="zee-1"))
    assert read_status(folder)["run_id"] == "a" * 32


@pytest.mark.parametrize("text", ["", "[]", '{"state": "running"}', '{"process": {}}'])
def test_what_is_none_is_not_read(folder, text):
    folder.mkdir(parents=True)
    (folder / "status.json").write_text(text, encoding="utf-8")
    assert read_status(folder) is None
    StatusFile(folder, {})
