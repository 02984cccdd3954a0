"""Persistent position of the delivery of a store's runs.

The store is the queue: every change of a run has a number there, in order, and changes after the position are pending.
So
the queue needs no copy, is at most as large as the store, and is as durable as the store.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from hrlab.shared.files import replace_file

#: Number of most recent rejections kept for display.
MOST_REFUSALS = 100


@dataclass(frozen=True, slots=True)
class Refusal:
    """A run that the server permanently rejected: when (seconds since 1970, UTC), why, and the run's name."""

    run_id: str
    at: float
    message: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Position:
    """All changes up to number `seq` have been delivered or rejected.

    Attributes
    ----------
    delivered, refused
        Number of runs so far; a run that changed later counts again.
    refusals
        The most recent rejections.
    """

    seq: int
    delivered: int = 0
    refused: int = 0
    refusals: tuple[Refusal, ...] = ()

    def passed(self, seq: int, runs: int) -> Position:
        """Return the position after the delivery of `runs` more."""
        return replace(self, seq=seq, delivered=self.delivered + runs)

    def without(self, seq: int, refusal: Refusal) -> Position:
        """Return the position after a rejected run."""
        refusals = (*self.refusals, refusal)[-MOST_REFUSALS:]
        return replace(self, seq=seq, refused=self.refused + 1, refusals=refusals)


def position_path(store: Path) -> Path:
    """Return the path of a store's position, beside the store."""
    return store.with_name(f"{store.name}.delivered.json")


def load(path: Path) -> Position | None:
    """Return the saved position, or None if there is none; an unreadable one counts as the very beginning.

    Repeated delivery changes nothing; skipping runs would lose them.
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
    """Save the position atomically: after a crash, either the old or the new one exists."""
    replace_file(path, json.dumps(asdict(position)), durable=True)
