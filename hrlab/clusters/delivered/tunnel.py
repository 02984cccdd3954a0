"""Runs :mod:`hrlab.clusters.kubernetes.in_container.tunnel`: sites name this path in their profiles (``away.program``)."""

from __future__ import annotations

import runpy
from pathlib import Path

if __name__ == "__main__":
    # By path: hrlab need not be importable where a site keeps the file.
    program = Path(__file__).resolve().parents[1] / "kubernetes" / "in_container" / "tunnel.py"
    runpy.run_path(str(program), run_name="__main__")
