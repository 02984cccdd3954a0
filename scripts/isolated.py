"""Checks that need an environment of their own: other versions, fewer packages, a browser.

Environments are kept in ``.venvs`` and made anew when what they hold changes.
Usage: ``python scripts/isolated.py CHECK [ARGUMENTS]``.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from subprocess import PIPE, STDOUT

from package import locked, tracked

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist"
VENVS = ROOT / ".venvs"

OLDEST_DISTRIBUTED = "2023.11.0"
OLDEST_LAB = "4.2.*"
# The user's way through: time a cell, see it, find it in the panel, open it. Galata's helpers, made for the current
# JupyterLab, carry no further in the oldest one.
WAY_THROUGH = "a timed cell shows its progress|a run that is saved elsewhere appears"

#: Server-side execution beneath collaboration: the first takes the place of what runs a notebook's cells.
OTHER_EXTENSIONS = ("jupyter-server-nbmodel==0.2.9", "jupyter-collaboration==5.0.4")

TEST_TOOLS = (
    "hypothesis",
    "joblib",
    "jsonschema",
    "nbclient",
    "pytest",
    "pytest-timeout",
    "pyyaml",
)
# What the facility's image has beside it; later ones do not fit this distributed.
OLDEST_KERNEL = (
    f"dask[array,dataframe]=={OLDEST_DISTRIBUTED}",
    f"distributed=={OLDEST_DISTRIBUTED}",
    "bokeh==3.3.0",
    "dask-jobqueue==0.9.0",
    "numpy<2",
    "pandas<2.2",
    "pyarrow<16",
    "ipykernel",
    "ipython",
    "pytest-jupyter[server]",
    *TEST_TOOLS,
)
# The versions that go together in one environment. ROOT's wheels are pre-releases, hence exact.
PHYSICS = (
    "ROOT==0.1a12",
    "coffea[dask]==2026.9.0",
    "dask==2026.8.0",
    "distributed==2026.8.0",
    "ipywidgets",
    "pytest-jupyter[server]",
    *TEST_TOOLS,
)
# That distributed leaves sockets to the garbage collector, in whatever test it comes by.
OLD_LEAKS = ("-W", "ignore:unclosed <socket:ResourceWarning")
# As the facility's image has them.
OLDEST_KUBE = (
    f"dask=={OLDEST_DISTRIBUTED}",
    f"distributed=={OLDEST_DISTRIBUTED}",
    "dask-kubernetes==2023.9.0",
    "kr8s==0.8.16",
    "asyncssh",
    "pytest",
    "pytest-jupyter[server]",
    "pytest-timeout",
    "pyyaml",
)
#: What is cancelled leaves its connection to the garbage collector in this httpx.
OLDEST_LEAKS = (*OLD_LEAKS, "-W", "ignore:unclosed transport:ResourceWarning")
OLDEST_LIFE = "computes_and_is_closed or follow_scaling or in_a_pod"
#: What could differ with another distributed: the recorder and its plugin, the fronts that use it, hosts of clusters.
WITH_DISTRIBUTED = (
    "tests/clusters/process/test_backend.py",
    "tests/clusters/test_queues.py",
    "tests/magic",
    "tests/test_kernel_only.py",
    "tests/timing",
)
#: What does not depend on the Python below: other programs, other versions of distributed, what is drawn.
SAME_IN_EACH_PYTHON = (
    "tests/clusters/test_queues.py",
    "tests/clusters/test_quotas.py",
    "tests/timing/dask/test_clusters.py",
    "tests/timing/dask/test_failures.py",
    "tests/timing/dask/test_ownership.py",
    "tests/timing/dask/test_schedulers.py",
    "tests/timing/dask/test_submitting.py",
    "tests/timing/test_warnings.py",
    "tests/export",
    "tests/hep",
    "tests/render",
    "tests/server/handlers/test_campaigns.py",
    "tests/server/test_real_clusters.py",
    "tests/test_need.py",
)


class Environment:
    """A virtual environment with packages in it."""

    def __init__(self, name: str, base: str = sys.executable) -> None:
        self.base = base
        self.folder = VENVS / name
        self.python = self.folder / "bin" / "python"

    def holds(self, *requirements: str, no_deps: Sequence[str] = ()) -> Environment:
        """Make the environment with `requirements`, and `no_deps` without their dependencies, unless it is there."""
        VENVS.mkdir(exist_ok=True)
        with locked(VENVS / f"{self.folder.name}.lock"):
            self._made(requirements, no_deps)
        return self

    def _made(self, requirements: Sequence[str], no_deps: Sequence[str]) -> None:
        wanted = _digest([self.base, *requirements, "--no-deps", *no_deps])
        stamp = self.folder / ".holds"
        if stamp.exists() and stamp.read_text() == wanted:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        call(self.base, "-m", "venv", str(self.folder))
        pip = (str(self.python), "-m", "pip", "install", "-qq")
        call(*pip, "--upgrade", "pip")
        call(*pip, *requirements)
        if no_deps:
            call(*pip, "--no-deps", *no_deps)
        stamp.write_text(wanted)

    def run(self, *command: str, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> None:
        """Run a program of the environment."""
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        inner = {**os.environ, "PATH": path, **(env or {})}
        call(str(self.folder / "bin" / command[0]), *command[1:], env=inner, cwd=cwd)


def call(*command: str, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> None:
    """Run a command; end the check if it fails."""
    if code := subprocess.call(command, env=env, cwd=cwd, stdin=subprocess.DEVNULL):
        raise SystemExit(f"{Path(command[0]).name} {' '.join(command[1:])} ended with {code}.")


def quietly(*command: str, cwd: Path = ROOT) -> None:
    """Run a command whose output matters only if it fails."""
    done = subprocess.run(
        command, check=False, cwd=cwd, stdin=subprocess.DEVNULL, stdout=PIPE, stderr=STDOUT
    )
    if done.returncode:
        raise SystemExit(done.stdout.decode(errors="replace"))


def _digest(requirements: Sequence[str]) -> str:
    """Of the requirements, and of the content of those that are files."""
    digest = hashlib.sha256(sys.version.encode())
    for one in requirements:
        digest.update(one.encode())
        file = Path(one.partition("[")[0])
        if file.is_file():
            digest.update(file.read_bytes())
    return digest.hexdigest()


def made(pattern: str) -> str:
    """The wheel or sdist in dist/; built now unless it is newer than everything that it is made from."""
    VENVS.mkdir(exist_ok=True)
    with locked(VENVS / "dist.lock"):
        there = [path.stat().st_mtime for path in DIST.glob(pattern)]
        sources = [(ROOT / name).stat().st_mtime for name in tracked()]
        if not there or min(there) < max(sources):
            call(sys.executable, "scripts/package.py", str(DIST))
    return str(next(DIST.glob(pattern)))


def without_node() -> None:
    """From the wheel and from the sdist, with a `node` on the path that only complains."""
    with tempfile.TemporaryDirectory() as shims:
        for name in ("node", "npm", "npx", "yarn", "jlpm"):
            shim = Path(shims, name)
            shim.write_text("#!/bin/sh\necho 'Node was asked for.' >&2\nexit 127\n")
            shim.chmod(0o755)
        os.environ["PATH"] = f"{shims}{os.pathsep}{os.environ['PATH']}"
        for pattern in ("*.whl", "*.tar.gz"):
            environment = Environment(f"without-node-{pattern[2:]}").holds(made(pattern))
            environment.run("python", "scripts/installed.py", cwd=ROOT)


def kernel_only() -> None:
    """With nothing but IPython and distributed."""
    environment = Environment("kernel-only").holds(
        "ipython", "distributed", no_deps=[made("*.whl")]
    )
    environment.run("python", str(ROOT / "scripts" / "kernel_only.py"), cwd=DIST)


def oldest_kernel() -> None:
    """What could differ with the oldest distributed: everything in the kernel, on the scheduler and in cluster hosts."""
    environment = Environment("oldest-kernel").holds(*OLDEST_KERNEL)
    # hrlab is not installed there; the tests' own processes must find it too.
    tested = {"PYTHONPATH": str(ROOT)}
    environment.run("python", "-m", "pytest", "-q", *OLD_LEAKS, *WITH_DISTRIBUTED, env=tested)


def python(version: str) -> None:
    """What could differ in that Python, where this machine has it."""
    base = _interpreter(version)
    if base is None:
        print(f"Python {version} is not on this machine: NOT CHECKED.", flush=True)
        return
    environment = Environment(f"python-{version}", base).holds(f"{made('*.whl')}[test]")
    ignored = [f"--ignore={path}" for path in SAME_IN_EACH_PYTHON]
    environment.run("python", "-m", "pytest", "-q", "-m", "not slow", *ignored)


def _interpreter(version: str) -> str | None:
    """A Python of that version, on the path or among pyenv's."""
    kept = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python3"))
    for candidate in (f"python{version}", *map(str, kept)):
        try:
            done = subprocess.run(
                [candidate, "-c", "import venv"], check=False, capture_output=True
            )
        except OSError:
            continue
        if done.returncode == 0:
            return candidate
    return None


