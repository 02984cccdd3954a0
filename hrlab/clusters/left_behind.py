"""Which kinds have clusters that an earlier Jupyter server left: they are watched from the start, though nobody asks.

So a start that takes too long is given up in time, a half-started host is cleaned up, and a close that could not be done is.
"""

from __future__ import annotations

from pathlib import Path


def kinds_left(runtime_dir: Path, data_dir: Path) -> list[str]:
    """Names of those kinds, from a directory and a small file; nothing else is loaded where there are none."""
    found = []
    hosts = runtime_dir / "hrlab-clusters"
    if hosts.is_dir() and any(hosts.iterdir()):
        found.append("process")
    kept = data_dir / "hrlab" / "kubernetes.json"
    if kept.exists():
        from hrlab.clusters.kubernetes.state_file import has_clusters

        if has_clusters(kept):
            found.append("kubernetes")
    return found
