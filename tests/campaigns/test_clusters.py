"""Clusters of a campaign: a warm one is shared while it lives."""

from __future__ import annotations

import asyncio
import logging

import pytest

from hrlab.campaigns.clusters import campaign_clusters
from hrlab.campaigns.sweep import Setting
from hrlab.headless.execute import Stop
from hrlab.quota.site_config import site_of

LOG = logging.getLogger("hrlab.tests")


@pytest.mark.slow
def test_a_warm_cluster_that_is_gone_is_made_anew(tmp_path, monkeypatch):
    for name in ("DATA", "RUNTIME", "CONFIG"):
        monkeypatch.setenv(f"JUPYTER_{name}_DIR", str(tmp_path / name.lower()))
    setting = Setting("local", 1, (("cores", 1),))

    async def ids():
        clusters = campaign_clusters(site_of(None, LOG), tmp_path / "runtime", None, LOG)
        stop = Stop()
        try:
            first, _ = await clusters.get(setting, stop, fresh=False)
            again, is_new = await clusters.get(setting, stop, fresh=False)
            assert (again.id, is_new) == (first.id, False)
            # Somebody closes it in the panel.
            await clusters._service.close(first.id)
            other, is_new = await clusters.get(setting, stop, fresh=False)
            assert is_new
            assert other.id != first.id
        finally:
            await clusters.stop()

    asyncio.run(ids())
    assert list((tmp_path / "runtime" / "hrlab-clusters").glob("*")) == []
