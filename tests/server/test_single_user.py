"""Kernels of servers that a hub starts reach hrlab: real single-user servers, beside as much of a hub as they ask."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import hrlab
from hrlab.api.find_server import find_server
from hrlab.api.jupyter_server import find_parent_server
from hrlab.model.errors import BackendError, MalformedError, UsageError
from tests.clusters.queues import free_port

jupyterhub = pytest.importorskip("jupyterhub")

TOKEN, PREFIX = "of-the-hub", "/user/alice/"
START_SECONDS = 120.0

#: How sites start them: by inheritance, which the facility does, and as an extension.
WAYS = {
    "labhubapp": ("jupyterlab.labhubapp", "0"),
    "singleuser-inherits": ("jupyterhub.singleuser", "0"),
    "singleuser-extension": ("jupyterhub.singleuser", "1"),
}


class Hub(BaseHTTPRequestHandler):
    """Tells its version, whose a token is, and that it has heard of activity."""

    def do_GET(self):
        asked = self.path.rstrip("/")
        if asked.endswith("/hub/api"):
            self.say(200, {"version": jupyterhub.__version__})
        elif asked.endswith("/hub/api/user") and self.headers["Authorization"] == f"token {TOKEN}":
            scopes = ["access:servers!server=alice/", "read:users:name!user=alice"]
            about = {"kind": "user", "name": "alice", "admin": False, "groups": []}
            self.say(200, {**about, "scopes": scopes, "session_id": None, "token_id": "1"})
        else:
            self.say(403, {})

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.say(200, {})

    def say(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("X-JupyterHub-Version", jupyterhub.__version__)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        pass


@pytest.fixture
def hub():
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hub/api"
        server.shutdown()
        thread.join()


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def kernel(request, hub, tmp_path, monkeypatch):
    """The environment of a kernel of such a server is this process's."""
    module, as_extension = request.param
    access = json.dumps(["access:servers!server=alice/"])
    folders = {f"JUPYTER_{name.upper()}_DIR": name for name in ("data", "runtime", "config")}
    environ = {
        **{name: str(tmp_path / folder) for name, folder in folders.items()},
        "HOME": str(tmp_path),
        "JUPYTERHUB_ACTIVITY_URL": f"{hub}/users/alice/activity",
        "JUPYTERHUB_API_TOKEN": TOKEN,
        "JUPYTERHUB_API_URL": hub,
        "JUPYTERHUB_BASE_URL": "/",
        "JUPYTERHUB_CLIENT_ID": "jupyterhub-user-alice",
        "JUPYTERHUB_HOST": "",
        "JUPYTERHUB_OAUTH_ACCESS_SCOPES": access,
        "JUPYTERHUB_OAUTH_CALLBACK_URL": f"{PREFIX}oauth_callback",
        "JUPYTERHUB_OAUTH_SCOPES": access,
        "JUPYTERHUB_SERVER_NAME": "",
        "JUPYTERHUB_SERVICE_PREFIX": PREFIX,
        "JUPYTERHUB_SERVICE_URL": f"http://127.0.0.1:{free_port()}{PREFIX}",
        "JUPYTERHUB_SINGLEUSER_EXTENSION": as_extension,
        "JUPYTERHUB_USER": "alice",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    command = [sys.executable, "-m", module, "--allow-root", "--ip=127.0.0.1"]
    command += [
        "--ServerApp.jpserver_extensions={'hrlab': True}",
        f"--ServerApp.root_dir={tmp_path}",
    ]
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **environ})
    try:
        _wait_for(server, tmp_path)
        monkeypatch.setenv("JPY_PARENT_PID", str(server.pid))
        yield
    finally:
        server.terminate()
        try:
            server.wait(30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_for(server, tmp_path):
    until = time.monotonic() + START_SECONDS
    while True:
        if (tmp_path / "runtime" / f"jpserver-{server.pid}.json").exists():
            try:
                find_server().get("runs")
                return
            except BackendError as error:  # what it answers, the tests tell
                if "does not respond" not in error.message:
                    return
            except UsageError:  # the file is being written
                pass
        assert server.poll() is None, (tmp_path / "log").read_text()
        assert time.monotonic() < until, (tmp_path / "log").read_text()
        time.sleep(0.1)


def test_connect_quotas_and_advise_reach_the_server(kernel):
    with pytest.raises(UsageError, match=r"You have no cluster\. Create one in the panel"):
        hrlab.connect()
    assert {quota.resource for quota in hrlab.quotas().quotas}
    # It is the question that is refused: by then it has been let in, token, cookie and all.
    with pytest.raises(MalformedError, match="goal"):
        find_parent_server().post("sizing", {"runs": []})


def test_a_terminal_finds_it_without_the_address(kernel, monkeypatch):
    monkeypatch.delenv("JPY_PARENT_PID")
    monkeypatch.delenv("JUPYTERHUB_SERVICE_URL")
    assert find_server().get("clusters")["clusters"] == []
