"""Two machines of one user that share the home: a cluster that listens on loopback is reached from its own only.

As two pods on one node have it: the files and sockets in the home are the same for both, the loopback interface is not.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import textwrap

import pytest

from hrlab.clusters.process.host_client import HostClient
from hrlab.model.cluster import WorkerCount
from tests.clusters.side import process_side

ELSEWHERE = {"host": "pod-b pid:[2]", "pid": 1, "started": "x", "network": "boot net:[2]"}
DESCRIPTION = {
    "id": "zee-1",
    "name": "zee",
    "profile": "local",
    "owner": "alice",
    "created_at": 1.0,
    "start_timeout_seconds": 60,
    "target": {"workers": 1},
}
#: What the other machine's server shows, and what a kernel there is told.
ELSEWHERE_SCRIPT = """
    import json, os, socket, subprocess, sys, time
    from pathlib import Path

    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    command = [sys.executable, "-m", "jupyter_server", "--allow-root", "--ip=127.0.0.1", "--port=8899", "--no-browser"]
    command += ["--ServerApp.jpserver_extensions={'hrlab': True}", f"--ServerApp.root_dir={os.environ['HOME']}"]
    server = subprocess.Popen(command, stdout=sys.stderr)
    try:
        runtime = Path(os.environ["JUPYTER_RUNTIME_DIR"])
        while not (runtime / f"jpserver-{server.pid}.json").exists():
            assert server.poll() is None
            time.sleep(0.1)
        os.environ["JPY_PARENT_PID"] = str(server.pid)
        import hrlab
        from hrlab.model.errors import BackendError
        from hrlab.api.jupyter_server import find_parent_server

        while True:
            try:
                found = find_parent_server().get("clusters")["clusters"]
            except BackendError:  # it does not listen yet
                found = []
            if found and found[0]["state"] != "starting":
                break
            time.sleep(0.1)
        try:
            refused = f"connected: {hrlab.connect('test-1')}"
        except BackendError as error:
            refused = error.message
        print(json.dumps({"cluster": found[0], "refused": refused}))
    finally:
        server.terminate()
        server.wait()
"""


def can_have_networks():
    command = ["unshare", "-n", "ip", "link", "set", "lo", "up"]
    tools = shutil.which("unshare") and shutil.which("ip")
    return bool(tools) and subprocess.run(command, check=False, capture_output=True).returncode == 0


def seen_from_elsewhere(tmp_path, runtime):
    """The cluster as a server and a kernel of another machine have it, with the same files."""
    folders = {"JUPYTER_DATA_DIR": "data", "JUPYTER_CONFIG_DIR": "config", "HOME": ""}
    environ = {name: str(tmp_path / folder) for name, folder in folders.items()}
    environ = {**os.environ, **environ, "JUPYTER_RUNTIME_DIR": str(runtime)}
    environ.pop("JUPYTERHUB_USER", None)
    done = subprocess.run(
        ["unshare", "-n", sys.executable, "-c", textwrap.dedent(ELSEWHERE_SCRIPT)],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.skipif(not can_have_networks(), reason="needs unshare(1), ip(8) and their permission")
def test_a_cluster_on_the_loopback_interface_of_another_machine_is_unreachable(
    side, tmp_path, runtime
):
    side.create()
    address = side.wait("ready").scheduler_address
    assert address.startswith("tcp://127.0.0.1:")
    seen = seen_from_elsewhere(tmp_path, runtime)
    assert seen["cluster"]["state"] == "unreachable"
    assert "listens only on the loopback interface there" in seen["cluster"]["reason"]
    assert seen["cluster"]["dashboard_path"] is None
    assert seen["refused"] == f"test-1 is unreachable: {seen['cluster']['reason']}"
    assert side.get().state == "ready"


def hosted(tmp_path, **status):
    made = HostClient(tmp_path / "zee-1", DESCRIPTION, lambda: None)
    made.status = {
        "process": ELSEWHERE,
        "state": "ready",
        "scheduler_address": "tcp://127.0.0.1:4000",
        "dashboard_url": "http://127.0.0.1:8787",
        "workers": {"asked": 1, "ready": 1},
        **status,
    }
    return made


def test_one_that_listens_on_the_network_is_ready_but_its_loopback_dashboard_is_not_shown(
    tmp_path,
):
    batch = hosted(tmp_path, scheduler_address="tcp://10.0.0.7:4000")
    assert (batch.state, batch.cluster.reason) == ("ready", "")
    assert batch.dashboard_url is None
    assert batch.cluster.workers == WorkerCount(asked=1, ready=1)
    shown = hosted(
        tmp_path, scheduler_address="tls://10.0.0.7:4000", dashboard_url="http://10.0.0.7:8787"
    )
    assert shown.dashboard_url == "http://10.0.0.7:8787"


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:4000", "tls://127.0.0.2:4000", "tcp://[::1]:4000"]
)
def test_all_of_loopback_is_another_machines_own(tmp_path, address):
    away = hosted(tmp_path, scheduler_address=address)
    assert away.state == "unreachable"
    assert away.cluster.reason.startswith("It runs on pod-b and listens ")
    assert away.dashboard_url is None


def test_a_gateways_cluster_is_where_the_gateway_is(tmp_path):
    made = hosted(tmp_path, scheduler_address="gateway://10.0.0.7:8000/ns.abc", dashboard_url=None)
    assert made.state == "ready"


@pytest.mark.parametrize("network", [{}, {"network": ""}])
def test_where_nothing_is_known_of_the_network_the_socket_is_believed(tmp_path, network):
    """As hosts of an earlier hrlab have it, and systems without network namespaces."""
    process = {key: value for key, value in ELSEWHERE.items() if key != "network"}
    assert hosted(tmp_path, process={**process, **network}).state == "ready"


def test_a_second_server_on_the_same_machine_reaches_it(side, runtime):
    side.create()
    side.wait("ready")
    other = process_side(runtime)
    try:
        assert other.wait("ready").dashboard_path
    finally:
        other.stop()
