"""Whether an installed hrlab is whole: both extensions found and compatible, server answers, a block is timed."""

from __future__ import annotations

import json
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

BIN = Path(sys.executable).parent
START_SECONDS = 60


def jupyter(*arguments: str) -> str:
    """What a jupyter command prints."""
    done = subprocess.run(
        [str(BIN / "jupyter"), *arguments],
        check=True,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    return done.stdout


def extensions_are_found() -> None:
    """The front end is enabled and fits this JupyterLab; the server side loads."""
    front = jupyter("labextension", "list")
    assert re.search(r"hrlab v[\d.]+\S* .*enabled.*OK", front), front
    server = jupyter("server", "extension", "list")
    assert re.search(r"hrlab .*OK", server), server
    print("Both extensions are enabled and OK.")


def block_is_timed() -> None:
    """In a plain script."""
    import hrlab

    with hrlab.timed("installed", quiet=True) as run, hrlab.phase("dask"):
        time.sleep(0.01)
    assert run.record.phases.dask_seconds >= 0.01
    print("A block is timed.")


def server_answers(folder: str) -> None:
    """JupyterLab starts with the extension and lists the run that was just kept."""
    token = secrets.token_hex()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    server = subprocess.Popen(
        [str(BIN / "jupyter"), "lab", *options, "--allow-root", f"--ServerApp.root_dir={folder}"],
        env={**os.environ, "JUPYTER_TOKEN": token},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        page = _runs(f"http://127.0.0.1:{port}/hrlab/api/runs", token, server)
    finally:
        server.terminate()
        _, said = server.communicate(timeout=30)
    assert page["runs"][0]["name"] == "installed", page
    assert "Traceback" not in said, said
    print("The server lists the run.")


def _runs(url: str, token: str, server: subprocess.Popen[str]) -> dict[str, list[dict[str, str]]]:
    request = urllib.request.Request(url, headers={"Authorization": f"token {token}"})
    give_up = time.monotonic() + START_SECONDS
    while True:
        try:
            with urllib.request.urlopen(request) as answer:
                found: dict[str, list[dict[str, str]]] = json.load(answer)
                return found
        except urllib.error.HTTPError:
            raise
        except OSError:
            if time.monotonic() > give_up or server.poll() is not None:
                raise
            time.sleep(0.2)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["HRLAB_STORE"] = str(Path(scratch, "runs.sqlite"))
        extensions_are_found()
        block_is_timed()
        server_answers(scratch)
