"""Whether notebooks here may have made clusters in Kubernetes with ``KubeCluster``, though no profile speaks of such.

Told from files alone, and in well below a millisecond: on a laptop without any nothing is loaded, and nobody is asked.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path

#: Marks of a kubeconfig that runs programs to log in, or opens a browser: nothing to do unasked.
_LOGS_IN = ("exec:", "auth-provider:")


def is_at_hand(environment: Mapping[str, str], home: Path) -> bool:
    """Whether dask-kubernetes is installed, and an API server known, by a pod's service account or a kubeconfig."""
    if importlib.util.find_spec("dask_kubernetes") is None:
        return False
    if "KUBERNETES_SERVICE_HOST" in environment:
        return True
    named = [Path(name) for name in environment.get("KUBECONFIG", "").split(os.pathsep) if name]
    texts = [_text(path) for path in named or [home / ".kube" / "config"]]
    return any(texts) and not any(mark in text for text in texts for mark in _LOGS_IN)


def _text(path: Path) -> str:
    try:
        return path.expanduser().read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
