"""Runs Dask's scheduler or worker at a site that has no route to the hub's network, with the hub's SSH forwarder between.

``scheduler COMMAND...``: runs the command and leads two ports of the forwarder to it, anew whenever the connection is lost.
``worker COMMAND...``: asks the scheduler, through the forwarder, for its address at the site, puts it where the command says
``@scheduler``, and runs that. While there is no scheduler it waits: a job that ended would be replaced by another at once.

Sent as text, see the package; the image needs asyncssh. Told by the variable HRLAB_TUNNEL, in JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

#: How the scheduler's program ends when it can't go on; `hrlab.clusters.kubernetes.offload` puts these into words.
NO_ASYNCSSH, OTHER_HOST, REFUSED, TAKEN = 95, 96, 97, 98
#: A refusal that lasts so long at the first connection is one; before an end that makes Kubernetes start anew at once.
PATIENCE_SECONDS = float(os.environ.get("HRLAB_TUNNEL_PATIENCE_SECONDS", "20"))
#: Between attempts, and before a worker that has ended is started again.
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 30.0
ALIVE_SECONDS, SILENT_TIMES = 10, 3
ASK_SECONDS = 10.0
PLACE = "@scheduler"


def say(*words: object) -> None:
    """For the container's log."""
    print("hrlab:", *words, file=sys.stderr, flush=True)  # noqa: T201 - it has no other place


