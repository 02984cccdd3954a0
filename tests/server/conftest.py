"""A client of hrlab's API that returns errors instead of raising them."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import hrlab
from hrlab.store.sqlite import RunStore
from tests.clusters.pretended import PretendedClusters


@dataclass
class Answer:
    status: int
    headers: Any
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def error(self) -> dict[str, Any]:
        return self.json["error"]


@pytest.fixture
def ask(jp_fetch):
    """Sends a request below ``hrlab/api/``; `body` is a JSON value, `raw` bytes."""

    async def ask_(verb, path, *, body=None, raw=None, headers=None, **parameters) -> Answer:
        if raw is None and verb in ("PUT", "PATCH", "POST"):
            raw = json.dumps(body).encode()
        response = await jp_fetch(
            "hrlab",
            "api",
            *path.split("/"),
            method=verb,
            body=raw,
            headers=dict(headers or {}),
            params=[(k, v) for k, vs in parameters.items() for v in _list(vs)],
            raise_error=False,
            allow_nonstandard_methods=True,
        )
        return Answer(response.code, response.headers, response.body.decode())

    return ask_


def _list(value):
    return value if isinstance(value, list) else [value]


@pytest.fixture
def kernel(store_of_the_test, jp_serverapp):
    """The store as a kernel of the server has it."""
    store = RunStore.open()
    yield store
    store.close()


@pytest.fixture(autouse=True)
def pretended(monkeypatch, tmp_path):
    """The kinds ``process`` and ``kubernetes`` of the server, both in memory."""
    kinds = PretendedClusters()
    made = {"process": kinds.maker, "kubernetes": kinds.maker}
    monkeypatch.setattr("hrlab.server.app.makers", lambda *_: made)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    return kinds


def _is_of_hrlab(coroutine) -> bool:
    return Path(coroutine.cr_code.co_filename).is_relative_to(Path(hrlab.__file__).parent)


@pytest.fixture
def jp_serverapp(jp_serverapp, jp_asyncio_loop):
    """A server that, once stopped, leaves nothing of hrlab behind."""
    before = set(threading.enumerate())  # the recorder's thread lives as long as the process
    yield jp_serverapp

    async def stop_and_look() -> list[str]:
        await jp_serverapp.extension_manager.stop_all_extensions()
        coroutines = [task.get_coro() for task in asyncio.all_tasks()]
        return [one.__qualname__ for one in coroutines if _is_of_hrlab(one)]

    tasks = jp_asyncio_loop.run_until_complete(stop_and_look())
    assert tasks == []
    left = set(threading.enumerate()) - before
    assert not [thread.name for thread in left if thread.name.startswith("hrlab")]