def physics() -> None:
    """ROOT's distributed RDataFrame and coffea's Runner, as analyses use them."""
    environment = Environment("physics").holds(*PHYSICS)
    environment.run("python", "-m", "pytest", "-q", "tests/hep")


def kube() -> None:
    """Clusters in Kubernetes: the real Dask operator on the test bed, in a network of its own."""
    environment = Environment("kube").holds(f"{made('*.whl')}[kubernetes,test]")
    environment.run("python", "-m", "tests.kube", "-q", "--durations=8")


def oldest_kube() -> None:
    """The operator and the client for Kubernetes that the facility's image pins: a cluster's life, and a pod's account."""
    environment = Environment("oldest-kube").holds(*OLDEST_KUBE)
    # hrlab is not installed there; a Jupyter server of its own is not started.
    tested = {"PYTHONPATH": str(ROOT)}
    chosen = ("tests/kube/test_life.py", "tests/kube/test_in_pod.py", "-k", OLDEST_LIFE)
    environment.run("python", "-m", "tests.kube", "-q", *OLDEST_LEAKS, *chosen, env=tested)


def ui(*arguments: str, name: str = "ui") -> None:
    """Press the buttons, in the JupyterLab that comes first on the path."""
    call("scripts/need.sh", "chromium")
    tests = ROOT / "ui-tests"
    VENVS.mkdir(exist_ok=True)
    with locked(VENVS / "ui-tests.lock"):
        quietly("jlpm", "install", "--immutable", cwd=tests)
    # Several of these may run side by side.
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        os.environ["HRLAB_TEST_PORT"] = str(free.getsockname()[1])
    output = ("--output", f"test-results/{name}")
    call("jlpm", "playwright", "test", *output, *arguments, cwd=tests)


