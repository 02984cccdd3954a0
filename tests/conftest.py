"""Fixtures for all tests: a Jupyter server with hrlab, and a store of the test's own."""

from __future__ import annotations

import pytest

pytest_plugins = ("pytest_jupyter.jupyter_server",)


@pytest.fixture(autouse=True)
def store_of_the_test(tmp_path, monkeypatch):
    """Path of a store that no other test sees; nothing is there yet."""
    path = tmp_path / "store" / "runs.sqlite"
    monkeypatch.setenv("HRLAB_STORE", str(path))
    return path


@pytest.fixture
def jp_server_config():
    return {
        "ServerApp": {
            "jpserver_extensions": {"hrlab": True, "jupyter_server_terminals": False},
            "allow_unauthenticated_access": False,
        }
    }
