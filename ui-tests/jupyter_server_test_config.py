"""A server of its own for the UI tests: everything it writes is in one temporary directory."""

import json
import os
import sys
from pathlib import Path

from jupyterlab.galata import configure_jupyter_server

from hrlab.clusters.cgroup import machine_cores, machine_memory_bytes
from hrlab.clusters.profiles.default import local_profile

home = Path(os.environ["HRLAB_TEST_DIR"])


def add_kernel_without_hrlab() -> None:
    """A Python kernel in which ``import hrlab`` fails, as in an environment that lacks it."""
    start = (
        "import sys; sys.modules['hrlab'] = None; "
        "from ipykernel.kernelapp import launch_new_instance; launch_new_instance()"
    )
    folder = Path(os.environ["JUPYTER_DATA_DIR"]) / "kernels" / "bare"
    folder.mkdir(parents=True, exist_ok=True)
    spec = {
        "argv": [sys.executable, "-c", start, "-f", "{connection_file}"],
        "display_name": "Python without hrlab",
        "language": "python",
    }
    (folder / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")


add_kernel_without_hrlab()
configure_jupyter_server(c)  # noqa: F821
(home / "root").mkdir(exist_ok=True)
c.ServerApp.root_dir = str(home / "root")  # noqa: F821
c.ServerApp.ip = "127.0.0.1"  # noqa: F821
c.ServerApp.port = int(os.environ["HRLAB_TEST_PORT"])  # noqa: F821
c.ServerApp.port_retries = 0  # noqa: F821
c.ServerApp.allow_root = True  # noqa: F821
# As JupyterHub does: nothing of the server may be framed, unless it says so itself, as dashboards do.
c.ServerApp.tornado_settings = {  # noqa: F821
    "headers": {"Content-Security-Policy": "frame-ancestors 'none'"}
}
c.SQLiteYStore.db_path = str(home / "ystore.db")  # noqa: F821  jupyter-collaboration's
c.HRLab.profiles = {  # noqa: F821
    **local_profile(machine_cores(), machine_memory_bytes()),
    "failing": {
        "label": "Failing",
        "description": "A start that fails, for the tests.",
        "kind": "process",
        "template": {"class": "distributed.NoSuchCluster", "arguments": {}},
    },
}
