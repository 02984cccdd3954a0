"""What a site sets, what kernels get, and that the disk holds nobody up."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from hrlab.server.app import HRLab
from tests.store.making import golden, run


@pytest.fixture
def app(jp_serverapp):
    return jp_serverapp.extension_manager.extension_points["hrlab"].app


def test_kernels_of_the_server_get_the_path_of_its_store(app, store_of_the_test):
    assert os.environ["HRLAB_STORE"] == str(store_of_the_test)


class TestStorePath:
    @pytest.fixture
    def jp_server_config(self, jp_server_config, tmp_path):
        jp_server_config["HRLab"] = {"store_path": str(tmp_path / "chosen" / "runs.sqlite")}
        return jp_server_config

    async def test_site_chooses_the_store(self, app, ask, tmp_path):
        assert os.environ["HRLAB_STORE"] == str(tmp_path / "chosen" / "runs.sqlite")
        await ask("PUT", f"runs/{golden().id}", body=golden().to_dict())
        assert (tmp_path / "chosen" / "runs.sqlite").exists()


class TestNoLimit:
    @pytest.fixture
    def jp_server_config(self, jp_server_config):
        jp_server_config["HRLab"] = {"max_record_bytes": 0}
        return jp_server_config

    async def test_zero_bytes_means_no_limit(self, ask):
        record = {**golden().to_dict(), "padding": "x" * 3_000_000}
        assert (await ask("PUT", f"runs/{golden().id}", body=record)).status == 201


def test_starting_the_server_touches_no_disk(app, store_of_the_test):
    assert not store_of_the_test.exists()


def test_every_trait_says_unit_default_and_what_nothing_means():
    for name, trait in HRLab.class_own_traits(config=True).items():
        assert "default" in trait.help, name
        assert any(
            word in trait.help for word in ("bytes", "seconds", "Path", "Patterns", "Function")
        ), name


async def test_store_that_another_process_holds_keeps_only_its_own_request_waiting(
    ask, kernel, jp_fetch
):
    kernel.finish(run())
    with closing(sqlite3.connect(kernel.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.ensure_future(ask("PATCH", f"runs/{run().id}", body={"name": "later"}))
        assert (await ask("GET", "runs")).json["runs"][0]["name"] == "run 0"
        assert (await jp_fetch("api", "status")).code == 200
        assert not waiting.done()
        other.execute("COMMIT")
    assert (await waiting).json["name"] == "later"


def test_server_extension_loads_nothing_heavy():
    heavy = ("dask", "distributed", "numpy", "pandas", "kr8s", "IPython.core.interactiveshell")
    code = (
        "import sys, jupyter_server.serverapp; before = set(sys.modules);"
        "import hrlab.server.app; new = set(sys.modules) - before;"
        # The packages that modules are sorted into hold a docstring each.
        "code = [m for m in new if not (m.startswith('hrlab.') and hasattr(sys.modules[m], '__path__'))];"
        f"print([m for m in {heavy!r} if m in new], 'hrlab.render.charts' in new, len(code))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("[] False "), done.stdout
    assert int(done.stdout.split()[-1]) < 110


def test_event_schema_and_openapi_are_beside_the_code():
    from hrlab.server.run_events import SCHEMA_PATH

    assert SCHEMA_PATH.is_file()
    assert (Path(SCHEMA_PATH).parent / "openapi.yaml").is_file()


class TestKeysOfTheSite:
    """Of the site's databases: they are read, and then no kernel or terminal inherits them."""

    @pytest.fixture(autouse=True)
    def keys(self, monkeypatch):
        monkeypatch.setenv("HRLAB_INFLUX_TOKEN", "secret")
        monkeypatch.setenv("HRLAB_HOST_METRICS_TOKEN", "secret")

    @pytest.fixture
    def jp_server_config(self, keys, jp_server_config):
        configured = {"url": "http://127.0.0.1:9", "kind": "prometheus"}
        return {**jp_server_config, "HRLab": {"host_metrics": configured}}

    async def test_are_read_and_taken_out_of_the_environment(self, app):
        assert app._host_metrics._source.token == "secret"
        assert not {"HRLAB_INFLUX_TOKEN", "HRLAB_HOST_METRICS_TOKEN"} & set(os.environ)
