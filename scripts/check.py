"""All checks, each under a name that says what it promises: what ``make test`` and CI run.

``python scripts/check.py`` runs all, ``python scripts/check.py types layers`` some. One that fails does not stop the
others; the summary at the end says which.

Most of their time is waiting, for kernels, schedulers and browsers to do something: several run side by side, those that
take longest first. What a check prints is shown when it has ended.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
ISOLATED = (sys.executable, "scripts/isolated.py")
#: Checks that run side by side. On two cores a fourth makes the others slower by what it saves.
LANES = 3
#: Process groups that run now.
GROUPS: set[int] = set()


@dataclass(frozen=True)
class Check:
    """A promise and the commands that keep it; all of them must succeed, each within `minutes`."""

    key: str
    promise: str
    commands: tuple[tuple[str, ...], ...]
    folder: str = "."
    minutes: float = 10


#: Those that take longest first.
CHECKS = (
    Check(
        "ui",
        "every button does what it says, in a browser (Galata)",
        ((*ISOLATED, "ui"),),
        minutes=40,
    ),
    Check(
        "clusters",
        "clusters of processes, batch systems and gateways live and end as told (pytest)",
        (("pytest", "-q", "--durations=8", "tests/clusters", "tests/quota"),),
        minutes=30,
    ),
    Check(
        "kube",
        "clusters in Kubernetes start, say why they wait, and leave nothing behind (Dask operator)",
        ((*ISOLATED, "kube"),),
        minutes=40,
    ),
    Check(
        "python",
        "kernel, store, server, renderers and example work (pytest)",
        (
            (
                "pytest",
                "-q",
                "--durations=8",
                "--ignore=tests/clusters",
                "--ignore=tests/quota",
            ),
        ),
        minutes=30,
    ),
    Check(
        "oldest-kernel",
        "lowest supported kernel side: distributed 2023.11.0",
        ((*ISOLATED, "oldest-kernel"),),
        minutes=25,
    ),
    Check(
        "python-3.10",
        "lowest supported Python: 3.10",
        ((*ISOLATED, "python", "3.10"),),
        minutes=25,
    ),
    Check(
        "python-3.13",
        "highest supported Python: 3.13",
        ((*ISOLATED, "python", "3.13"),),
        minutes=25,
    ),
    Check(
        "oldest-lab",
        "lowest supported front end: JupyterLab 4.2",
        ((*ISOLATED, "oldest-lab"),),
        minutes=20,
    ),
    Check(
        "physics",
        "ROOT's RDataFrame and coffea's Runner are timed as they are used",
        ((*ISOLATED, "physics"),),
        minutes=15,
    ),
    Check(
        "other-extensions",
        "cells are timed beside server-side execution and collaboration",
        ((*ISOLATED, "other-extensions"),),
        minutes=20,
    ),
    Check(
        "oldest-kube",
        "lowest supported operator: dask-kubernetes 2023.9.0 with kr8s 0.8.16",
        ((*ISOLATED, "oldest-kube"),),
        minutes=15,
    ),
    Check(
        "without-node",
        "wheel installs and works without Node",
        ((*ISOLATED, "without-node"),),
    ),
    Check("front", "front-end units work (jest)", (("jlpm", "test"),)),
    Check(
        "front-style",
        "front end is formatted, linted and typed (prettier, eslint, tsc)",
        (("jlpm", "lint:check"),),
    ),
    Check(
        "kernel-only",
        "beside IPython and distributed alone, import and magic work",
        ((*ISOLATED, "kernel-only"),),
    ),
    Check(
        "build",
        "wheel and sdist are built from a clean checkout",
        ((sys.executable, "scripts/package.py", "dist"),),
    ),
    Check(
        "demo",
        "the README's first command works: make demo",
        ((sys.executable, "scripts/demo.py"),),
    ),
    Check(
        "access",
        "every endpoint refuses an unauthenticated request",
        (("pytest", "-q", "tests/server/test_access.py"),),
    ),
    Check("types", "types hold (mypy strict)", (("mypy",),)),
    Check("layers", "imports point down the layers (import-linter)", (("lint-imports",),)),
    Check(
        "style",
        "Python code is formatted and linted (ruff)",
        (("ruff", "format", "--check", "."), ("ruff", "check", ".")),
    ),
)


@dataclass(frozen=True)
class Result:
    """How a check went."""

    check: Check
    passed: bool
    seconds: float


def environment(scratch: Path) -> dict[str, str]:
    """The caller's environment, with everything that programs would write to the home directory in `scratch`."""
    return {
        **os.environ,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "HRLAB_STORE": str(scratch / "runs.sqlite"),
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_CONFIG_DIR": str(scratch / "jupyter-config"),
        "JUPYTER_DATA_DIR": str(scratch / "jupyter-data"),
        "JUPYTER_RUNTIME_DIR": str(scratch / "jupyter-runtime"),
        "MPLCONFIGDIR": str(scratch / "matplotlib"),
        "DASK_CONFIG": str(scratch / "dask"),
    }


