"""A real cluster, started over HTTP."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager


@asynccontextmanager
async def ready_cluster(ask):
    """A ready cluster of one worker, which is closed afterwards."""
    body = {"profile": "local", "name": "zee", "options": {"workers": 1, "memory": "512 MiB"}}
    answer = await ask("POST", "clusters", body=body)
    assert answer.status == 201, answer.text
    path = f"clusters/{answer.json['id']}"
    found = answer.json
    for _ in range(600):
        found = (await ask("GET", path)).json
        if found["state"] != "starting":
            break
        await asyncio.sleep(0.1)
    assert found["state"] == "ready", found
    try:
        yield found
    finally:
        await ask("DELETE", path)
        for _ in range(300):
            if (await ask("GET", path)).status == 404:
                break
            await asyncio.sleep(0.1)
    assert (await ask("GET", path)).status == 404
