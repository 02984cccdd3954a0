"""``jupyter hrlab sweep``: real notebooks, kernels and clusters; interrupted, killed, gone on with."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import nbformat
import pytest

from hrlab.cli.app import main
from hrlab.model.run import Run
from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore

#: Kernels and clusters at every point.
pytestmark = pytest.mark.slow

WAIT_SECONDS = 120.0
WORK = """
import os, time
from pathlib import Path
if scheduler_address:
    from distributed import Client
    import hrlab
    with Client() as first, hrlab.connect("zee") as client:
        assert first.scheduler.address == client.scheduler.address == scheduler_address
        client.gather(client.map(lambda x: x + 1, range(n), pure=False))
"""
HOLD = "while not Path('go').exists():\n    time.sleep(0.05)"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HRLAB_STORE", str(tmp_path / "kept.sqlite"))
    for name in ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.delenv("HRLAB_PROFILES_FILE", raising=False)
    yield tmp_path
    left = list((tmp_path / "jupyter_runtime_dir" / "hrlab-clusters").glob("*"))
    assert left == [], "clusters are left"


def declare(text, *cells):
    """A campaign and its notebook."""
    parameters = "n = 2\nscheduler_address = None"
    made = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
            *map(nbformat.v4.new_code_cell, cells),
        ]
    )
    nbformat.write(made, "study.ipynb")
    Path("study.yaml").write_text(f"notebook: study.ipynb\n{text}", encoding="utf-8")


def runs():
    store = RunStore.open(Path("kept.sqlite"))
    try:
        store.mark_interrupted()
        return [Run.from_dict(store.get(run.id)) for run in store.page(RunQuery(limit=200)).runs]
    finally:
        store.close()


def done():
    """How often each point was executed with success."""
    return Counter(run.campaign.point for run in runs() if run.status == "ok")


@pytest.fixture
def begin():
    """Starts the command in a process of its own."""
    begun = []

    def begin_():
        words = [sys.executable, "-m", "hrlab.cli.app", "sweep", "study.yaml"]
        begun.append(subprocess.Popen(words, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
        return begun[-1]

    yield begin_
    for process in begun:
        process.kill()
        process.wait()


def wait_for(condition):
    until = time.monotonic() + WAIT_SECONDS
    while not (found := condition()):
        assert time.monotonic() < until
        time.sleep(0.1)
    return found


def test_a_campaign_ends_with_the_comparison_and_a_report(folder, capsys):
    declare(
        "profiles: [serial, local]\nworkers: [1, 2]\nrepeats: 1\nworkload: {items: n}\n"
        "parameters: {n: [3]}\nlabels: {a: b}\ncluster: warm\noutput: out\n",
        WORK,
    )
    assert main(["sweep", "study.yaml", "--plan"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert runs() == []
    assert main(["sweep", "study.yaml"]) == 0
    told = capsys.readouterr()
    assert "3 of 3 points are done" in told.err
    assert "2 workers" in told.out
    assert "<html" in (folder / "out" / "report.html").read_text(encoding="utf-8")
    found = runs()
    assert Counter(run.approach for run in found) == {"serial": 1, "local": 4}
    assert sorted(run.workers_peak for run in found) == [0, 1, 1, 2, 2]
    # The first run on each of the warm clusters is told apart, and by the record itself.
    warm_ups = [run for run in found if run.campaign.point.endswith("warm-up")]
    assert [run.cold for run in warm_ups] == [True, True]
    (serial,) = (run for run in found if run.approach == "serial")
    assert serial.labels == {
        "a": "b",
        "n": "3",
        "campaign": serial.campaign.id,
        "profile": "serial",
    }
    assert (serial.workload, serial.source.kind) == ({"items": 3}, "notebook")
    # Again: nothing is repeated.
    assert main(["sweep", "study.yaml"]) == 0
    assert len(runs()) == len(found)


def test_a_campaign_that_was_killed_goes_on_without_repeating_and_leaves_no_cluster(folder, begin):
    declare(
        "profiles: [serial, local]\nworkers: [1]\nrepeats: 2\nparameters: {n: [1]}\n", WORK, HOLD
    )
    first = begin()
    # A point with a cluster is on, in its notebook.
    wait_for(
        lambda: [*(folder / "jupyter_runtime_dir").glob("hrlab-clusters/*/status.json")] or go()
    )
    first.send_signal(signal.SIGKILL)
    first.wait()
    before = done()
    Path("go").touch()
    assert main(["sweep", "study.yaml"]) == 0
    assert sum(before.values()) < 4
    assert set(done().values()) == {1}
    assert len(done()) == 4


def go():
    """Let one point end."""
    if any(run.status == "running" for run in _running()):
        Path("go").touch()
        wait_for(lambda: sum(done().values()))
        Path("go").unlink(missing_ok=True)
    return False


def _running():
    store = RunStore.open(Path("kept.sqlite"))
    try:
        return list(store.page(RunQuery()).runs)
    finally:
        store.close()


def test_ctrl_c_ends_it_in_order_and_the_next_call_goes_on(folder, begin):
    declare("profiles: [serial]\nrepeats: 2\n", "import time\nfrom pathlib import Path", HOLD)
    process = begin()
    wait_for(lambda: any(run.status == "running" for run in _running()))
    process.send_signal(signal.SIGINT)
    assert process.wait(WAIT_SECONDS) == 130
    assert [run.status for run in runs()] == ["interrupted"]
    Path("go").touch()
    assert main(["sweep", "study.yaml"]) == 0
    assert sorted(done().values()) == [1, 1]


def test_a_point_that_fails_does_not_end_it_and_is_tried_again(folder, capsys):
    declare(
        "profiles: [serial]\nrepeats: 1\nparameters: {n: [0, 1]}\n",
        "1 / n if not __import__('os').path.exists('ok') else 1",
    )
    assert main(["sweep", "study.yaml"]) == 1
    told = capsys.readouterr().err
    assert "ZeroDivisionError" in told
    assert "1 of 2 points are done, 1 failed" in told
    (folder / "ok").touch()
    assert main(["sweep", "study.yaml"]) == 0
    assert Counter(run.status for run in runs()) == {"ok": 2, "failed": 1}


def test_a_budget_ends_it_and_the_next_call_goes_on(folder, capsys):
    declare("profiles: [serial]\nrepeats: 2\nbudget: {points: 1}\n", "1")
    assert main(["sweep", "study.yaml"]) == 4
    assert "budget of 1 points" in capsys.readouterr().err
    assert main(["sweep", "study.yaml"]) == 0
    assert len(done()) == 2


def test_a_notebook_that_does_not_use_its_cluster_ends_it(folder, capsys):
    declare("profiles: [local]\nworkers: [1]\nrepeats: 2\n", "1")
    assert main(["sweep", "study.yaml"]) == 1
    assert "did not use its point's cluster" in capsys.readouterr().err
    assert len(runs()) == 1


def test_a_profile_may_come_from_the_sites_file_and_is_looked_for_first(folder, capsys):
    declare("profiles: [naples]\nworkers: [1]\nrepeats: 1\n", WORK)
    assert main(["sweep", "study.yaml"]) == 2
    assert "Unknown profile 'naples'. Known are local, serial" in capsys.readouterr().err
    site = {
        "profiles": {
            "naples": {"kind": "process", "template": {"class": "distributed.LocalCluster"}}
        }
    }
    Path("site.yaml").write_text(json.dumps(site), encoding="utf-8")
    assert main(["sweep", "study.yaml", "--profiles", "site.yaml"]) == 2
    assert "no option `workers`" in capsys.readouterr().err
    assert runs() == []


def test_points_beyond_a_quota_are_told_before_anything_begins_and_left_out_if_the_file_says_so(
    folder, capsys
):
    configuration = folder / "jupyter_config_dir"
    configuration.mkdir()
    said = 'c.HRLab.quotas = {"each": {"label": "Each user", "workers": 1}}'
    (configuration / "jupyter_server_config.py").write_text(said, encoding="utf-8")
    declared = "profiles: [serial, local]\nworkers: [2]\nrepeats: 1\n"
    why = "Asked for 2 workers; 1 worker is left of your 1 worker (Each user). Ask for at most 1"
    declare(declared, WORK)
    assert main(["sweep", "study.yaml", "--plan"]) == 1
    told = capsys.readouterr()
    assert "no    local 2 workers, repeat 1" in told.out
    assert why in told.err
    assert main(["sweep", "study.yaml"]) == 1
    told = capsys.readouterr().err
    assert f"Refused: local 2 workers (1 point): {why}" in told
    assert "Nothing was started." in told
    assert runs() == []
    declare(f"{declared}refused: skip\n", WORK)
    assert main(["sweep", "study.yaml"]) == 1
    assert why in capsys.readouterr().err
    assert [run.approach for run in runs()] == ["serial"]
