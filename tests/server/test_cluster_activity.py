"""A server whose own cluster is at work while its kernels are idle is not idle: a real server, and a real cluster."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta, timezone

import pytest
from distributed import Client

from hrlab.server import campaign_watch, setup_clusters
from tests.server.real_clusters import ready_cluster
from tests.server.waiting import eventually

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def pretended(monkeypatch, tmp_path):
    """The real kinds; their state is the test's own."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(setup_clusters, "_machine", lambda: (2, 3 * 1024**3))


def until_there(path):
    while not path.exists():
        time.sleep(0.05)


async def test_a_cluster_at_work_is_activity_as_hubs_are_told_it(
    jp_serverapp, ask, monkeypatch, tmp_path
):
    app = jp_serverapp.extension_manager.extension_points["hrlab"].app
    monkeypatch.setattr(campaign_watch, "ALIVE_SECONDS", 0.0)
    monkeypatch.setattr(campaign_watch, "QUIET_SECONDS", 0.05)
    await asyncio.wait_for(app._campaigns.stop(), 10)
    app._campaigns.start()
    web_app, manager = jp_serverapp.web_app, jp_serverapp.extension_manager
    long_ago = datetime.now(timezone.utc) - timedelta(days=1)

    def nothing_else_happened():
        web_app.settings["started"] = web_app.settings["api_last_activity"] = long_ago
        jp_serverapp.kernel_manager.last_kernel_activity = long_ago

    async with ready_cluster(ask) as ready:
        nothing_else_happened()
        looks, look = [], app._campaigns.clusters_at_work
        monkeypatch.setattr(
            app._campaigns, "clusters_at_work", lambda: looks.append(look()) or looks[-1]
        )
        await eventually(lambda: len(looks) > 2)
        assert web_app.last_activity() == long_ago
        assert not manager.any_activity()
        gate = tmp_path / "gate"
        async with Client(ready["scheduler_address"], asynchronous=True) as client:
            work = client.submit(until_there, gate)
            await eventually(manager.any_activity)
            first = web_app.last_activity()
            assert datetime.now(timezone.utc) - first < timedelta(minutes=1)
            await eventually(lambda: web_app.last_activity() > first)
            clock = app._activity.clock
            app._activity.clock = lambda: clock() + app.cluster_activity_seconds
            await eventually(lambda: not manager.any_activity())
            app._activity.clock = clock
            await eventually(manager.any_activity)
            gate.touch()
            await work
            await eventually(lambda: not manager.any_activity())