class Pauses:
    """Longer and longer pauses, by chance, so that hundreds of workers do not knock at once."""

    def __init__(self) -> None:
        self._seconds = SHORTEST_PAUSE

    async def one(self) -> None:
        """Wait."""
        await asyncio.sleep(self._seconds * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
        self._seconds = min(2 * self._seconds, LONGEST_PAUSE)


def connection(about: dict[str, Any], ssh: Any) -> Any:
    """Of the forwarder; an asynchronous context."""
    # Read each time: it may have been renewed.
    secret = about.get("secret") or Path(about["secret_file"]).read_text().strip()
    known: Any = None
    if about.get("host_key"):
        known = ([ssh.import_public_key(about["host_key"])], [], [])
    key = [ssh.import_private_key(secret + "\n")] if about["by"] == "private_key" else None
    return ssh.connect(
        about["host"],
        about["port"],
        username=about["user"],
        password=None if key else secret,
        client_keys=key,
        known_hosts=known,
        agent_path=None,
        config=None,
        connect_timeout=ASK_SECONDS,
        login_timeout=ASK_SECONDS,
        keepalive_interval=ALIVE_SECONDS,
        keepalive_count_max=SILENT_TIMES,
    )


async def keep_tunnels(about: dict[str, Any], ssh: Any, file: Path) -> int:
    """Lead the forwarder's ports to the scheduler; returns only if they never can be, with how to end."""
    while not (targets := scheduler_ports(file)):
        await asyncio.sleep(0.1)
    was_up, first, pauses = False, time.monotonic(), Pauses()
    while True:
        end = 0
        try:
            async with connection(about, ssh) as forwarder:
                for port, target in zip(about["listen"], targets):  # noqa: B905 - Python 3.9 may be there
                    await forwarder.forward_remote_port("", port, *target)
                say(f"the hub's ports {about['listen']} lead to {targets}")
                was_up, pauses = True, Pauses()
                await forwarder.wait_closed()
                say("the connection to the forwarder was lost")
        except ssh.ChannelListenError as error:
            end = TAKEN
            say(f"the forwarder does not give the ports {about['listen']}: {error}")
        except ssh.HostKeyNotVerifiable as error:
            end = OTHER_HOST
            say(f"the forwarder is not the one of this host key: {error}")
        except ssh.PermissionDenied as error:
            end = REFUSED
            say(f"the forwarder refuses the credential: {error}")
        except (OSError, ssh.Error, asyncio.TimeoutError, ValueError) as error:
            say(f"no connection to the forwarder: {error!r}")
        if end and not was_up and time.monotonic() - first > PATIENCE_SECONDS:
            return end
        await pauses.one()


def scheduler_ports(file: Path) -> list[tuple[str, int]]:
    """Where the scheduler listens, for Dask and for HTTP; empty before it has told."""
    try:
        told = json.loads(file.read_text())
        host, _, port = told["address"].rpartition("://")[2].rpartition(":")
        return [(host, int(port)), (host, int(told["services"]["dashboard"]))]
    except (OSError, ValueError, KeyError):
        return []


async def scheduler(about: dict[str, Any], ssh: Any, words: list[str]) -> int:
    """Run the scheduler, with its tunnels."""
    file = Path(tempfile.mkdtemp(prefix="hrlab-"), "scheduler.json")
    process = await spawn([*words, "--scheduler-file", str(file)])
    ended = asyncio.ensure_future(process.wait())
    tunnels = asyncio.ensure_future(keep_tunnels(about, ssh, file))
    await asyncio.wait([ended, tunnels], return_when=asyncio.FIRST_COMPLETED)
    if ended.done():
        tunnels.cancel()
        return ended.result()
    process.terminate()
    await ended
    return tunnels.result()


async def worker(about: dict[str, Any], ssh: Any, words: list[str]) -> int:
    """Run a worker, whenever there is a scheduler."""
    while True:
        address = await scheduler_address(about, ssh)
        say("the scheduler is at", address)
        os.environ["DASK_SCHEDULER_ADDRESS"] = address
        process = await spawn([address if word == PLACE else word for word in words])
        # It ends when the scheduler is lost, or lets it go; its pod ends when it is not wanted any more.
        say("the worker has ended:", await process.wait())
        await asyncio.sleep(5 * SHORTEST_PAUSE)


async def scheduler_address(about: dict[str, Any], ssh: Any) -> str:
    """The scheduler's address at the site, once there is one."""
    pauses = Pauses()
    while True:
        try:
            async with connection(about, ssh) as forwarder:
                while True:
                    if address := await asyncio.wait_for(
                        request(about, ssh, forwarder), ASK_SECONDS
                    ):
                        return address
                    await pauses.one()
        except (OSError, ssh.Error, asyncio.TimeoutError, ValueError) as error:
            say(f"no answer yet: {error!r}")
        await pauses.one()


async def request(about: dict[str, Any], ssh: Any, forwarder: Any) -> str:
    """What the scheduler calls its address; empty while nobody is there."""
    host, port = about["scheduler"]
    try:
        reader, writer = await forwarder.open_connection(host, port)
    except ssh.ChannelOpenError:
        return ""
    request = f"GET /json/identity.json HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n"
    writer.write(request.encode())
    answer = b""
    try:
        while more := await reader.read(4096):
            answer += more
            if found := re.search(rb'"address": *"([^"]+)"', answer):
                return found[1].decode()
    finally:
        writer.close()
    return ""


async def spawn(words: list[str]) -> asyncio.subprocess.Process:
    """A command, started; told to end when this program is."""
    process = await asyncio.create_subprocess_exec(*words)

    def end() -> None:
        if process.returncode is None:
            process.terminate()
        asyncio.get_running_loop().call_later(0.5, leave, process)

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
    return process


def leave(process: asyncio.subprocess.Process) -> None:
    """End this program as soon as the other has ended."""
    if process.returncode is not None:
        os._exit(0)
    asyncio.get_running_loop().call_later(0.1, leave, process)


async def main(part: str, *words: str) -> int:
    """Run; returns the exit code."""
    try:
        import asyncssh
    except ImportError:
        say("the image has no asyncssh, which the tunnel needs")
        await asyncio.sleep(PATIENCE_SECONDS)  # else one job would follow the other
        return NO_ASYNCSSH
    # The first process of a container ends at no signal that it does not handle.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, os._exit, 0)
    about = json.loads(os.environ.pop("HRLAB_TUNNEL"))
    run = scheduler if part == "scheduler" else worker
    return await run(about, asyncssh, list(words))


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
