"""Quotas of a real Slurm, of HTCondor's commands, and of a real gateway, with clusters that use them."""

from __future__ import annotations

import getpass

import pytest

from hrlab.quota.sources.base import QuotaError
from hrlab.quota.sources.batch import BatchQuotas
from hrlab.quota.sources.gateway import Gateway, GatewayQuotas
from tests.clusters.side import profile

pytestmark = pytest.mark.slow


def told(side, system):
    source = BatchQuotas({system: ["test"]}, getpass.getuser(), lambda: 0.0)
    return {one.resource: one for one in side(source.quotas())}


def test_jobs_of_slurm_are_counted(slurm, side):
    check_that_jobs_are_counted(side, slurm, "Slurm")


def test_jobs_of_condor_are_counted(condor, side):
    check_that_jobs_are_counted(side, condor, "HTCondor")


def check_that_jobs_are_counted(side, queue, system):
    assert told(side, system)["jobs"].used == 0
    side.create(of=queue, workers=2)
    side.until(lambda: side.get().workers.ready == 2)
    found = told(side, system)
    assert (found["jobs"].used, found["cores"].used) == (2, 2)
    assert found["jobs"].limit == "unknown"  # neither keeps limits of users here
    assert found["jobs"].label == f"{system}: 2 running, 0 pending"
    side.close()


def test_a_gateway_tells_the_users_clusters_and_keeps_its_limits_to_itself(gateway, side):
    def ask(auth="basic"):
        found = [Gateway(gateway.address, auth, ("test",))]
        source = GatewayQuotas(found, getpass.getuser(), {}, lambda: 0.0)
        return side(source.quotas())

    (clusters,) = ask()
    assert (clusters.used, clusters.limit) == (0, "unknown")
    assert "does not publish its limits" in clusters.error
    arguments = {"address": gateway.address, "auth": "basic"}
    side.create(of=profile({"class": "dask_gateway.GatewayCluster", "arguments": arguments}))
    side.wait("ready")
    assert ask()[0].used == 1
    side.close()
    for auth in ("kerberos", "jupyterhub"):
        with pytest.raises(
            QuotaError, match=f"Cannot authenticate to the gateway with method {auth!r}"
        ):
            ask(auth)
