"""Where the store is, and whether its file system lets processes share memory."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "HRLAB_STORE"
MOUNTS = Path("/proc/mounts")

#: Where SQLite's write-ahead log is unsafe, because it needs memory shared by all users of the file.
NETWORK_FILE_SYSTEMS = frozenset(
    (
        "9p", "afs", "beegfs", "ceph", "cifs", "davfs", "eos", "glusterfs", "gpfs", "lustre", "nfs",
        "nfs3", "nfs4", "orangefs", "panfs", "pvfs2", "smb3", "smbfs", "virtiofs", "wekafs",
    )
)  # fmt: skip
#: FUSE file systems are taken for remote (sshfs, eosxd, s3fs, ...) unless known to be local.
LOCAL_FUSE = frozenset(["fuse.fuse-overlayfs", "fuse.unionfs", "fuse.mergerfs", "fuseblk"])


def store_path(environ: Mapping[str, str] | None = None) -> Path:
    """Path of the store: ``$HRLAB_STORE``, else ``hrlab/runs.sqlite`` in Jupyter's data directory."""
    chosen = (os.environ if environ is None else environ).get(VARIABLE, "")
    return Path(chosen).expanduser() if chosen else jupyter_data_directory() / "hrlab/runs.sqlite"


def jupyter_data_directory() -> Path:
    """Jupyter's data directory of this user, also where jupyter_core is not installed."""
    try:
        from jupyter_core.paths import jupyter_data_dir
    except ImportError:
        return data_directory_without_jupyter(os.environ, sys.platform, Path.home())
    return Path(jupyter_data_dir())


def data_directory_without_jupyter(environ: Mapping[str, str], platform: str, home: Path) -> Path:
    """What ``jupyter_core.paths.jupyter_data_dir`` answers by default, by its documented rules."""
    if environ.get("JUPYTER_DATA_DIR"):
        return Path(environ["JUPYTER_DATA_DIR"])
    if platform == "darwin":
        return home / "Library" / "Jupyter"
    if platform == "win32":
        roaming = environ.get("APPDATA")
        return Path(roaming) / "jupyter" if roaming else home / ".jupyter" / "data"
    shared = environ.get("XDG_DATA_HOME")
    return (Path(shared) if shared else home / ".local" / "share") / "jupyter"


def is_on_network(path: Path, mounts: Path = MOUNTS) -> bool:
    """Whether `path` is on a network file system; False where that cannot be found out (no ``/proc``)."""
    kind = file_system_of(path, mounts)
    return kind in NETWORK_FILE_SYSTEMS or (kind.startswith("fuse") and kind not in LOCAL_FUSE)


def file_system_of(path: Path, mounts: Path = MOUNTS) -> str:
    """Type of the file system that `path` is on, whether it exists or not; empty where that cannot be found out."""
    try:
        table = mounts.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return _kind_of_mount(os.path.realpath(path), table)


def _kind_of_mount(path: str, table: str) -> str:
    """File system type of the deepest mount above `path`; of several on one place, the last."""
    best, kind = -1, ""
    for line in table.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        # /proc/mounts writes blanks and backslashes of a path as octal escapes.
        point = fields[1].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
        inside = path == point or path.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= best:
            best, kind = len(point), fields[2]
    return kind
