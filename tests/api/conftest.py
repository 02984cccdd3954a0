"""A parent server whose answers the test sets."""

from __future__ import annotations

import threading
from http.server import HTTPServer

import pytest

from hrlab.api.jupyter_server import ParentServer
from tests.api.http_server import Answering


@pytest.fixture
def answering(monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield ParentServer(f"http://127.0.0.1:{server.server_port}/a/", "t")
        server.shutdown()
        thread.join()
