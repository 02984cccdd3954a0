"""Waiting for what another task or process brings about."""

from __future__ import annotations

import asyncio
import time


async def eventually(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.02)
