"""The hub's SSH forwarder, in a pod: leads ports of its own to whoever asks for them, and connects to services of the hub.

Told by the environment: FORWARDER_TOKENS (``name=token,...``), FORWARDER_KEY (its private key), FORWARDER_PORTS
(``first-last``).
"""

from __future__ import annotations

import asyncio
import os

import asyncssh

TOKENS = dict(word.split("=", 1) for word in os.environ["FORWARDER_TOKENS"].split(","))
FIRST, LAST = map(int, os.environ["FORWARDER_PORTS"].split("-"))
PORT = 8022


class Server(asyncssh.SSHServer):
    """One connection."""

    def begin_auth(self, username: str) -> bool:
        self.user = username
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return TOKENS.get(username) == password

    def server_requested(self, host: str, port: int) -> bool:
        print("listen", self.user, host, port, flush=True)
        return FIRST <= port <= LAST

    def connection_requested(self, host: str, port: int, from_host: str, from_port: int) -> bool:
        print("connect", self.user, host, port, flush=True)
        return True


async def main() -> None:
    key = asyncssh.import_private_key(os.environ["FORWARDER_KEY"])
    await asyncssh.create_server(
        Server, "0.0.0.0", PORT, server_host_keys=[key], keepalive_interval=1, keepalive_count_max=3
    )
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
