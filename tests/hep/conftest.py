"""Real physics libraries on a real cluster. They are large, so they have an environment of their own: ``make test-hep``."""

from __future__ import annotations

import pytest

pytest.importorskip("ROOT", reason="physics libraries are not installed: run `make test-hep`")

from distributed import Client, LocalCluster  # noqa: E402

import hrlab  # noqa: E402
from hrlab.model.run import check  # noqa: E402


@pytest.fixture(autouse=True)
def _own_store(tmp_path, monkeypatch):
    monkeypatch.setenv("HRLAB_STORE", str(tmp_path / "runs.sqlite"))
    yield
    run = hrlab.last_run()
    if run is not None:
        check(run)


@pytest.fixture(scope="module")
def client():
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
    ):
        client.wait_for_workers(2)
        yield client
