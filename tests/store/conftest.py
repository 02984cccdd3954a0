"""A store of the test's own, with a clock and processes that the test moves."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from hrlab.store.connection import Connection
from hrlab.store.process import Process
from hrlab.store.sqlite import RunStore

LXPLUS = Process("lxplus", 7, "boot 1")


@dataclass
class World:
    """What the store believes of time and processes."""

    now: float = 1_790_000_000.0
    here: Process = LXPLUS
    gone: dict[Process, bool | None] = field(default_factory=dict)

    def is_gone(self, process: Process) -> bool | None:
        return self.gone.get(process, False)


@pytest.fixture
def world():
    return World()


@pytest.fixture
def open_store(store_of_the_test, world):
    """Opens the store once more, as another process would."""
    opened = []

    def open_(timeout_seconds: float = 0.2, **arguments) -> RunStore:
        connection = Connection(store_of_the_test, timeout_seconds, **arguments)
        opened.append(
            RunStore(
                connection,
                clock=lambda: world.now,
                process=lambda: world.here,
                is_gone=world.is_gone,
            )
        )
        return opened[-1]

    yield open_
    for store in opened:
        store.close()


@pytest.fixture
def store(open_store):
    return open_store()
