"""``jupyter hrlab sweep`` on clusters that are reached in other ways than those that hrlab starts."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from distributed import LocalCluster

from hrlab.cli.app import main
from hrlab.model.run import Run
from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore

#: Kernels and clusters at every point.
pytestmark = pytest.mark.slow

WORK = """
import hrlab
client = hrlab.connect()
client.gather(client.map(lambda x: x + 1, range(2), pure=False))
client.close()
"""
WORKERS = {"type": "integer", "default": 1}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HRLAB_STORE", str(tmp_path / "kept.sqlite"))
    for name in ("runtime", "data", "config"):
        monkeypatch.setenv(f"JUPYTER_{name.upper()}_DIR", str(tmp_path / name))
    cells = [nbformat.v4.new_code_cell(WORK)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), "study.ipynb")
    return tmp_path


@pytest.fixture
def theirs():
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None,
        protocol="tcp", host="127.0.0.1",
    ) as cluster:  # fmt: skip
        yield cluster.scheduler_address
        assert cluster.scheduler.status.name == "running"


def declare(profile, workers=1):
    """One point on a cluster of the profile."""
    site = {"profiles": {"farm": {"start_timeout_seconds": 60, **profile}}}
    Path("site.json").write_text(json.dumps(site), encoding="utf-8")
    size = "" if workers is None else f"workers: [{workers}]\n"
    Path("study.yaml").write_text(
        f"notebook: study.ipynb\nprofiles: [farm]\n{size}repeats: 1\n", encoding="utf-8"
    )


def sweep():
    return main(["sweep", "study.yaml", "--profiles", "site.json"])


def runs():
    store = RunStore.open(Path("kept.sqlite"))
    try:
        return [Run.from_dict(store.get(run.id)) for run in store.page(RunQuery(limit=200)).runs]
    finally:
        store.close()


def test_a_notebook_reaches_a_cluster_of_a_gateway(gateway, folder):
    template = {
        "class": "dask_gateway.GatewayCluster",
        "arguments": {"address": gateway.address},
    }
    declare({"kind": "process", "template": template, "options": {"workers": WORKERS}})
    assert sweep() == 0
    (run,) = runs()
    assert (run.status, run.workers_peak) == ("ok", 1)
    assert run.clusters[0].scheduler_address.startswith("gateway://")
    gateway.until_empty()


def test_a_cluster_of_others_is_taken_as_it_is_and_left_running(theirs, folder, capfd):
    declare({"kind": "address", "template": {"address": theirs}}, workers=None)
    assert sweep() == 0, capfd.readouterr()
    assert [run.workers_peak for run in runs()] == [1]
    declare({"kind": "address", "template": {"address": theirs}})
    assert sweep() == 2
    assert "no option `workers`: remove `workers` from its setting" in capfd.readouterr().err


def test_a_gateway_that_is_away_fails_its_points_with_the_reason(folder, capfd):
    template = {
        "class": "dask_gateway.GatewayCluster",
        "arguments": {"address": "http://127.0.0.1:9"},
    }
    declare({"kind": "process", "template": template, "options": {"workers": WORKERS}})
    assert sweep() == 1
    assert "The cluster is failed." in capfd.readouterr().err
    assert runs() == []
