"""A listener on the server's event stream."""

from __future__ import annotations

import asyncio
import json

from hrlab.server.run_events import SCHEMA_ID


class Listener:
    def __init__(self, socket):
        self._socket = socket

    async def next(self) -> dict:
        while True:
            event = json.loads(await asyncio.wait_for(self._socket.read_message(), 10))
            if event.pop("schema_id") == SCHEMA_ID:
                return event

    async def close(self):
        self._socket.close()
        await self._socket.read_message()
