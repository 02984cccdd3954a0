"""Cluster host: a small process that creates one Dask cluster, keeps it running, and serves a control socket.

Run by its path with the *kernel's* Python, where hrlab need not be installed: it takes the standard library, distributed,
what the profile's class needs, and its parts in ``daemon/``. The Jupyter server starts it, see
:mod:`hrlab.clusters.process.backend`::

    python host.py DIRECTORY < spec.json

In the directory (0700) are ``status.json``, ``socket`` (both 0600) and ``host.log``. A request on the socket is a line of
JSON, ``{"do": "watch" | "alive" | "scale" | "extend" | "logs" | "close"}``, so is an answer. When the cluster has ended as
it should, the directory goes; when it failed, ``status.json`` says why and stays until somebody dismisses it.

What is left when the host is killed: workers of a `LocalCluster` notice at once (a pipe to their parent closes). Jobs of
a batch system end when they miss the scheduler; those that still wait in the queue are cancelled by the commands in
``status.json``, ``cleanup``, which any Jupyter server of the user runs when it sees that the host is dead, also after a
restart.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import logging
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

#: Poll intervals in seconds: of the scheduler while workers are missing (starting low, as a start may take a second),
#: of the scheduler otherwise, and of the batch queue.
PULSE_FIRST, PULSE_MISSING, PULSE, QUEUE = 0.02, 0.1, 1.0, 5.0
CLOSE_SECONDS = 20.0
#: How long a failed host stays connected to its listeners if it cannot write the reason.
HEARD_SECONDS = 1.0

log = logging.getLogger("hrlab.host")


def beside(name: str) -> Any:
    """Import a part of this program by path: the package may not be importable here."""
    path = Path(__file__).parent / "daemon" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"hrlab_host_{name}", path)
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    return module


alive = beside("process_identity")
trying = beside("foreign_calls")
Failed, because, call, outcome = trying.Failed, trying.because, trying.call, trying.outcome


class Host:
    """One cluster, from its specification to its end."""

    def __init__(self, directory: Path, spec: dict[str, Any]) -> None:
        self.directory = directory
        self.spec = spec
        self.target: dict[str, Any] = spec["target"]
        self.cluster: Any = None
        self.client: Any = None
        self.queue: Any = None
        self.adaptive: Any = None
        self.sent, self.making = beside("worker_plugins"), beside("cluster_factory")
        self.secrets: dict[str, str] = self.spec.pop("secrets", {})
        self.tasks: list[asyncio.Task[Any]] = []
        self.ends = asyncio.Event()
        self.busy_at = time.time()
        self.trouble = self.waits_for = ""
        self.last: dict[str, Any] = {"transitions": 0}
        self.desk = beside("control_socket").ControlSocket(self, Failed)
        self.status: dict[str, Any] = {
            "process": alive.identity(os.getpid()),
            "state": "starting",
            "reason": "",
            "since_at": time.time(),
            "steps": {
                "host": ["running", ""],
                "scheduler": ["waiting", ""],
                "workers": ["waiting", ""],
            },
            "workers": {"asked": self.target.get("workers") or 0, "ready": 0},
            "cleanup": [],
        }
        self.unwritten = False
        alive.write_json(directory / alive.STATUS, self.status)

    def update(self, **changes: Any) -> None:
        """Update the status and notify listeners; write the file unless only counters changed."""
        changed = {key for key, value in changes.items() if self.status.get(key) != value}
        self.status.update(changes)
        if "state" in changed:
            self.status["since_at"] = time.time()
        if changed - {"tasks", "idle_stop_at", "cores", "memory_bytes"}:
            self.write()
        if changed:
            self.desk.notify()

    def write(self) -> None:
        """Write the status file; on a full disk keep running, `beat` retries."""
        try:
            alive.write_json(self.directory / alive.STATUS, self.status)
        except FileNotFoundError:
            raise  # the directory was removed: the cluster is no longer wanted
        except OSError as error:
            if not self.unwritten:
                log.warning("Cannot write the status file; retrying: %s", error)
            self.unwritten = True
        else:
            self.unwritten = False

    def step(self, name: str, state: str, detail: str = "") -> None:
        """Update a start step."""
        self.update(steps={**self.status["steps"], name: [state, detail]})

    async def run(self) -> None:
        """Create the cluster, keep it running, and clean up at its end."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.ends.set)
        # Relative to the directory: the absolute path may exceed a socket's limit (107 bytes).
        os.chdir(self.directory)
        mask = os.umask(0o177)
        server = await asyncio.start_unix_server(self.desk.talk, alive.SOCKET)
        os.umask(mask)
        os.chdir(self.spec["cwd"])
        life = asyncio.ensure_future(self.live())
        ends = asyncio.ensure_future(self.ends.wait())
        await asyncio.wait({life, ends}, return_when=asyncio.FIRST_COMPLETED)
        ends.cancel()
        error = life.exception() if life.done() else None
        if error:
            log.error("The cluster failed", exc_info=error)
        self.update(state="closing", reason=because(error))
        await self.close(life)
        server.close()
        if error:
            steps = self.status["steps"].items()
            broken = {name: ["failed" if at == "running" else at, why] for name, (at, why) in steps}
            self.update(state="failed", steps=broken, tasks=None, idle_stop_at=None)
            if self.unwritten:
                await asyncio.sleep(HEARD_SECONDS)  # so that listeners receive the reason
        else:
            shutil.rmtree(self.directory, ignore_errors=True)

    async def live(self) -> None:
        """Run until the cluster closes, exceeds its idle timeout, or fails."""
        parts = (self.work(), self.out_of_time(), self.beat(), self.ask_queue())
        self.tasks = [asyncio.ensure_future(part) for part in parts]
        done, _ = await asyncio.wait(self.tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()

    async def work(self) -> None:
        """Create the cluster, then poll it until it has closed."""
        self.step("host", "running", "loading distributed")
        environment = self.spec["deliver"].get("environment") or {}
        await asyncio.sleep(
            0
        )  # say so; what follows may import anything, some of which insists on the main thread
        kind = await outcome(self.making.load(self.spec["class"], environment))
        self.step("host", "done")
        self.step("scheduler", "running", "waiting for the scheduler to listen")
        await self.make(kind)
        self.step("scheduler", "done")
        await self.deliver()
        await self.resize(self.target)
        while await self.poll():
            counts, waited = self.status["workers"], time.time() - self.status["since_at"]
            soon = min(PULSE_MISSING, PULSE_FIRST * (1 + waited))
            await asyncio.sleep(soon if counts["ready"] < counts["asked"] else PULSE)

    async def make(self, kind: Any) -> None:
        """Create the cluster without workers, and connect a client."""
        from distributed import Client

        name = f"hrlab-{self.spec['id']}"
        arguments = self.making.loopback(kind, self.spec["arguments"], name)
        self.cluster = self.making.construct(kind, arguments, self.secrets)
        self.cluster = await outcome(self.cluster)
        self.queue = beside("job_queue").Queue(self.cluster, name, self.spec["arguments"])
        security = getattr(self.cluster, "security", None)
        self.client = Client(
            self.cluster, security=security, asynchronous=True, set_as_default=False
        )
        await outcome(self.client)
        await self.identify()
        self.update(
            scheduler_address=self.cluster.scheduler_address,
            dashboard_url=self.making.dashboard(self.cluster),
            cleanup=self.queue.cleanup,
        )

    async def identify(self) -> None:
        """Store the cluster's identity on the scheduler before clients connect; some schedulers run no functions."""
        cluster = {key: self.spec[key] for key in ("id", "name", "profile")}
        try:
            await outcome(call(self.client.run_on_scheduler, self.sent.identify, cluster))
        except Failed as error:
            log.warning("Runs that connect by address cannot record this cluster's name: %s", error)

    async def deliver(self) -> None:
        """Register worker plugins for files and set-up; the scheduler sends them to later workers too."""
        wanted = self.spec["deliver"]
        files = await outcome(asyncio.to_thread(self.read))
        self.files = files
        for plugin in self.sent.plugins(wanted, files):
            await outcome(call(self.client.register_plugin, plugin))

    def read(self) -> dict[str, bytes]:
        """Read the files to deliver."""
        named = (self.spec["deliver"].get("files") or {}).items()
        try:
            return {target: Path(source).expanduser().read_bytes() for source, target in named}
        except OSError as error:
            raise Failed(f"Cannot deliver {error.filename}: {error.strerror}.") from error

    async def renew(self) -> None:
        """Resend files that have changed; a missing one is left as it was."""
        try:
            files = await asyncio.to_thread(self.read)
        except Failed as error:
            log.warning("%s", error)
            return
        if files != self.files:
            self.files = files
            await outcome(
                call(self.client.register_plugin, self.sent.plugins(self.spec["deliver"], files)[0])
            )

    async def resize(self, target: dict[str, Any]) -> None:
        """Scale to a number of workers, or adapt between bounds; with neither, keep the template's size."""
        self.target, self.trouble = target, ""
        if self.client is None:
            return  # applied once the cluster exists
        if "maximum" in target:
            low, high = target.get("minimum", 0), target["maximum"]
            self.adaptive = await outcome(call(self.cluster.adapt, minimum=low, maximum=high))
        elif "workers" in target:
            if hasattr(self.adaptive, "stop"):
                self.adaptive.stop()
            self.adaptive = None
            await outcome(call(self.cluster.scale, target["workers"]))
        if hasattr(self.cluster, "worker_spec"):
            self.tasks.append(asyncio.ensure_future(self.wait_for_workers()))

    async def wait_for_workers(self) -> None:
        """Wait for workers to be started or submitted: errors are raised only to whoever awaits the cluster."""
        try:
            await outcome(self.cluster)
            for worker in tuple(self.cluster.workers.values()):
                await outcome(
                    worker
                )  # awaiting retries a failed worker; the cluster does not keep its error
        except Failed as error:
            log.exception("Cannot start workers")
            self.trouble = str(error)

    async def poll(self) -> bool:
        """Poll the scheduler and update the status; return False if the cluster closed or exceeded its idle timeout."""
        scheduler = getattr(self.cluster, "scheduler", None)
        states = {
            str(getattr(one, "status", "")).rpartition(".")[2] for one in (self.cluster, scheduler)
        }
        if "closed" in states:
            return False
        seen = (
            self.sent.poll(scheduler) if hasattr(scheduler, "task_groups") else await self.request()
        )
        return self.record(seen, time.time(), await self.versions(seen))

    async def request(self) -> dict[str, Any]:
        """Poll a scheduler in another process; less often, because it logs every request."""
        await asyncio.sleep(PULSE if self.status["state"] == "starting" else 4 * PULSE)
        try:
            asked = self.client.run_on_scheduler(self.sent.poll)
            seen: dict[str, Any] = await asyncio.wait_for(outcome(asked), 30)
        except asyncio.TimeoutError:
            raise Failed("The scheduler did not respond within 30 s.") from None
        return seen

    async def versions(self, seen: dict[str, Any]) -> dict[str, str]:
        """Return package versions on a worker, read once; raise `Failed` if worker set-up failed."""
        known: dict[str, str] = self.status.get("versions") or {}
        if known or not seen["one"]:
            return known
        packages = ["dask", "distributed", *self.spec["packages"]]
        asked = self.client.run(self.sent.introduce, packages, workers=[seen["one"]])
        try:
            said = await asyncio.wait_for(outcome(asked), 10)
        except (Failed, asyncio.TimeoutError) as error:  # the worker has gone again
            log.info("Cannot read a worker's package versions: %s", error)
            return known
        for one in said.values():
            if one["trouble"]:
                raise Failed(one["trouble"])
            known = one["versions"]
        return known

    def record(self, seen: dict[str, Any], now: float, found: dict[str, str]) -> bool:
        """Update the status from a poll at time `now`; return False when the idle timeout is exceeded."""
        ready = seen["workers"]
        planned = len(
            getattr(self.cluster, "plan", ())
        )  # size requested by adaptive scaling or the template
        counts = {"asked": self.target.get("workers", planned), "ready": ready}
        counts.update(
            {key: self.target[key] for key in ("minimum", "maximum") if key in self.target}
        )
        if self.trouble and not ready and self.status["state"] == "starting":
            raise Failed(self.trouble)
        there = ready >= counts["asked"]
        why = "" if there else self.trouble or self.waits_for
        detail = f"{ready} of {counts['asked']} workers" + (f": {why}" if why else "")
        if seen["tasks"] or seen["transitions"] != self.last["transitions"]:
            self.busy_at = now
        self.last = seen
        state = "ready" if ready or not counts["asked"] else self.status["state"]
        if self.status["state"] == "starting":
            self.busy_at = now
        limit = self.spec["idle_seconds"]
        ends = self.busy_at + limit if limit and state == "ready" and not seen["tasks"] else None
        step = ["failed" if self.trouble and not there else "done" if there else "running", detail]
        self.update(
            state=state,
            steps={**self.status["steps"], "workers": step},
            workers=counts,
            versions=found,
            idle_stop_at=ends,
            cleanup=self.queue.cleanup,
            **{key: seen[key] for key in ("tasks", "cores", "memory_bytes")},
        )
        return ends is None or now < ends

    async def out_of_time(self) -> None:
        """Fail when the start exceeds its timeout."""
        seconds = self.spec["start_timeout_seconds"]
        await asyncio.sleep(seconds)
        if self.status["state"] == "starting":
            steps = self.status["steps"].values()
            detail = next((detail for state, detail in steps if state == "running"), "")
            raise Failed(f"Not ready after {seconds:g} s: {detail}.")
        await asyncio.Event().wait()

    async def beat(self) -> None:
        """Periodically touch the status file as a heartbeat, resend changed files, and truncate the log."""
        while True:
            await asyncio.sleep(self.spec["beat_seconds"])
            try:
                os.utime(self.directory / alive.STATUS)
                alive.shorten(self.directory / alive.LOG)
            except FileNotFoundError:
                raise
            except OSError as error:
                log.warning("%s", error)
            if self.unwritten:
                self.write()
            if hasattr(self, "files"):
                await self.renew()

    async def ask_queue(self) -> None:
        """Query the batch system for the state of pending jobs."""
        while True:
            await asyncio.sleep(QUEUE if self.waits_for else PULSE)
            counts = self.status["workers"]
            if self.queue is not None and counts["ready"] < counts["asked"]:
                self.waits_for = await outcome(self.queue.says())

    async def logs(self) -> dict[str, str]:
        """Return the last part of the scheduler's and workers' logs."""
        if self.client is None:
            return {}
        lines = {"scheduler": await outcome(call(self.client.get_scheduler_logs, n=200))}
        lines.update(await outcome(call(self.client.get_worker_logs, n=200)))
        return {name: "\n".join(text for _, text in reversed(said)) for name, said in lines.items()}

    def extend(self) -> None:
        """Reset the idle timeout."""
        self.busy_at = time.time()
        if self.status.get("idle_stop_at"):
            self.update(idle_stop_at=self.busy_at + self.spec["idle_seconds"])

    async def close(self, life: asyncio.Future[None]) -> None:
        """Close the cluster and cancel its jobs."""
        for task in [life, *self.tasks]:
            task.cancel()
        await asyncio.wait([life, *self.tasks])
        self.making.hurry()
        for one in (self.client, self.cluster):
            if hasattr(one, "close"):
                closing = asyncio.ensure_future(call(one.close))
                await asyncio.wait({closing}, timeout=CLOSE_SECONDS)
                if not closing.done() or closing.exception():
                    log.error(
                        "%r did not close",
                        type(one),
                        exc_info=closing.done() and closing.exception(),
                    )
        for command in self.queue.cleanup if self.queue else ():
            await beside("job_queue").output(*command)


def main() -> None:
    """Detach from the parent process and run the host specified on standard input."""
    here = str(Path(__file__).resolve().parent)
    sys.path[:] = [
        path for path in sys.path if path != here
    ]  # its neighbours are not modules of the user's
    directory, spec = Path(sys.argv[1]).resolve(), json.load(sys.stdin)
    reads, writes = os.pipe()
    if os.fork():
        os.close(writes)
        os._exit(0 if os.read(reads, 1) else 1)
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s")
    log.setLevel(logging.INFO)

    async def host() -> None:
        made = Host(directory, spec)
        os.write(writes, b".")
        os.close(writes)
        await made.run()

    asyncio.run(host())
    # Kill the whole session, including this process, if something hangs at exit.
    last = threading.Timer(5, os.killpg, (os.getpgrp(), signal.SIGKILL))
    last.daemon = True
    last.start()


if __name__ == "__main__":
    main()
