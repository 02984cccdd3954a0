"""Memory of the scheduler plugin after many finished tasks: it keeps nothing for a finished one."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from benchmarks.row import Row

BATCH = 10_000
#: Interval lists and histories are bounded, and may still fill up between the two measurements.
BUDGET_KIB = 256.0


def noop(x: int) -> int:
    return x


def measure(quick: bool = False) -> list[Row]:
    from distributed import Client, LocalCluster

    import hrlab

    batches = 2 if quick else 10
    sizes = []
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as client,
        hrlab.timed("memory", quiet=True) as run,
    ):
        for _ in range(batches):
            client.gather(client.map(noop, range(BATCH), pure=False))
            plugins = cluster.scheduler.plugins
            sizes.append(
                sum(size_of(p) for name, p in plugins.items() if name.startswith("hrlab-"))
            )
    few, many = BATCH, BATCH * batches
    assert run.record.tasks == many, run.record.tasks
    return [
        Row(f"plugin after {few:,} finished tasks", sizes[0] / 1024, "KiB"),
        Row(f"plugin after {many:,} finished tasks", sizes[-1] / 1024, "KiB"),
        Row("growth between the two", (sizes[-1] - sizes[0]) / 1024, "KiB", BUDGET_KIB),
    ]


def size_of(plugin: Any) -> int:
    """Bytes of everything that the plugin holds, but the scheduler and the event loop that it only refers to."""
    seen: set[int] = set()
    waiting: list[Any] = list(vars(plugin).values())
    total = 0
    while waiting:
        item = waiting.pop()
        foreign = type(item).__module__.startswith(("distributed", "asyncio", "tornado", "uvloop"))
        if id(item) in seen or foreign or isinstance(item, (type, ModuleType)) or callable(item):
            continue
        seen.add(id(item))
        total += sys.getsizeof(item)
        waiting += _inside(item)
    return total


def _inside(item: Any) -> Iterable[Any]:
    if isinstance(item, dict):
        return [*item.keys(), *item.values()]
    if isinstance(item, (list, tuple, set, frozenset)):
        return list(item)
    slots = [getattr(item, name, None) for name in getattr(type(item), "__slots__", ())]
    return [*getattr(item, "__dict__", {}).values(), *slots]
