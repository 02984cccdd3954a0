"""Measure, print the figures, and fail if a budget does not hold."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from pathlib import Path

from benchmarks.row import table

#: Not measurements.
PARTS = {"__init__", "__main__", "loop_watch", "making", "row"}


def names() -> list[str]:
    """Measurements that there are."""
    found = {path.stem for path in Path(__file__).parent.glob("*.py")}
    return sorted(found - PARTS)


def main(arguments: list[str]) -> int:
    known, quick = names(), "--quick" in arguments
    asked = [name for name in arguments if name != "--quick"] or known
    for name in asked:
        if name not in known:
            print(f"There is no measurement {name!r}; there are {', '.join(known)}.")
            return 2
    machine = f"{platform.platform()}, {os.cpu_count()} cores"
    print(f"{machine}, Python {platform.python_version()}{', quick' if quick else ''}", flush=True)
    failed = False
    for name in asked:
        print(f"\n{name}", flush=True)
        rows = importlib.import_module(f"benchmarks.{name}").measure(quick=quick)
        print(table(rows), flush=True)
        failed |= any(row.holds is False for row in rows)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
