"""Where the cluster host answers: a socket in its directory, for whoever may open it. Part of the cluster host."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

log = logging.getLogger("hrlab.host")

TARGET: tuple[str, ...] = ("workers", "minimum", "maximum")


class ControlSocket:
    """Answers requests for a host.

    Parameters
    ----------
    refusal
        What the host raises when it cannot do what is asked; its text is the answer.
    """

    def __init__(self, host: Any, refusal: type[Exception]) -> None:
        self.host = host
        self.refusal = refusal
        self.listeners: set[asyncio.Event] = set()

    def notify(self) -> None:
        """There is a new status."""
        for listener in self.listeners:
            listener.set()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: answers, and with ``watch`` the status now and whenever it has changed."""
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
            log.debug("a connection ended: %s", error)
        except asyncio.CancelledError:
            # The host ends. Python 3.11 and before log a connection that was cancelled as an error, with its traceback.
            log.debug("a connection was cut off")
        finally:
            self.listeners.discard(listener)
            writer.close()

    async def _answer(self, request: dict[str, Any], listener: asyncio.Event) -> dict[str, Any]:
        what = request.get("do")
        try:
            if what == "watch":
                self.listeners.add(listener)
            elif what == "alive":
                pass  # an answer is all
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
