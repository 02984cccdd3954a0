"""One pod on a kubelet: its containers are processes, started again when they end, with what Kubernetes reports of them."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import ctypes
import os
import re
import shutil
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.kube.bed.store import now
from tests.kube.bed.volumes import Volumes

if TYPE_CHECKING:
    from tests.kube.bed.kubelet import Kubelet

Object = dict[str, Any]
SHIM = str(Path(__file__).parent / "podshim")


def expand(text: object, env: dict[str, str]) -> str:
    """Replace ``$(NAME)``; ``$$`` escapes, unknown names stay."""

    def put(found: re.Match[str]) -> str:
        return "$" if found[0] == "$$" else env.get(found[1], found[0])

    return re.sub(r"\$\$|\$\(([A-Za-z_][\w.-]*)\)", put, str(text))


def die_with_parent() -> None:
    """Ask the kernel to end this process with the one that started it (PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def signal_group(process: asyncio.subprocess.Process, how: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, how)


class Pod:
    """Runs a pod's containers until it is stopped."""

    def __init__(self, kubelet: Kubelet, item: Object) -> None:
        metadata = item["metadata"]
        self.uid, self.namespace, self.name = (
            metadata["uid"],
            metadata["namespace"],
            metadata["name"],
        )
        self._kubelet = kubelet
        self._node = kubelet.node
        self._spec = item["spec"]
        self._ip = kubelet.new_ip()
        self._path = f"/api/v1/namespaces/{self.namespace}/pods/{self.name}"
        containers = self._spec["containers"]
        waiting = {"waiting": {"reason": "ContainerCreating"}}
        self.states: dict[str, Object] = {c["name"]: waiting for c in containers}
        self._last: dict[str, Object] = {}
        self._restarts = dict.fromkeys(self.states, 0)
        self._ready = dict.fromkeys(self.states, False)
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = False
        self._began = now()
        self._sent: Object | None = None
        folder = kubelet.folder / f"{self.namespace}_{self.name}_volumes"
        self._volumes = Volumes(kubelet.kube, self.namespace, self._spec, folder)
        self._tasks = [asyncio.ensure_future(self._live(container)) for container in containers]
        self._tasks.append(asyncio.ensure_future(self._volumes.keep()))

    async def stop(self, grace_seconds: float) -> None:
        """End all containers, gently first."""
        self._stopping = True
        for process in list(self._processes.values()):
            signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        while self._processes and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        for process in list(self._processes.values()):
            signal_group(process, signal.SIGKILL)
        for task in self._tasks:
            task.cancel()

    async def _live(self, container: Object) -> None:
        name, pause = container["name"], self._node.backoff
        if self._node.virtual and self._node.queue_seconds:
            await self._state(name, "waiting", reason="Remote pod submitted")
            await asyncio.sleep(self._node.queue_seconds)
        await self._volumes.mount()
        while not self._stopping and not self._node.has_image(container.get("image", "")):
            await self._fail_to_pull(container)
        while not self._stopping:
            end = await self._run(container)
            policy = self._spec.get("restartPolicy", "Always")
            done = policy == "Never" or (policy == "OnFailure" and end["exitCode"] == 0)
            if self._stopping or done or self._node.virtual:
                await self._state(name, "terminated", **end)
                return
            self._last[name] = {"terminated": end}
            self._restarts[name] += 1
            message = f"back-off {pause}s restarting failed container={name} pod={self.name}"
            await self._state(name, "waiting", reason="CrashLoopBackOff", message=message)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 10)

    async def _fail_to_pull(self, container: Object) -> None:
        name, image = container["name"], container.get("image")
        pulled = (
            f'failed to pull and unpack image "{image}": failed to resolve reference: not found'
        )
        await self._state(name, "waiting", reason="ErrImagePull", message=pulled)
        await asyncio.sleep(self._node.backoff)
        back_off = f'Back-off pulling image "{image}"'
        await self._state(name, "waiting", reason="ImagePullBackOff", message=back_off)
        await asyncio.sleep(self._node.backoff)

    async def _run(self, container: Object) -> Object:
        """Run the container's process once; how it ended."""
        name, env = container["name"], self._environment(container)
        words = [*(container.get("command") or []), *(container.get("args") or [])] or ["true"]
        command = [self._volumes.real(expand(word, env), container) for word in words]
        began, program = now(), shutil.which(command[0], path=env["PATH"])
        if program is None:
            said = f'failed to create containerd task: exec: "{command[0]}": executable file not found in $PATH'
            return {"exitCode": 128, "reason": "StartError", "message": said, "startedAt": began}
        with self._kubelet.log_path(self.namespace, self.name, name).open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                program,
                *command[1:],
                env=env,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._kubelet.folder,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        self._processes[name] = process
        probe = None if self._node.virtual else container.get("readinessProbe")
        self._ready[name] = not probe
        await self._state(name, "running", startedAt=began)
        probing = asyncio.ensure_future(self._probe(name, container, probe or {}))
        code = await process.wait()
        probing.cancel()
        self._processes.pop(name, None)
        self._ready[name] = False
        code = code if code >= 0 else 128 - code
        reason = "Error" if code else "Completed"
        return {"exitCode": code, "reason": reason, "startedAt": began, "finishedAt": now()}

    def _environment(self, container: Object) -> dict[str, str]:
        base = {
            "PATH": f"{self._node.bin}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self._kubelet.folder),
            "HOSTNAME": self.name,
            "LANG": "C.UTF-8",
            "PYTHONPATH": SHIM,
            "BED_POD_IP": self._ip,
            "BED_POD_NAME": self.name,
            "BED_DENY": self._node.deny,
            "BED_HOSTS": self._node.hosts,
        }
        fields = {
            "status.podIP": self._ip,
            "metadata.name": self.name,
            "metadata.namespace": self.namespace,
            "spec.nodeName": self._node.name,
        }
        env: dict[str, str] = {}
        for item in container.get("env") or ():
            if "value" in item:
                value = expand(item["value"] or "", {**base, **env})
                env[item["name"]] = self._volumes.real(value, container)
            elif "fieldRef" in (item.get("valueFrom") or {}):
                env[item["name"]] = fields.get(item["valueFrom"]["fieldRef"]["fieldPath"], "")
        return {**base, **env}

    async def _probe(self, name: str, container: Object, probe: Object) -> None:
        """Follow a readiness probe, ``httpGet`` only."""
        get = probe.get("httpGet")
        if not get:
            return
        port = get["port"]
        if isinstance(port, str):
            port = next(p["containerPort"] for p in container["ports"] if p.get("name") == port)
        url = f"http://{self._ip}:{port}{get.get('path', '/')}"
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1)) as session:
            while True:
                try:
                    async with session.get(url) as answer:
                        ready = 200 <= answer.status < 400
                except (OSError, aiohttp.ClientError, asyncio.TimeoutError):
                    ready = False
                if ready != self._ready[name]:
                    self._ready[name] = ready
                    await self._report()
                await asyncio.sleep(2 if ready else 0.2)

    async def _state(self, name: str, state: str, **detail: Any) -> None:
        self.states[name] = {state: detail}
        await self._report()

    async def _report(self) -> None:
        status = self._status()
        if status != self._sent and not self._stopping:
            self._sent = copy.deepcopy(status)
            await self._kubelet.kube.status(self._path, status)

    def _status(self) -> Object:
        shown_ip = self._node.pod_ip or self._ip
        return {
            "phase": self._phase(),
            "conditions": self._conditions(),
            "hostIP": "127.0.0.1",
            "podIP": shown_ip,
            "podIPs": [{"ip": shown_ip}],
            "startTime": self._began,
            "containerStatuses": [self._container_status(c) for c in self._spec["containers"]],
        }

    def _container_status(self, container: Object) -> Object:
        name = container["name"]
        return {
            "name": name,
            "image": container.get("image", ""),
            "imageID": "",
            "ready": self._ready[name],
            "started": "running" in self.states[name],
            "restartCount": self._restarts[name],
            "state": self.states[name],
            "lastState": self._last.get(name, {}),
        }

    def _phase(self) -> str:
        states = list(self.states.values())
        ends = [state["terminated"]["exitCode"] for state in states if "terminated" in state]
        if len(ends) == len(states):
            return "Failed" if any(ends) else "Succeeded"
        began = any("running" in state for state in states) or any(self._restarts.values())
        return "Running" if began else "Pending"

    def _conditions(self) -> list[Object]:
        """As a kubelet reports them, or as interLink's virtual one does."""
        if not self._node.virtual:
            ready = all(self._ready.values())
            known = (
                ("PodScheduled", True),
                ("Initialized", True),
                ("ContainersReady", ready),
                ("Ready", ready),
            )
        elif self._phase() == "Running":
            known = (("Ready", True),)
        else:
            known = (("Initialized", True), ("Ready", False), ("PodScheduled", True))
        return [{"type": kind, "status": str(value)} for kind, value in known]
