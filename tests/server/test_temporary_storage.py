"""Servers of a hub whose runs would go with the container say so: real servers, on real mounts of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request

import pytest

from hrlab.store.location import file_system_of
from tests.clusters.queues import free_port

OVERLAY = """mkdir "$1/layers" && mount -t tmpfs tmpfs "$1/layers" && mkdir "$1/layers/upper" "$1/layers/work" &&
    mount -t overlay -o "lowerdir=$1/lower,upperdir=$1/layers/upper,workdir=$1/layers/work" overlay "$1/home" """
MOUNTS = {
    "tmpfs": 'mount -t tmpfs tmpfs "$1/home"',
    "overlay": OVERLAY,
    "volume": f'{OVERLAY} && mkdir "$1/home/data" && mount --bind "$1/volume" "$1/home/data"',
}
ALICE = {"JUPYTERHUB_USER": "alice"}


def can_mount():
    return (
        bool(shutil.which("unshare"))
        and subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode
        == 0
    )


pytestmark = pytest.mark.skipif(not can_mount(), reason="needs unshare(1) and its permission")


@pytest.fixture
def served(tmp_path):
    """What a server answers for runs, and its log, whose home is mounted so."""

    def served_(mount, environ):
        for name in ("lower", "home", "volume", "runtime", "root"):
            (tmp_path / name).mkdir()
        home, port = tmp_path / "home", free_port()
        environ = {
            **{name: value for name, value in os.environ.items() if name != "HRLAB_STORE"},
            "HOME": str(home),
            "JUPYTER_DATA_DIR": str(home / "data"),
            "JUPYTER_CONFIG_DIR": str(home / "config"),
            "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
            **environ,
        }
        script = f'{MOUNTS[mount]} && shift && exec "$@"'
        server = [sys.executable, "-m", "jupyter_server", "--allow-root", "--ip=127.0.0.1"]
        server += [f"--port={port}", "--port-retries=0", "--no-browser"]
        server += [
            "--IdentityProvider.token=let-me-in",
            f"--ServerApp.root_dir={tmp_path / 'root'}",
        ]
        server += ["--ServerApp.jpserver_extensions={'hrlab': True}"]
        command = ["unshare", "-m", "sh", "-c", script, "sh", str(tmp_path), *server]
        log = tmp_path / "log"
        with log.open("w") as file:
            process = subprocess.Popen(command, env=environ, stdout=file, stderr=file)
        try:
            answers = [answer_of(process, port, log) for _ in range(2)]
        finally:
            process.terminate()
            process.wait()
        return answers[-1], log.read_text()

    return served_


def answer_of(process, port, log):
    url = f"http://127.0.0.1:{port}/hrlab/api/runs"
    asked = urllib.request.Request(url, headers={"Authorization": "token let-me-in"})
    until = time.monotonic() + 60
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < until, log.read_text()
        try:
            with urllib.request.urlopen(asked) as answer:
                return json.load(answer)
        except OSError:  # it does not listen yet
            time.sleep(0.1)


@pytest.mark.parametrize(
    ("mount", "said"),
    [
        ("tmpfs", "in memory (tmpfs): they are lost when the server's container"),
        ("overlay", "usually deleted with the server's container, including its files"),
    ],
)
def test_runs_that_go_with_the_container_are_told_of(served, tmp_path, mount, said):
    found, log = served(mount, ALICE)
    warning = found["storage_warning"]
    assert warning.startswith(f"Runs are stored in {tmp_path}/home/data/hrlab")
    assert said in warning
    assert "JUPYTER_DATA_DIR" in warning
    assert log.count(warning) == 1


def test_the_same_without_a_hub_is_nobodys_trouble(served):
    found, log = served("tmpfs", {"JUPYTERHUB_USER": ""})
    assert "storage_warning" not in found
    assert "JUPYTER_DATA_DIR" not in log


def test_a_volume_below_the_containers_own_file_system_is_none(served, tmp_path):
    if file_system_of(tmp_path) in ("overlay", "tmpfs"):
        pytest.skip("needs a temporary directory on a disk")
    found, log = served("volume", ALICE)
    assert "storage_warning" not in found
    assert "JUPYTER_DATA_DIR" not in log
