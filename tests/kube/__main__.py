"""Runs the tests of this folder in a network of their own: ``python -m tests.kube [--long] [PYTEST ARGUMENTS]``.

A scheduler wants port 8786 of everywhere, so another on the machine would disturb. In a network namespace with nothing but
``lo`` there is none. With ``HRLAB_TEST_KUBECONFIG`` the tests run against that cluster, and in the network as it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IN_NAMESPACE = "HRLAB_TEST_IN_NAMESPACE"
#: Tests that take long run, too.
LONG = "HRLAB_TEST_LONG"


def main() -> None:
    """Become pytest."""
    if "--long" in sys.argv:
        sys.argv.remove("--long")
        os.environ[LONG] = "1"
    folder = str(Path(__file__).parent.relative_to(ROOT))
    chosen = [word for word in sys.argv[1:] if word.startswith(folder)]
    pytest = [
        sys.executable,
        "-m",
        "pytest",
        "--timeout=120",
        *([] if chosen else [folder]),
        *sys.argv[1:],
    ]
    os.chdir(ROOT)
    if "HRLAB_TEST_KUBECONFIG" in os.environ:
        os.execv(pytest[0], pytest)
    for unshare in (["unshare", "-rn"], ["unshare", "-n"]):
        if shutil.which("unshare") and _works(unshare):
            os.environ[IN_NAMESPACE] = "1"
            script = 'ip link set lo up && exec "$@"'
            os.execvp(unshare[0], [*unshare, "sh", "-c", script, "sh", *pytest])
    raise SystemExit("This needs unshare(1), ip(8) and network namespaces (Linux).")


def _works(unshare: list[str]) -> bool:
    command = [*unshare, "ip", "link", "set", "lo", "up"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


if __name__ == "__main__":
    main()
