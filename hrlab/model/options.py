"""Options of a cluster: one declaration for validation, form, dry run and documentation."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from hrlab.model.units import format_bytes
from hrlab.model.wire import OMIT_NONE

OptionType: TypeAlias = Literal["integer", "number", "string", "boolean", "choice", "memory"]
Value: TypeAlias = str | int | float | bool

#: Maximum length of a text: names of images and sites are far shorter.
MAX_TEXT = 500

_FACTORS: dict[str, int] = {
    "": 1,
    "b": 1,
    **{f"{prefix}{unit}": 1000**i for i, prefix in enumerate("kmgtp", 1) for unit in ("", "b")},
    **{f"{prefix}i{unit}": 1024**i for i, prefix in enumerate("kmgtp", 1) for unit in ("", "b")},
}
_AMOUNT = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*")


class OptionError(ValueError):
    """An invalid value of an option; the message says what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One option of a profile.

    Attributes
    ----------
    type
        ``memory`` is an integer number of bytes, in requests also a text such as ``2 GiB``.
    default, minimum, maximum
        In the option's own unit; for ``memory`` bytes.
    choices
        Allowed values of a ``choice``.
    unit
        Shown after the field.
    user_may_set
        Otherwise the default applies, and other values are rejected.
    """

    type: OptionType
    default: Value
    label: str = ""
    help: str = ""
    minimum: float | None = field(default=None, metadata=OMIT_NONE)
    maximum: float | None = field(default=None, metadata=OMIT_NONE)
    choices: tuple[Value, ...] | None = field(default=None, metadata=OMIT_NONE)
    unit: str | None = field(default=None, metadata=OMIT_NONE)
    user_may_set: bool = True

    def check(self, value: object) -> Value:
        """Return `value` converted to the option's type.

        Raises
        ------
        OptionError
            If it has another type, is out of bounds, or not among the choices.
        """
        if self.type == "boolean":
            return _boolean(value)
        if self.type == "choice":
            return self._choice(value)
        if self.type == "string":
            return _text(value)
        number = memory_bytes(value) if self.type == "memory" else self._number(value)
        return self._bounded(number)

    def shown(self, value: float | None) -> str:
        """Return a number of this option with its unit."""
        if value is None:
            return ""
        if self.type == "memory":
            return format_bytes(int(value))
        return f"{value:g} {self.unit}" if self.unit else f"{value:g}"

    def _number(self, value: object) -> int | float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise OptionError(f"must be a number, not {value!r}")
        if not _is_finite(value):
            raise OptionError(f"must be a finite number, not {str(value)[:40]}")
        if self.type == "integer":
            if value != int(value):
                raise OptionError(f"must be a whole number, not {value!r}")
            return int(value)
        return float(value)

    def _bounded(self, value: float) -> int | float:
        low, high = self.minimum, self.maximum
        if (low is not None and value < low) or (high is not None and value > high):
            raise OptionError(f"must be {self._bounds()}, not {self.shown(value)}")
        return value

    def _bounds(self) -> str:
        low, high = self.shown(self.minimum), self.shown(self.maximum)
        if low and high:
            return f"from {low} to {high}"
        return f"at least {low}" if low else f"at most {high}"

    def _choice(self, value: object) -> Value:
        for choice in self.choices or ():
            if value == choice and isinstance(value, bool) == isinstance(choice, bool):
                return choice
        raise OptionError(
            f"must be one of {', '.join(map(str, self.choices or ()))}, not {value!r}"
        )


def memory_bytes(value: object) -> int:
    """Return the bytes of a number or a text such as ``2 GiB``, ``512 MB`` or ``2Gi``.

    Raises
    ------
    OptionError
        If it is not an amount of memory.
    """
    if isinstance(value, str) and (match := _AMOUNT.fullmatch(value)):
        factor = _FACTORS.get(match[2].lower())
        if factor is not None and _is_finite(float(match[1]) * factor):
            return round(float(match[1]) * factor)
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and _is_finite(value):
        return int(value)
    raise OptionError(f"must be an amount of memory such as 2 GiB, not {value!r:.80}")


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer of hundreds of digits
        return False


def _boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise OptionError(f"must be true or false, not {value!r}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise OptionError(f"must be a text, not {value!r}")
    if len(value) > MAX_TEXT or not value.isprintable():
        raise OptionError(f"must be a printable text of at most {MAX_TEXT} characters")
    return value
