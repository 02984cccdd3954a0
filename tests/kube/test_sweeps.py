"""``jupyter hrlab sweep`` on clusters in Kubernetes: measured, cancelled, and with Kubernetes away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import nbformat
import pytest

from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore
from tests.kube.__main__ import LONG

pytestmark = pytest.mark.skipif(LONG not in os.environ, reason="--long: a kernel at every point")

WAIT_SECONDS = 90.0
WORK = """
import os, time, hrlab
client = hrlab.connect()
client.gather(client.map(lambda x: x + 1, range(2), pure=False))
while os.path.exists("hold"):
    time.sleep(0.05)
client.close()
"""


class Campaign:
    """A folder with a campaign, and the command that executes it."""

    def __init__(self, folder, site):
        self.folder = folder
        names = ("runtime", "data", "config")
        own = {f"JUPYTER_{name.upper()}_DIR": str(folder / name) for name in names}
        own |= {"HRLAB_STORE": str(folder / "kept.sqlite"), "KUBECONFIG": str(site.kubeconfig)}
        self.environment = {**os.environ, **site.notebook_environment(), **own}
        paths = (self.environment.get("PYTHONPATH"), os.environ.get("PYTHONPATH"))
        self.environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
        cells = [nbformat.v4.new_code_cell(WORK)]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "study.ipynb")
        worker = {"cores": 1, "memory": "512Mi", "workers": "{workers}"}
        profile = {
            "kind": "kubernetes",
            "template": {"namespace": site.namespace, "image": site.image, "worker": worker},
            "options": {"workers": {"type": "integer", "default": 1}},
            "start_timeout_seconds": 60,
        }
        (folder / "site.json").write_text(json.dumps({"profiles": {"farm": profile}}))

    def start(self, declared):
        text = f"notebook: study.ipynb\nprofiles: [farm]\nrepeats: 1\n{declared}"
        (self.folder / "study.yaml").write_text(text, encoding="utf-8")
        words = ["sweep", "study.yaml", "--profiles", "site.json"]
        return subprocess.Popen(
            [sys.executable, "-m", "hrlab.cli.app", *words],
            cwd=self.folder, env=self.environment, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, declared):
        with self.start(declared) as process:
            _, said = process.communicate(timeout=WAIT_SECONDS)
        return process.returncode, said

    def runs(self):
        store = RunStore.open(self.folder / "kept.sqlite")
        try:
            found = store.page(RunQuery(limit=50)).runs
            return [(one.status, one.workers_peak) for one in found]
        finally:
            store.close()


@pytest.fixture
def campaign(site, tmp_path):
    return Campaign(tmp_path, site)


@pytest.mark.parametrize("cluster", ["fresh", "warm"])
def test_sizes_are_measured_and_nothing_is_left(campaign, cluster):
    code, said = campaign.run(f"workers: [1, 2]\ncluster: {cluster}\n")
    assert code == 0, said
    expected = [1, 2] if cluster == "fresh" else [1, 1, 2, 2]
    assert sorted(campaign.runs()) == [("ok", workers) for workers in expected]


def test_a_cancelled_campaign_deletes_its_cluster(campaign):
    (campaign.folder / "hold").touch()
    with campaign.start("workers: [1]\n") as process:
        until = time.monotonic() + WAIT_SECONDS
        while not (campaign.folder / "kept.sqlite").exists() or not campaign.runs():
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < until
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=WAIT_SECONDS)
    assert process.returncode == 130, said
    assert [status for status, _ in campaign.runs()] == ["interrupted"]


def test_kubernetes_that_is_away_is_the_reason(campaign):
    campaign.environment["KUBECONFIG"] = str(campaign.folder / "nowhere")
    code, said = campaign.run("workers: [1]\n")
    assert code == 1, said
    assert "Kubernetes" in said
    assert campaign.runs() == []
