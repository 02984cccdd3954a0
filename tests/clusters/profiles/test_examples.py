"""The example profiles in ``docs/profiles``: they are read, filled, and make clusters that compute."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

import pytest
import yaml
from distributed import Client

from hrlab.clusters.process.launcher import specification
from hrlab.clusters.profiles import parse
from hrlab.model.template import places
from tests.clusters.side import marked, plan

#: They start real clusters of every kind.
pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[3] / "docs" / "profiles"
OURS = ("address", "gateway", "htcondor", "local", "slurm")


def example(file):
    """The one profile of a file, as the server reads it."""
    declared = yaml.safe_load((FOLDER / f"{file}.yaml").read_text(encoding="utf-8"))
    ((name, value),) = declared["profiles"].items()
    return parse.read_profile(name, value)


def defaults(profile, **others):
    return {name: option.default for name, option in profile.options.items()} | others


def computes(side, profile, **options):
    """Make a cluster of a profile with its defaults but for `options`, and compute on it."""
    side.create(of=profile, **defaults(profile, **options))
    address = side.wait("ready").scheduler_address
    assert address.startswith("tcp://127.0.0.1:")
    with Client(address) as client:
        assert client.submit(sum, [1, 2, 3]).result(timeout=30) == 6
        assert told(client) == {"id": "test-1", "name": "test-1", "profile": profile.name}


def told(client):
    """What the scheduler was told of its cluster."""
    return client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.hrlab_cluster)


@pytest.mark.parametrize("file", OURS)
def test_every_place_of_the_template_is_an_option(file):
    profile = example(file)
    assert places(profile.template) <= set(profile.options)
    assert profile.label
    assert profile.description
    for option in profile.options.values():
        assert option.check(option.default) == option.default
        assert option.label


@pytest.mark.parametrize("file", [path.stem for path in FOLDER.glob("*.yaml")])
def test_presets_change_what_the_user_may_change(file):
    profile = example(file)
    assert bool(profile.presets) == (file != "address")  # of which nothing can be chosen
    for options in profile.presets.values():
        assert options
        assert all(profile.options[name].user_may_set for name in options)


@pytest.mark.parametrize("file", set(OURS) - {"address"})
def test_the_host_is_told_what_the_options_say(file):
    profile = example(file)
    spec = specification(plan(of=profile, **defaults(profile)), "/")
    assert spec["class"].endswith("Cluster")
    assert spec["target"]
    assert not places(spec["arguments"])


def test_local_computes(side):
    computes(side, example("local"), memory=400_000_000)


def test_htcondor_computes(condor, side, tmp_path):
    small = {"workers": 1, "memory": 400_000_000, "interface": "lo", "logs": str(tmp_path)}
    computes(side, example("htcondor"), **small)


def test_slurm_computes(slurm, side, tmp_path):
    small = {"memory": 400_000_000, "interface": "lo", "logs": str(tmp_path), "maximum": 2}
    computes(side, example("slurm"), **small)


#: What a notebook does that finds the cluster at the gateway by itself.
TIMED = """
from dask_gateway import Gateway
import hrlab
with Gateway({address!r}).connect({name!r}, shutdown_on_close=False) as cluster:
    with cluster.get_client() as client, hrlab.timed("test"):
        assert client.submit(sum, [1, 2, 3]).result(timeout=30) == 6
(used,) = hrlab.last_run().clusters
print(used.id, used.name, used.profile)
"""


def test_gateway_computes(gateway, side):
    profile = example("gateway")
    side.create(of=profile, **defaults(profile, workers=1, address=gateway.address))
    cluster = side.wait("ready")
    assert cluster.scheduler_address.startswith("gateway://")
    assert cluster.tasks == 0
    side.until(lambda: side.get().versions, "versions")
    assert side.kind.dashboard_url("test-1").startswith(f"{gateway.address}/clusters/")
    assert "scheduler" in side(side.kind.logs("test-1"))
    name = cluster.scheduler_address.rpartition("/")[2]
    code = TIMED.format(address=gateway.address, name=name)
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, stdout=PIPE)
    assert done.stdout.split() == [b"test-1", b"test-1", profile.name.encode()]
    side.close()
    gateway.until_empty()


def test_a_cluster_at_the_gateway_is_stopped_when_its_host_is_killed(
    gateway, side, nothing_is_left
):
    profile = example("gateway")
    side.create(of=profile, **defaults(profile, workers=1, address=gateway.address))
    side.wait("ready")
    (host,) = [
        pid for pid, command in marked(nothing_is_left).items() if "process/host.py" in command
    ]
    os.kill(host, signal.SIGKILL)
    side.until(lambda: side.get().state == "failed")
    gateway.until_empty()


def test_python_of_the_tests_is_that_of_the_workers():
    assert plan().python == sys.executable
