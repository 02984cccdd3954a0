"""The test bed, or a real cluster, and what tests do with them.

Only ``python -m tests.kube`` runs these tests (see there); pytest on all tests passes them by.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time

import pytest

from tests.kube.__main__ import IN_NAMESPACE

KUBECONFIG = os.environ.get("HRLAB_TEST_KUBECONFIG")
RUNS_HERE = bool(KUBECONFIG) or IN_NAMESPACE in os.environ

RBAC = "/apis/rbac.authorization.k8s.io/v1"

if not RUNS_HERE:
    collect_ignore_glob = ["test_*.py"]
else:
    from tests.kube.bed.bed import NAMESPACE, Bed
    from tests.kube.bed.podshim import sitecustomize as shim
    from tests.kube.site import BedSite, RealSite, Site
    from tests.kube.user import User


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """Where the tests run: the test bed, started once, or the cluster that the environment names."""
    if KUBECONFIG:
        yield RealSite(KUBECONFIG)
        return
    bed = Bed(tmp_path_factory.mktemp("bed"))
    bed.start()
    shim.HOSTS = str(bed.hosts)
    patch = pytest.MonkeyPatch()
    patch.setattr("socket.getaddrinfo", shim.getaddrinfo)
    yield BedSite(bed)
    patch.undo()
    bed.stop()


@pytest.fixture(autouse=True)
def nothing_left(site: Site):
    """After every test no cluster, pod or anything else of Dask's is there, and all parts of the bed work."""
    yield
    site.repair()
    deadline = time.monotonic() + 30
    while left := site.left():
        assert time.monotonic() < deadline, f"Left behind: {site.details(left)}"
        time.sleep(0.2)


@pytest.fixture
def bed(site: Site):
    """The test bed, for tests that break something."""
    if not isinstance(site, BedSite):
        pytest.skip("Not for a real cluster: this test breaks parts of it")
    return site.bed


@pytest.fixture
def user(site: Site, jp_asyncio_loop, tmp_path):
    """A user's Jupyter server, as far as clusters in Kubernetes are concerned."""
    user = User(site, logging.getLogger("hrlab.tests"))
    user.kept = tmp_path / "home" / "kubernetes.json"
    yield user
    jp_asyncio_loop.run_until_complete(asyncio.wait_for(user.leave(), 60))


@pytest.fixture
def secrets(bed):
    """The right to make secrets, which the facility's role does not give."""
    verbs = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create", "patch"]}
    account = {"kind": "ServiceAccount", "name": "jlab", "namespace": NAMESPACE}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "secrets"}
    named = {"metadata": {"name": "secrets"}}
    bed.call("POST", f"{RBAC}/clusterroles", {**named, "rules": [verbs]})
    bed.call(
        "POST", f"{RBAC}/clusterrolebindings", {**named, "roleRef": role, "subjects": [account]}
    )
    yield
    bed.call("DELETE", f"{RBAC}/clusterrolebindings/secrets")
    bed.call("DELETE", f"{RBAC}/clusterroles/secrets")
