"""The cluster host's files: they run where hrlab is not installed, with older Pythons than hrlab needs."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from hrlab.clusters.process import host
from hrlab.clusters.process.daemon.foreign_calls import Failed, because
from hrlab.clusters.process.daemon.process_identity import identity, shorten, write_json
from hrlab.clusters.process.launcher import HOST, orphans

FILES = [HOST, *sorted((HOST.parent / "hosting").glob("*.py"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_is_python_3_9_and_imports_at_its_top_only_what_python_has(path):
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
    names = [node.names[0].name for node in tree.body if isinstance(node, ast.Import)]
    names += [str(node.module) for node in tree.body if isinstance(node, ast.ImportFrom)]
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names
    used = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not [name for name in used if name and name.startswith("hrlab")]


def test_a_specification_that_is_cut_off_starts_nothing(tmp_path):
    command = [sys.executable, str(HOST), str(tmp_path)]
    done = subprocess.run(command, input='{"id": "te', capture_output=True, text=True, check=False)
    assert done.returncode
    assert not list(tmp_path.iterdir())


def test_a_directory_that_is_gone_starts_nothing(tmp_path):
    spec = json.dumps({"id": "test", "target": {}})
    command = [sys.executable, str(HOST), str(tmp_path / "gone")]
    done = subprocess.run(command, input=spec, capture_output=True, text=True, check=False)
    assert done.returncode


def test_a_reason_is_the_first_cause_without_the_command_lines_of_a_queue():
    failed = RuntimeError("the cluster failed to start")
    failed.__cause__ = ValueError("no such protocol")
    assert because(failed) == "ValueError: no such protocol"
    refused = "Command exited\nExit code: 1\nCommand:\nsbatch x\nstdout:\n\nstderr:\nsbatch: error: no\n\n"
    assert because(RuntimeError(refused)) == "sbatch: error: no"
    assert because(Failed("It is too late.")) == "It is too late."
    assert because(None) == ""


def test_a_process_that_has_ended_has_no_start():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        before = identity(process.pid)
        assert before["started"]
        assert identity(process.pid) == before
    assert identity(process.pid)["started"] == ""


def test_orphans_are_of_a_dead_session_only():
    script = "import subprocess, sys; subprocess.Popen(['sleep', '30']); sys.stdin.read()"
    leader = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, start_new_session=True
    )
    who = identity(leader.pid)
    assert orphans(who) == []
    leader.communicate()
    (left,) = orphans(who)
    assert Path(f"/proc/{left}/cmdline").read_bytes().startswith(b"sleep")
    subprocess.run(["kill", str(left)], check=True)


def test_a_long_log_keeps_its_end(tmp_path):
    log = tmp_path / "log"
    log.write_bytes(b"a" * 11_000_000 + b"the end")
    shorten(log)
    assert log.stat().st_size == 1_000_000
    assert log.read_bytes().endswith(b"the end")


def test_is_importable_without_distributed():
    assert host.Failed.__name__ == "Failed"


def test_a_file_that_cannot_be_replaced_leaves_no_temporary_one(tmp_path):
    (tmp_path / "status.json").mkdir()
    with pytest.raises(OSError, match=r"status\.json"):
        write_json(tmp_path / "status.json", {})
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]
