"""Goal for the next run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from hrlab.model.errors import InvalidRequestError, MalformedError

GoalName: TypeAlias = Literal["finish_within_seconds", "efficiency", "fastest", "core_hours"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A goal; `value` is seconds, an efficiency from 0 to 1, or core hours, and None for ``fastest``."""

    name: GoalName
    value: float | None = None


def goal_from(value: object) -> Goal:
    """Parse a goal like ``{"fastest": true}`` or ``{"finish_within_seconds": 120}``.

    Raises
    ------
    MalformedError
        If it has another form.
    InvalidRequestError
        If the value is out of range.
    """
    known = ("finish_within_seconds", "efficiency", "fastest", "core_hours")
    if not isinstance(value, Mapping) or len(value) != 1 or next(iter(value)) not in known:
        raise MalformedError(f"`goal` must be an object with exactly one of {', '.join(known)}.")
    name, amount = next(iter(value.items()))
    if name == "fastest":
        if amount is not True:
            raise InvalidRequestError("`fastest` must be true.")
        return Goal(name="fastest")
    if not is_number(amount):
        raise InvalidRequestError(f"`{name}` must be a number, not {str(amount)[:40]!r}.")
    if amount <= 0 or (name == "efficiency" and amount > 1) or amount > 1e9:
        allowed = "above 0 and at most 1" if name == "efficiency" else "above 0 and at most 10⁹"
        raise InvalidRequestError(f"`{name}` must be {allowed}, not {amount:.6g}.")
    return Goal(name=name, value=float(amount))


def is_number(value: object) -> bool:
    """Whether it is a finite number in the range of floats."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer of hundreds of digits
        return False
