"""A kernel that writes runs until it is killed: ``python -m tests.store.writer STORE FIRST COUNT``.

Prints the number of each run when the store has said that it is kept.
"""

from __future__ import annotations

import sys

from hrlab.store.sqlite import RunStore
from tests.store.making import begun, run, run_id


def main(path: str, first: int, count: int) -> None:
    store = RunStore.open(path, timeout_seconds=30)
    print("ready", flush=True)
    for number in range(first, first + count):
        store.start(begun(number))
        store.beat(run_id(number), 1.0)
        store.finish(run(number, note="x" * 500))
        print(number, flush=True)
    store.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
