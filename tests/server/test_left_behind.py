"""A server that nobody asks looks after clusters that an earlier one left."""

from __future__ import annotations

import asyncio
import os

import pytest

from hrlab.server import setup_clusters


@pytest.fixture(autouse=True)
def pretended(monkeypatch, tmp_path):
    """The real kinds; their state is the test's own."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(setup_clusters, "WATCH_SECONDS", 0.05)


@pytest.fixture
def left(jp_runtime_dir):
    """What a server left that was killed while it made a cluster, long ago."""
    directory = jp_runtime_dir / "hrlab-clusters" / "zee-1-k3x9"
    directory.mkdir(parents=True)
    os.utime(directory, (1, 1))
    return directory


async def test_a_half_started_cluster_is_cleaned_up_though_nobody_asks(left, jp_serverapp):
    for _ in range(600):
        if not left.exists():
            break
        await asyncio.sleep(0.05)
    assert not left.exists()
