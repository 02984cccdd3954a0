"""Starts the test bed: API server, controllers, two nodes (one as interLink makes them) and the real Dask operator."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import dask_kubernetes

from tests.kube.bed import certificate
from tests.kube.bed.container import SHIM, die_with_parent

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
CRDS = (
    Path(dask_kubernetes.__file__).parent / "operator/deployment/helm/dask-kubernetes-operator/crds"
)
ACCOUNT = "system:serviceaccount:"
TOKENS = {
    "admin": {"user": "admin", "groups": ["system:masters"]},
    "user": {"user": f"{ACCOUNT}jhub:jlab", "groups": []},
    "operator": {"user": f"{ACCOUNT}kube-system:dask-operator", "groups": []},
}
NAMESPACE = "jhub"
IMAGES = r"bed:.*"
SITE = "vk-na"
SITE_TAINT = "virtual-node.interlink/no-schedule"
START_SECONDS = 60


class Bed:
    """The processes of the test bed.

    Attributes
    ----------
    url
        Where the API server listens.
    tls_port, authority
        Where it does so for pods, and the file of the certificate that they trust.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hosts = folder / "hosts.json"
        self.url = ""
        self.tls_port = 0
        self.authority = folder / "server.crt"
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self) -> None:
        """Start everything; ended again if a part does not come up."""
        try:
            self._start_api_server()
            server = ("--server", self.url, "--token", "admin")
            hosts = ("--hosts", str(self.hosts))
            self._start_module("controllers", "controllers", *server, *hosts)
            self._start_node("node-1", *server, *hosts)
            self._start_site(*server)
            self.start_operator()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End everything, in the order in which nothing is left."""
        names = sorted(self._processes, key=lambda name: not name.startswith("node"))
        for name in [n for n in ("operator",) if n in names] + [
            n for n in names if n != "operator"
        ]:
            self.kill(name, signal.SIGTERM)

    def kill(self, name: str, how: int = signal.SIGKILL) -> None:
        """End a process of the bed: ``operator``, ``controllers``, ``apiserver`` or a node."""
        process = self._processes.pop(name, None)
        if process is None or process.poll() is not None:
            return
        process.send_signal(how)
        try:
            process.wait(6)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def start_operator(self) -> None:
        """The unmodified operator, with the names that a pod has."""
        env = {
            "KUBECONFIG": str(self.kubeconfig("operator")),
            "PYTHONPATH": SHIM,
            "BED_HOSTS": str(self.hosts),
        }
        kopf = Path(sys.executable).parent / "kopf"
        command = (str(kopf), "run", "-m", "dask_kubernetes.operator.controller", "-A", "--verbose")
        self._spawn("operator", command, env, "Starting the watch-stream for daskclusters")

    def has_operator(self) -> bool:
        process = self._processes.get("operator")
        return process is not None and process.poll() is None

    def kubeconfig(self, who: str) -> Path:
        """A kubeconfig file for ``user``, ``admin`` or ``operator``."""
        path = self.folder / f"kubeconfig-{who}"
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "bed",
            "clusters": [{"name": "bed", "cluster": {"server": self.url}}],
            "users": [{"name": who, "user": {"token": who}}],
            "contexts": [
                {"name": "bed", "context": {"cluster": "bed", "user": who, "namespace": NAMESPACE}}
            ],
        }
        path.write_text(json.dumps(document))
        return path

    def accept(self, *tokens: str) -> None:
        """Have the API server take these of a pod's account, and no others: those before have expired."""
        accepted = {**TOKENS, **dict.fromkeys(tokens, TOKENS["user"])}
        self.call("POST", "/_test/tokens", accepted)

    def call(self, method: str, path: str, body: Any = None, token: str = "admin") -> Any:
        """Ask the API server; its answer, also a refusal."""
        patch = method == "PATCH"
        kind = "application/merge-patch+json" if patch else "application/json"
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": kind},
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.loads(error.read())

    def names(self, path: str) -> list[str]:
        """Names of what is listed there."""
        return [item["metadata"]["name"] for item in self.call("GET", path)["items"]]

    def _start_api_server(self) -> None:
        tokens = self.folder / "tokens.json"
        tokens.write_text(json.dumps(TOKENS))
        files = [*sorted(CRDS.glob("dask*.yaml")), HERE / "roles.yaml"]
        words = [word for file in files for word in ("--load", str(file))]
        self.authority, key = certificate.write(self.folder)
        words += ["--cert", str(self.authority), "--key", str(key)]
        said = self._start_module("apiserver", "apiserver", "--tokens", str(tokens), *words)
        self.url = f"http://127.0.0.1:{said.split()[1]}"
        self.tls_port = int(said.split()[2])

    def _start_node(self, name: str, *arguments: str) -> None:
        folder = ("--folder", str(self.folder / "pods"))
        image = ("--name", name, "--image", IMAGES)
        self._start_module(f"node-{name}", "kubelet", *image, *folder, *arguments)

    def _start_site(self, *server: str) -> None:
        """A virtual node: a site that reaches the hub's published ports, and none of its pods and services."""
        virtual = ("--virtual", "--pod-ip", "127.0.0.1", "--queue-seconds", "1")
        network = ("--pod-net", "127.200", "--deny", "127.64.,127.96.")
        taint = ("--taint", f"{SITE_TAINT}=true:NoSchedule", "--cpu", "1000", "--memory", "9000Gi")
        self._start_node(SITE, *server, *virtual, *network, *taint)

    def _start_module(self, name: str, module: str, *arguments: str) -> str:
        command = (sys.executable, "-m", f"tests.kube.bed.{module}", *arguments)
        return self._spawn(name, command, {"PYTHONPATH": str(ROOT)}, r"ready .*\n")

    def _spawn(self, name: str, command: tuple[str, ...], env: dict[str, str], sign: str) -> str:
        """Start a process and wait for the `sign` that it is up."""
        path = self.folder / f"{name}.log"
        with path.open("wb") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **env},
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - no other thread is forking
            )
        self._processes[name] = process
        deadline = time.monotonic() + START_SECONDS
        while True:
            text = path.read_text(errors="replace")
            if found := re.search(sign, text):
                return found[0]
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} did not start:\n{text[-3000:]}")
            time.sleep(0.02)
