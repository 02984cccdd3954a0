"""A Jupyter server in a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import threading
from contextlib import suppress

TOKEN = "of-the-test"
#: Others would only make each of the starts slower.
EXTENSIONS = {
    **dict.fromkeys(["dask_labextension", "jupyter_lsp", "jupyter_server_proxy"], False),
    **dict.fromkeys(["jupyter_server_terminals", "jupyterlab", "notebook", "notebook_shim"], False),
    "hrlab": True,
}


class Server:
    """A Jupyter server process."""

    def __init__(self, home, **traits):
        directories = {f"JUPYTER_{name}_DIR": str(home) for name in ("CONFIG", "DATA", "RUNTIME")}
        config = {"ServerApp": {"jpserver_extensions": EXTENSIONS, "allow_root": True}}
        config["ServerApp"] |= {"ip": "127.0.0.1", "port": 0}
        config["IdentityProvider"] = {"token": TOKEN}
        config["HRLab"] = traits
        (home / "jupyter_server_config.json").write_text(json.dumps(config))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", "--no-browser"],
            env={**os.environ, **directories},
            cwd=home,
            stderr=subprocess.PIPE,
            text=True,
        )
        said = next(line for line in self.process.stderr if "http://127.0.0.1:" in line)
        self.port = int(said.split("http://127.0.0.1:")[1].split("/")[0])
        # Its log must go on being read, or the server waits for a reader.
        self._reader = threading.Thread(target=self.process.stderr.read)
        self._reader.start()

    def connected(self) -> http.client.HTTPConnection:
        client = http.client.HTTPConnection("127.0.0.1", self.port)
        while True:  # it names the port before it listens
            with suppress(ConnectionRefusedError):
                client.connect()
                return client

    def wait(self):
        self.process.wait()
        self._reader.join()
        self.process.stderr.close()
