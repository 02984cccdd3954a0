"""The Dask configuration in docs/clusters.md that lets only its owner connect to a scheduler."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = (Path(__file__).parents[2] / "docs" / "clusters.md").read_text(encoding="utf-8")
CONNECT = """
import sys
from hrlab.api.connect import connect_to
if __name__ == "__main__":
    with connect_to(sys.argv[1], 5) as client:
        print(client.submit(sum, [3, 4]).result())
"""


def block(language):
    """What is to be typed, from the section on who can connect."""
    section = DOCS.partition("## Who can connect")[2]
    return re.search(rf"```{language}\n(.*?)```", section, re.DOTALL)[1]


def configured(home):
    """Dask's folder of configuration of somebody who follows the documentation."""
    home.mkdir()
    environ = {**os.environ, "HOME": str(home)}
    subprocess.run(["bash", "-ec", block("bash")], env=environ, capture_output=True, check=True)
    folder = home / ".config" / "dask"
    (folder / "tls.yaml").write_text(block("yaml").replace("/home/alice", str(home)))
    return folder


def connects(address, config):
    """What somebody with that configuration gets out of the scheduler."""
    environ = {**os.environ, "DASK_CONFIG": str(config)}
    command = [sys.executable, "-c", CONNECT, address]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_configuration_of_the_documentation_lets_only_its_owner_connect(
    nothing_is_left, tmp_path, monkeypatch, request
):
    mine, other = configured(tmp_path / "mine"), configured(tmp_path / "other")
    key = mine / "tls" / "key.pem"
    assert (key.stat().st_mode & 0o777, key.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    monkeypatch.setenv("DASK_CONFIG", str(mine))
    side = request.getfixturevalue("side")
    side.create()
    address = side.wait("ready").scheduler_address
    assert address.startswith("tls://127.0.0.1:")
    assert connects(address, mine).stdout.strip() == "7"
    for stranger in (connects(address, other), connects(address, tmp_path / "none")):
        assert stranger.returncode
        assert stranger.stdout == ""
    side.close()
