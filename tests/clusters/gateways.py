"""A Dask Gateway on this machine, with its backend for tests."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.clusters.queues import free_port, wait_for

CONFIG = """
c.DaskGateway.backend_class = "dask_gateway_server.backends.local.UnsafeLocalBackend"
c.DaskGateway.authenticator_class = "dask_gateway_server.auth.SimpleAuthenticator"
c.Proxy.address = "127.0.0.1:{port}"
c.UnsafeLocalBackend.clusters_directory = "{home}"
c.UnsafeLocalBackend.sigint_timeout = 2
c.ClusterConfig.scheduler_cmd = ["{python}", "-m", "distributed.cli.dask_scheduler"]
c.ClusterConfig.worker_cmd = ["{python}", "-m", "distributed.cli.dask_worker"]
c.ClusterConfig.worker_memory = "400 M"
c.ClusterConfig.scheduler_memory = "400 M"
"""


class Gateway:
    """Where it is, and what it runs."""

    def __init__(self, address):
        self.address = address

    def clusters(self):
        user = {"Authorization": f"Basic {base64.b64encode(b'root:').decode()}"}
        request = urllib.request.Request(f"{self.address}/api/v1/clusters/", headers=user)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def answers(self):
        with contextlib.suppress(OSError):
            return self.clusters() == {}

    def until_empty(self):
        wait_for(lambda: not self.clusters(), 30)


@contextlib.contextmanager
def gateway(home):
    """Start one, and stop it with all that it has started."""
    config, port = home / "config.py", free_port()
    config.write_text(CONFIG.format(port=port, home=home, python=sys.executable))
    programs = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [programs / "dask-gateway-server", "-f", str(config)],
            cwd=home, env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        made = Gateway(f"http://127.0.0.1:{port}")
        wait_for(made.answers)
        yield made
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(20)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()
        time.sleep(0.1)
