"""Control socket of the cluster host. Part of the cluster host."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

log = logging.getLogger("hrlab.host")

TARGET: tuple[str, ...] = ("workers", "minimum", "maximum")


class ControlSocket:
    """Serves requests for a host.

    Parameters
    ----------
    host
        The host.
    refusal
        Exception that the host raises to refuse a request; its text is the answer.
    """

    def __init__(self, host: Any, refusal: type[Exception]) -> None:
        self.host = host
        self.refusal = refusal
        self.listeners: set[asyncio.Event] = set()

    def notify(self) -> None:
        """Send the new status to listeners."""
        for listener in self.listeners:
            listener.set()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection: answer requests; with ``watch``, send the status now and on each change."""
        listener = asyncio.Event()
        try:
            async for line in reader:
                answer = await self._answer(json.loads(line), listener)
                writer.write(json.dumps(answer).encode() + b"\n")
                while listener in self.listeners:
                    writer.write(json.dumps(self.host.status).encode() + b"\n")
                    await writer.drain()
                    await listener.wait()
                    listener.clear()
                await writer.drain()
        except (OSError, ValueError) as error:
            log.debug("Connection closed: %s", error)
        except asyncio.CancelledError:
            # The host is ending. Python 3.11 and before log a cancelled connection as an error, with traceback.
            log.debug("Connection cancelled")
        finally:
            self.listeners.discard(listener)
            writer.close()

    async def _answer(self, request: dict[str, Any], listener: asyncio.Event) -> dict[str, Any]:
        what = request.get("do")
        try:
            if what == "watch":
                self.listeners.add(listener)
            elif what == "alive":
                pass  # the answer itself is the heartbeat
            elif what == "close":
                self.host.ends.set()
            elif what == "extend":
                self.host.extend()
            elif what == "scale":
                await self.host.resize({key: request[key] for key in TARGET if key in request})
            elif what == "logs":
                return {"ok": True, "logs": await self.host.logs()}
            else:
                return {"ok": False, "error": f"unknown request {what!r}"}
        except self.refusal as error:
            return {"ok": False, "error": str(error)}
        return {"ok": True}