def oldest_lab() -> None:
    """The wheel in the oldest JupyterLab: listed as compatible, and the user's way through it works."""
    environment = Environment("oldest-lab").holds(
        f"jupyterlab=={OLDEST_LAB}", "ipykernel", made("*.whl")
    )
    environment.run("python", "scripts/installed.py")
    path = f"{environment.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    os.environ["PATH"] = path
    ui("--grep", WAY_THROUGH, name="oldest-lab")


def other_extensions() -> None:
    """The wheel beside extensions that run cells in their own way: on the server, and in a shared document."""
    environment = Environment("other-extensions").holds(
        "jupyterlab", "ipykernel", *OTHER_EXTENSIONS, made("*.whl")
    )
    os.environ["PATH"] = f"{environment.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    os.environ["HRLAB_OTHERS"] = "1"
    ui("others", name="other-extensions")


CHECKS: Mapping[str, Callable[..., None]] = {
    "without-node": without_node,
    "kernel-only": kernel_only,
    "oldest-kernel": oldest_kernel,
    "oldest-lab": oldest_lab,
    "other-extensions": other_extensions,
    "python": python,
    "physics": physics,
    "kube": kube,
    "oldest-kube": oldest_kube,
    "ui": ui,
}

if __name__ == "__main__":
    name, *arguments = sys.argv[1:]
    CHECKS[name](*arguments)
