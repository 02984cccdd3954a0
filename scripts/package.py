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
    """Wheel and sdist, alone in `folder`; what somebody reads of an earlier build meanwhile stays readable."""
    with tempfile.TemporaryDirectory(prefix="hrlab-build-") as clean, _beside(folder) as new:
        for name in tracked():
            target = Path(clean, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)
        command = [sys.executable, "-m", "build", "--outdir", str(new), clean]
        done = subprocess.run(
            command, check=False, stdin=subprocess.DEVNULL, stdout=PIPE, stderr=STDOUT
        )
        if done.returncode:  # else nobody wants to read thousands of lines of Yarn
            raise SystemExit(done.stdout.decode(errors="replace"))
        made = [path.replace(folder / path.name) for path in new.iterdir()]
    for path in set(folder.iterdir()) - set(made):
        path.unlink()
    return sorted(made)


@contextmanager
def _beside(folder: Path) -> Iterator[Path]:
    """A folder for a while, from which files move into `folder` in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder.resolve()
    with tempfile.TemporaryDirectory(prefix=f".{path.name}-", dir=path.parent) as new:
        yield Path(new)


if __name__ == "__main__":
    for one in build(Path(sys.argv[1])):
        print(one)