def run(check: Check) -> Result:
    """Run a check's commands until one fails, and show what they printed."""
    began = time.monotonic()
    with tempfile.TemporaryFile("w+", errors="replace") as output:
        passed = all(_succeeds(command, check, output) for command in check.commands)
        output.seek(0)
        printed = output.read()
    seconds = time.monotonic() - began
    word = "ok" if passed else "FAILED"
    print(
        f"\n=== {check.promise}\n{printed}--- {word}: {check.promise} ({seconds:.0f} s)", flush=True
    )
    return Result(check, passed, seconds)


def _succeeds(command: Sequence[str], check: Check, output: IO[str]) -> bool:
    """Run one command in a process group and a scratch folder of its own; nothing of either is left."""
    scratch = Path(tempfile.mkdtemp(prefix=f"hrlab-{check.key}-"))
    started = subprocess.Popen(
        command,
        cwd=ROOT / check.folder,
        env=environment(scratch),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    GROUPS.add(started.pid)
    try:
        return started.wait(timeout=check.minutes * 60) == 0
    except subprocess.TimeoutExpired:
        output.seek(0, os.SEEK_END)
        output.write(f"{' '.join(command)} took more than {check.minutes:g} minutes.\n")
        return False
    finally:
        _stop_group(started.pid)
        started.wait()
        GROUPS.discard(started.pid)
        shutil.rmtree(scratch, ignore_errors=True)


def _stop_group(group: int) -> None:
    for how in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(group, how)
        except ProcessLookupError:
            return
        time.sleep(0.5)


def chosen(keys: Sequence[str]) -> list[Check]:
    """The checks that `keys` name, all if there are none.

    Raises
    ------
    SystemExit
        If a key is unknown; the message lists those that exist.
    """
    known = {check.key: check for check in CHECKS}
    unknown = [key for key in keys if key not in known]
    if unknown:
        raise SystemExit(f"No check is called {', '.join(unknown)}. There are: {', '.join(known)}.")
    return [known[key] for key in keys] or list(CHECKS)


def results_of(checks: Sequence[Check]) -> list[Result]:
    """Run the checks, :data:`LANES` at a time."""
    with ThreadPoolExecutor(LANES) as lanes:
        try:
            return list(lanes.map(run, checks))
        except BaseException:  # interrupted: threads wait for processes, and the pool for threads
            lanes.shutdown(wait=False, cancel_futures=True)
            for group in list(GROUPS):
                _stop_group(group)
            raise


def main(keys: Sequence[str]) -> int:
    """Run the checks named, print the summary, and return the exit code."""
    # Also where `make` is told to stop, or a CI runs out of time, nothing goes on.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    results = results_of(chosen(keys))
    print(f"\n{'':6} {'time':>6}  promise")
    for result in results:
        word = "ok" if result.passed else "FAILED"
        print(f"{word:6} {result.seconds:4.0f} s  {result.check.promise} [{result.check.key}]")
    return 0 if all(result.passed for result in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
