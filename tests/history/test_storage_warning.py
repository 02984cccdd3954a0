"""Which places are told of as not lasting, by a pod's table of mounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from hrlab.history.storage_warning import storage_warning

IN_POD = """\
overlay / overlay rw,relatime,lowerdir=/a,upperdir=/b,workdir=/c 0 0
/dev/sda1 /persistent ext4 rw 0 0
tmpfs /dev/shm tmpfs rw 0 0
"""


@pytest.fixture
def pod(tmp_path, monkeypatch):
    mounts = tmp_path / "mounts"
    mounts.write_text(IN_POD)
    monkeypatch.setenv("JUPYTER_DATA_DIR", "/persistent/jupyter")

    return lambda path: storage_warning(Path(path), mounts)


def test_a_store_on_a_volume_is_nothing_to_warn_of(pod):
    assert pod("/persistent/jupyter/hrlab/runs.sqlite") == ""


def test_a_store_beside_the_volume_is_named_with_its_own_setting(pod):
    warning = pod("/opt/runs.sqlite")
    assert warning.startswith("Runs are stored in /opt/runs.sqlite, ")
    assert "HRLab.store_path" in warning
    assert "in memory (tmpfs)" in pod("/dev/shm/runs.sqlite")


def test_what_is_kept_beside_runs_is_told_of_too(pod, monkeypatch):
    monkeypatch.setenv("JUPYTER_DATA_DIR", "/home/alice/jupyter")
    warning = pod("/persistent/runs.sqlite")
    assert warning.startswith(
        "Core-hours and usual start times are stored in /home/alice/jupyter/hrlab, "
    )
    assert "set JUPYTER_DATA_DIR" in warning
