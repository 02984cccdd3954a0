"""Real clusters, and after every test a look at what is left of them."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import time
import uuid
from pathlib import Path

import pytest

from tests.clusters import gateways, queues
from tests.clusters.side import MARK, marked, process_side, profile

SLURM_MISSING = (
    "Slurm is not installed: `scripts/need.sh slurm` says how (slurmctld slurmd slurm-client munge);"
    " `.ci/run` installs it before `make test`."
)
ARGUMENTS = {
    "cores": 1,
    "memory": "300MB",
    "interface": "lo",
    "death_timeout": 10,
    "local_directory": "/tmp",
}


def needs(package):
    """Skip unless `package` is installed; not by importing it: dask_jobqueue takes SIGINT away from whoever imports it."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")


@pytest.fixture(autouse=True)
def workers_find_the_tests(monkeypatch):
    """Workers are asked to call functions of these modules, also where hrlab is installed from its wheel."""
    root = str(Path(__file__).parents[2])
    monkeypatch.setenv("PYTHONPATH", root, prepend=os.pathsep)


def pytest_configure(config):
    # Clients whose scheduler was closed or killed leave their sockets to the garbage collector.
    line = "ignore:Exception ignored in. <socket:pytest.PytestUnraisableExceptionWarning"
    config.addinivalue_line("filterwarnings", line)


@pytest.fixture(autouse=True)
def nothing_is_left(monkeypatch, tmp_path):
    """No process that a test has started, directly or not, survives it; no host's directory either."""
    mark = uuid.uuid4().hex
    monkeypatch.setenv(MARK, mark)
    yield mark
    deadline = time.monotonic() + 15
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left
    assert not list((tmp_path / "runtime" / "hrlab-clusters").glob("*"))


@pytest.fixture
def runtime(tmp_path):
    """Jupyter's runtime directory of the test."""
    return tmp_path / "runtime"


@pytest.fixture
def side(nothing_is_left, runtime):
    """Process clusters as a server has them; what a failed test leaves is closed."""
    made = process_side(runtime)
    yield made
    for cluster in made.kind.clusters():
        made.close(cluster.id)
    made.stop()


@pytest.fixture(scope="session")
def slurm_conf():
    path = f"{os.environ['PATH']}{os.pathsep}/usr/sbin"  # where users other than root do not look
    if not all(shutil.which(one, path=path) for one in ("slurmctld", "slurmd", "sbatch", "munged")):
        pytest.skip(SLURM_MISSING)
    with queues.slurm() as conf:
        yield conf


@pytest.fixture
def slurm(slurm_conf, monkeypatch, tmp_path):
    """A profile of the queue, which is empty again afterwards."""
    needs("dask_jobqueue")
    monkeypatch.setenv("SLURM_CONF", str(slurm_conf))
    arguments = {**ARGUMENTS, "walltime": "00:10:00", "log_directory": str(tmp_path / "logs")}
    yield profile({"class": "dask_jobqueue.SLURMCluster", "arguments": arguments})
    queues.wait_for(lambda: not queues.jobs("%i"), 30)


@pytest.fixture
def condor(monkeypatch, tmp_path):
    """A profile of the queue, which is empty again afterwards."""
    needs("dask_jobqueue")
    for name, value in queues.condor(tmp_path).items():
        monkeypatch.setenv(name, value)
    arguments = {**ARGUMENTS, "disk": "1GB"}
    yield profile({"class": "dask_jobqueue.HTCondorCluster", "arguments": arguments})
    queue = tmp_path / "condor" / "queue.json"
    # Nothing is there where nothing was submitted, or a command was killed while it wrote.
    left = json.loads(queue.read_text() or "[]") if queue.exists() else []
    assert left == []


@pytest.fixture(scope="session")
def gateway(tmp_path_factory):
    """A Dask Gateway that starts its clusters on this machine."""
    needs("dask_gateway")
    needs("dask_gateway_server")
    with gateways.gateway(tmp_path_factory.mktemp("gateway")) as made:
        yield made
