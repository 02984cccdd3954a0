"""Where the tests run."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Protocol

from tests.kube.bed.bed import NAMESPACE, Bed
from tests.kube.bed.container import SHIM

DASK = "/apis/kubernetes.dask.org/v1"


class Site(Protocol):
    """A Kubernetes cluster with the Dask operator.

    Attributes
    ----------
    kubeconfig
        For a user with the rights of the facility's role.
    namespace, image
        Where clusters are made, and of what; the image holds dask and distributed.
    """

    kubeconfig: str | None
    namespace: str
    image: str

    def notebook_environment(self) -> dict[str, str]:
        """Variables of a user's kernel."""

    def left(self) -> list[str]:
        """What the tests have left behind."""

    def details(self, left: list[str]) -> str:
        """More about what is left, for whoever reads the failure."""

    def repair(self) -> None:
        """Bring back what a test has broken."""


class BedSite:
    """The test bed."""

    def __init__(self, bed: Bed) -> None:
        self.bed = bed
        self.kubeconfig = str(bed.kubeconfig("user"))
        self.namespace = NAMESPACE
        self.image = "bed:1"
        #: Begins the names of what a test has put there for its time.
        self.furniture = "-"

    def notebook_environment(self) -> dict[str, str]:
        """With the bed's names."""
        hosts = {"BED_HOSTS": str(self.bed.hosts), "PYTHONPATH": SHIM}
        return {"KUBECONFIG": self.kubeconfig, **hosts}

    def left(self) -> list[str]:
        """Everything that is in the namespace."""
        paths = {
            f"{DASK}/namespaces/{NAMESPACE}": (
                "daskclusters",
                "daskworkergroups",
                "daskautoscalers",
            ),
            f"/apis/apps/v1/namespaces/{NAMESPACE}": ("deployments", "replicasets"),
            f"/api/v1/namespaces/{NAMESPACE}": ("pods", "services", "secrets", "resourcequotas"),
        }
        return [
            f"{plural}/{name}"
            for path, plurals in paths.items()
            for plural in plurals
            for name in self.bed.names(f"{path}/{plural}")
            if not name.startswith(self.furniture)
        ]

    def details(self, left: list[str]) -> str:
        """Who owns and holds the worker groups, beside all names."""
        groups = self.bed.call("GET", f"{DASK}/namespaces/{NAMESPACE}/daskworkergroups")["items"]
        keys = ("name", "deletionTimestamp", "finalizers", "ownerReferences")
        found = [{key: group["metadata"].get(key) for key in keys} for group in groups]
        return f"{left} {found}"

    def repair(self) -> None:
        """Faults over, operator at work."""
        self.bed.call("POST", "/_test/faults", [])
        self.bed.call("POST", "/_test/away", {"seconds": 0})
        if not self.bed.has_operator():
            self.bed.start_operator()


class Elsewhere:
    """The same site, as another process sees it."""

    def __init__(self, kubeconfig: str | None, namespace: str, image: str) -> None:
        self.kubeconfig = kubeconfig
        self.namespace = namespace
        self.image = image

    def notebook_environment(self) -> dict[str, str]:
        """As it is."""
        return {}

    def left(self) -> list[str]:
        """That is for others to say."""
        return []

    def details(self, left: list[str]) -> str:
        """The names alone."""
        return str(left)

    def repair(self) -> None:
        """Nothing was broken."""


class RealSite:
    """The cluster of a kubeconfig; ``HRLAB_TEST_NAMESPACE`` and ``HRLAB_TEST_IMAGE`` say where and what."""

    def __init__(self, kubeconfig: str) -> None:
        self.kubeconfig = str(Path(kubeconfig).expanduser())
        self.namespace = os.environ.get("HRLAB_TEST_NAMESPACE", "default")
        self.image = os.environ.get("HRLAB_TEST_IMAGE", "ghcr.io/dask/dask:latest")

    def notebook_environment(self) -> dict[str, str]:
        """The same account."""
        return {"KUBECONFIG": self.kubeconfig}

    def left(self) -> list[str]:
        """Clusters that these tests made, asked for with kubectl."""
        kinds = "daskclusters,daskworkergroups,daskautoscalers,pods,services"
        command = ["kubectl", "--kubeconfig", self.kubeconfig, "-n", self.namespace]
        command += ["get", kinds, "-l", "dask.org/cluster-name", "-o", "json"]
        answer = subprocess.run(command, check=True, capture_output=True).stdout
        names = [item["metadata"]["name"] for item in json.loads(answer)["items"]]
        return [name for name in names if name.startswith("test-")]

    def details(self, left: list[str]) -> str:
        """The names alone."""
        return str(left)

    def repair(self) -> None:
        """Nothing was broken."""
