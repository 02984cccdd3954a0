"""Quotas in code and in a terminal: which server is asked, and what is shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import hrlab
from hrlab.api.find_server import find_server
from hrlab.api.jupyter_server import ParentServer
from hrlab.cli.app import main
from hrlab.model.errors import UsageError
from hrlab.model.quota import QuotaReport
from hrlab.model.wire import decode
from hrlab.quota.text import quota_text
from tests.api.http_server import Answering

GOLDEN = Path(__file__).parents[1] / "data" / "wire" / "quotas.json"


def runs(tmp_path, pid, url, token="t"):
    info = {"url": url, "token": token, "pid": pid}
    (tmp_path / f"jpserver-{pid}.json").write_text(json.dumps(info))


def environ(tmp_path, **more):
    return {"JUPYTER_RUNTIME_DIR": str(tmp_path), **more}


def test_in_a_terminal_the_one_server_that_runs_is_asked(tmp_path):
    runs(tmp_path, os.getpid(), "http://localhost:8888/")
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    runs(tmp_path, int(gone.stdout), "http://localhost:1/")
    (tmp_path / "jpserver-x.json").write_text("{")
    assert find_server(environ(tmp_path)) == ParentServer("http://localhost:8888/", "t")


def test_of_several_the_one_of_the_terminal_is_asked(tmp_path):
    runs(tmp_path, os.getpid(), "http://localhost:8888/a/")
    runs(tmp_path, os.getppid(), "http://localhost:8889/b/")
    with pytest.raises(
        UsageError, match="Several Jupyter servers are running: http://localhost:8888/a/, "
    ):
        find_server(environ(tmp_path))
    found = find_server(environ(tmp_path, JUPYTER_SERVER_URL="http://localhost:8889/b/"))
    assert found.url == "http://localhost:8889/b/"


def test_without_a_server_it_says_what_to_do(tmp_path):
    with pytest.raises(UsageError, match="Start JupyterLab"):
        find_server(environ(tmp_path))


@pytest.fixture
def asked(answering, tmp_path, monkeypatch):
    """The golden quotas, told by a server that this process finds."""
    monkeypatch.setattr(Answering, "answer", (200, GOLDEN.read_bytes()))
    runs(tmp_path, os.getpid(), answering.url, "")
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("JPY_PARENT_PID", raising=False)


def test_quotas_in_code_have_numbers_and_show_themselves(asked):
    found = hrlab.quotas()
    assert found.quotas[0].available == 128
    assert found.to_dict() == json.loads(GOLDEN.read_text())
    assert "cores, Each user" in repr(found)


def test_the_command_prints_the_same_and_json(asked, capsys):
    assert main(["quotas"]) == 0
    assert "cores, Each user" in capsys.readouterr().out
    assert main(["quotas", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads(GOLDEN.read_text())


def test_the_table_names_use_limit_age_and_what_is_wrong():
    report = decode(QuotaReport, json.loads(GOLDEN.read_text(encoding="utf-8")))
    lines = quota_text(report, 1790000060.0).splitlines()
    assert lines[1].split() == [
        "cores,",
        "Each",
        "user",
        "352",
        "480",
        "128",
        "you",
        "site",
        "1",
        "min",
    ]
    assert any(
        line.startswith("storage, /home/alice  8.5 GiB  10 GiB  1.5 GiB")
        for line in map(_squeezed, lines)
    )
    assert "- memory, Each user: Scaled outside hrlab: zee-2 (300 workers, 200 granted)." in lines
    assert "- gateway: Waiting for the first response." in lines
    assert quota_text(QuotaReport(), 0.0) == "No known limits."


def _squeezed(line):
    return "  ".join(part.strip() for part in line.split("  ") if part.strip())
