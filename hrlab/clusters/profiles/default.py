"""The built-in profile, for servers without configuration: workers on this machine, within container limits."""

from __future__ import annotations

from typing import Any

GIB = 1024**3
SMALLEST_BYTES = GIB // 4
#: Memory reserved for Jupyter and its kernels.
KEPT_BYTES = GIB


def local_profile(cores: float, memory_bytes: int) -> dict[str, Any]:
    """Return the built-in profile by name, in the form that sites write.

    Parameters
    ----------
    cores, memory_bytes
        Resources of the machine that this process may use.
    """
    most = max(1, int(cores))
    usable = max(SMALLEST_BYTES, memory_bytes - KEPT_BYTES)
    # Tasks that wait for disks or networks leave cores idle, so allow more workers than cores.
    most_workers = min(2 * most, usable // SMALLEST_BYTES)
    return {
        "local": {
            "label": "This machine",
            "description": "Workers on the machine that runs JupyterLab.",
            "kind": "process",
            "idle_seconds": 3600.0,
            "start_timeout_seconds": 60.0,
            "template": {
                "class": "distributed.LocalCluster",
                "arguments": {
                    "n_workers": 0,
                    "threads_per_worker": "{cores}",
                    "memory_limit": "{memory}",
                    "host": "127.0.0.1",
                    "dashboard_address": "127.0.0.1:0",
                },
            },
            "options": _options(most, most_workers, usable, memory_bytes),
            "limits": {
                "clusters": 4,
                "cores": 2 * most,
                "memory_bytes": max(SMALLEST_BYTES, memory_bytes),
            },
        }
    }


def _options(most: int, most_workers: int, usable: int, memory_bytes: int) -> dict[str, Any]:
    return {
        "workers": {
            "type": "integer",
            "default": min(most, most_workers),
            "minimum": 0,
            "maximum": most_workers,
            "unit": "workers",
            "label": "Workers",
            "help": "Processes that run tasks.",
        },
        "cores": {
            "type": "integer",
            "default": 1,
            "minimum": 1,
            "maximum": most,
            "unit": "cores",
            "label": "Cores per worker",
            "help": "Threads of each worker. ROOT needs 1.",
        },
        "memory": {
            "type": "memory",
            # The default must allow scaling to the maximum number of workers.
            "default": max(SMALLEST_BYTES, _rounded(usable // most_workers)),
            "minimum": SMALLEST_BYTES,
            "maximum": max(SMALLEST_BYTES, memory_bytes),
            "label": "Memory per worker",
            "help": "A worker that needs more is restarted.",
        },
    }


def _rounded(count: int) -> int:
    """Round down to quarters of a GiB, for readability."""
    return count // SMALLEST_BYTES * SMALLEST_BYTES
