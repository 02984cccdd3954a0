"""Build wheel and sdist from a clean copy of the tracked files, so that nothing left lying about gets in.

Usage: ``python scripts/package.py FOLDER``. Needs Node: the sdist carries the built front end; the wheel is made from
the sdist.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE, STDOUT

ROOT = Path(__file__).resolve().parents[1]


def tracked() -> list[str]:
    """Paths of the files that git tracks and that exist."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    names = listed.stdout.decode().split("\0")
    return [name for name in names if name and (ROOT / name).is_file()]


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Let one process at a time make what belongs to `file`."""
    with file.open("a") as opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield


def build(folder: Path) -> list[Path]:
    """Wheel and sdist in `folder`, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="hrlab-build-") as clean:
        for name in tracked():
            target = Path(clean, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
        command = [sys.executable, "-m", "build", "--outdir", str(folder.resolve()), clean]
        done = subprocess.run(
            command, check=False, stdin=subprocess.DEVNULL, stdout=PIPE, stderr=STDOUT
        )
        if done.returncode:  # else nobody wants to read thousands of lines of Yarn
            raise SystemExit(done.stdout.decode(errors="replace"))
    return sorted(folder.iterdir())


if __name__ == "__main__":
    with locked(ROOT / "pyproject.toml"):
        for made in build(Path(sys.argv[1])):
            print(made)
