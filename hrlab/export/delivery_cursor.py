"""How far the runs of a store have been delivered, on disk.

The store is the queue: every change of a run has a number there, in order, and what lies after the position waits. So the
queue needs no copy of anything, is as large as the store at most, and survives whatever the store survives.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from hrlab.shared.files import replace_file

#: Refusals that are kept to be shown, the newest.
MOST_REFUSALS = 100


@dataclass(frozen=True, slots=True)
class Refusal:
    """A run that the server will never take, when it said so (UTC epoch seconds), why, and what it was called then."""

    run_id: str
    at: float
    message: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """Everything up to change number `seq` has been delivered or refused.

    Attributes
    ----------
    delivered, refused
        How many runs so far; a run that changed later counts again.
    refusals
        The newest of those refused.
    """

    seq: int
    delivered: int = 0
    refused: int = 0
    refusals: tuple[Refusal, ...] = ()

    def passed(self, seq: int, runs: int) -> Position:
        """After `runs` more have been delivered."""
        return replace(self, seq=seq, delivered=self.delivered + runs)

    def without(self, seq: int, refusal: Refusal) -> Position:
        """After a run has been refused."""
        refusals = (*self.refusals, refusal)[-MOST_REFUSALS:]
        return replace(self, seq=seq, refused=self.refused + 1, refusals=refusals)


def position_path(store: Path) -> Path:
    """Where the position of a store is kept: beside it."""
    return store.with_name(f"{store.name}.delivered.json")


def load(path: Path) -> Position | None:
    """The position that was kept, None if there is none; one that can't be read is the very beginning.

    Delivering again what has been delivered changes nothing; leaving something out would lose it.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return _position(found)
    except FileNotFoundError:
        return None
    except (AttributeError, KeyError, OverflowError, RecursionError, TypeError, ValueError):
        return Position(0)


def _position(found: Mapping[str, Any]) -> Position:
    refusals = tuple(Refusal(**one) for one in found.get("refusals", ()))
    return Position(int(found["seq"]), int(found["delivered"]), int(found["refused"]), refusals)


def save(path: Path, position: Position) -> None:
    """Keep the position; after a crash either the old one is there or the new one."""
    replace_file(path, json.dumps(asdict(position)), durable=True)
