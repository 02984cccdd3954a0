"""In a pod: address, account, namespace and certificate as Kubernetes gives them, over TLS, with a token that is renewed."""

from __future__ import annotations

import asyncio
import os
import sys

from tests.kube.__main__ import ROOT
from tests.kube.bed.bed import NAMESPACE

#: Nothing of this machine's is changed: the folder of the account is there for this process only.
MOUNT = """
mount -t tmpfs none /run && mkdir -p /run/secrets/kubernetes.io/serviceaccount
mount --bind "$ACCOUNT" /run/secrets/kubernetes.io/serviceaccount
[ -L /var/run ] || { mount -t tmpfs none /var/run && ln -s /run/secrets /var/run/secrets; }
exec "$@"
"""
CLUSTERS = f"/apis/kubernetes.dask.org/v1/namespaces/{NAMESPACE}/daskclusters"


def renew(account, token) -> None:
    """As the kubelet does: a reader finds the old one or the new one."""
    new = account / "new"
    new.write_text(token)
    new.replace(account / "token")


async def test_a_server_in_a_pod_reads_its_renewed_token(site, bed, tmp_path):
    account, home = tmp_path / "account", tmp_path / "home"
    account.mkdir()
    home.mkdir()
    (account / "namespace").write_text(NAMESPACE)
    (account / "ca.crt").write_bytes(bed.authority.read_bytes())
    renew(account, "first")
    bed.accept("first")
    environment = {
        **{name: value for name, value in os.environ.items() if name != "KUBECONFIG"},
        **site.notebook_environment(),
        "HOME": str(home),
        "ACCOUNT": str(account),
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": str(bed.tls_port),
    }
    del environment["KUBECONFIG"]
    server = await asyncio.create_subprocess_exec(
        *("unshare", "-m", "sh", "-c", MOUNT, "sh", sys.executable, "-W", "ignore"),
        *("-m", "tests.kube.in_pod", site.image),
        cwd=ROOT,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert server.stdout
        name = (await server.stdout.readline()).decode().strip()
        assert name in bed.names(CLUSTERS), (await server.communicate())[1].decode()
        renew(account, "second")
        bed.accept("second")
        bed.call("POST", "/_test/drop-watches")
        _, said = await asyncio.wait_for(server.communicate(b"go on\n"), 90)
        assert server.returncode == 0, said.decode()
    finally:
        bed.accept()
        if server.returncode is None:
            server.kill()
            await server.wait()
