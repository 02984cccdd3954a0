"""What ``%load_ext hrlab`` costs a kernel: on top of what ipykernel has loaded, each time in a fresh process."""

from __future__ import annotations

import statistics
import subprocess
import sys

from benchmarks.row import Row

BUDGET_MS = 100.0
ROUNDS = 15

PROGRAM = """
import time
import ipykernel.ipkernel, ipykernel.zmqshell, ipykernel.comm, IPython.core.magics
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
begin = time.perf_counter()
shell.extension_manager.load_extension("hrlab")
loaded = time.perf_counter() - begin
import sys
assert "distributed" not in sys.modules
begin = time.perf_counter()
import distributed
print(loaded, time.perf_counter() - begin)
"""


def measure(quick: bool = False) -> list[Row]:
    loads, imports = [], []
    for _ in range(3 if quick else ROUNDS):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
        )
        load, dask = map(float, done.stdout.split()[-2:])
        loads.append(load)
        imports.append(dask)
    cost = statistics.median(loads) * 1e3
    note = f"largest {max(loads) * 1e3:.0f} ms, n={len(loads)}"
    return [
        Row("%load_ext hrlab in a kernel, median", cost, "ms", BUDGET_MS, note),
        Row("beside it: import distributed", statistics.median(imports) * 1e3, "ms"),
    ]
