"""Converts records to and from JSON values, using the annotations of their dataclasses.

One declaration serves Python, validation and the wire format. Unknown fields are ignored, because fields may be added
within a schema version; a missing or mistyped one raises an :class:`InvalidRecordError` that names its path.
"""

from __future__ import annotations

import dataclasses
import reprlib
import sys
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from hrlab.model.errors import InvalidRecordError

T = TypeVar("T")

#: Records may come from anywhere: keep quoted values in messages short.
_SHORT = reprlib.Repr()
_SHORT.maxstring = 80
_LARGEST = sys.float_info.max
#: Largest integer in SQLite and most languages.
_LARGEST_WHOLE = 2**63 - 1

_NAMES = {float: "a number", int: "a whole number", str: "a text", bool: "true or false"}

#: Field metadata: omit the key if the value is None (``name?`` in the wire format).
OMIT_NONE: Mapping[str, Any] = types.MappingProxyType({"omit_none": True})


def encode(value: object) -> Any:
    """Return the JSON value (dict, list, str, number, bool, None) of a record or of any part of one."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: encode(item)
            for field in dataclasses.fields(value)
            if (item := getattr(value, field.name)) is not None
            or not field.metadata.get("omit_none")
        }
    if isinstance(value, Mapping):
        return {str(key): encode(item) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [encode(item) for item in value]
    return value


def decode(kind: type[T], value: object, path: str = "record") -> T:
    """Return the record of type `kind` described by JSON value `value`.

    Raises
    ------
    InvalidRecordError
        If a field is missing or has another type; the message names its path.
    """
    if not isinstance(value, Mapping):
        raise _mismatch(path, "an object", value)
    declared: Any = kind
    hints = _hints(declared)
    arguments = {}
    for field in dataclasses.fields(declared):
        if field.name in value:
            arguments[field.name] = _decode(
                hints[field.name], value[field.name], f"{path}.{field.name}"
            )
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise InvalidRecordError(
                f"{path} has no field {field.name!r}.", path=path, field=field.name
            )
    return kind(**arguments)


def decode_known(kind: type, value: object, path: str) -> tuple[dict[str, Any], str]:
    """Return the valid fields of `value` for type `kind`, as JSON values, and a description of the invalid ones.

    For objects that are shown as broken rather than rejected; the text is empty if all fields are valid.
    """
    if not isinstance(value, Mapping):
        return {}, _mismatch(path, "an object", value).message
    known: dict[str, Any] = {}
    wrong = []
    hints = _hints(kind)
    for field in dataclasses.fields(kind):
        if field.name in value:
            try:
                here = f"{path}.{field.name}"
                known[field.name] = encode(_decode(hints[field.name], value[field.name], here))
            except InvalidRecordError as error:
                wrong.append(error.message)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            wrong.append(f"{path} has no field {field.name!r}.")
    return known, wrong[0] if wrong else ""


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _decode(hint: Any, value: object, path: str) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _decode_union(hint, value, path)
    if origin is Literal:
        if value not in get_args(hint):
            raise _mismatch(path, f"one of {', '.join(map(repr, get_args(hint)))}", value)
        return value
    if origin is tuple:
        return _decode_tuple(get_args(hint), value, path)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise _mismatch(path, "an object", value)
        return {
            str(key): _decode(get_args(hint)[1], item, f"{path}.{_SHORT.repr(str(key))[1:-1]}")
            for key, item in value.items()
        }
    if dataclasses.is_dataclass(hint):
        return decode(hint, value, path)  # type: ignore[arg-type]
    return _decode_scalar(hint, value, path)


def _decode_union(hint: Any, value: object, path: str) -> Any:
    kinds = [kind for kind in get_args(hint) if kind is not type(None)]
    if value is None and len(kinds) < len(get_args(hint)):
        return None
    if len(kinds) == 1:
        return _decode(kinds[0], value, path)
    if type(value) not in kinds:
        names = [_NAMES.get(kind, kind.__name__) for kind in kinds]
        raise _mismatch(path, f"{', '.join(names[:-1])} or {names[-1]}", value)
    return _decode(type(value), value, path)


def _decode_tuple(kinds: tuple[Any, ...], value: object, path: str) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise _mismatch(path, "a list", value)
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_decode(kinds[0], item, f"{path}[{i}]") for i, item in enumerate(value))
    if len(value) != len(kinds):
        raise _mismatch(path, f"a list of {len(kinds)}", value)
    return tuple(
        _decode(kind, item, f"{path}[{i}]")
        for i, (kind, item) in enumerate(zip(kinds, value, strict=True))
    )


def _decode_scalar(hint: Any, value: object, path: str) -> Any:
    if hint is Any:
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if hint is float:
            return _finite(value, path)
        if hint is int:
            return _whole(value, path)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise _mismatch(path, _NAMES.get(hint, hint.__name__), value)
    return value


def _finite(value: float, path: str) -> float:
    # Compared before conversion: a JSON integer may have thousands of digits.
    if not -_LARGEST <= value <= _LARGEST:
        raise _mismatch(path, "a finite number", value)
    return float(value)


def _whole(value: Any, path: str) -> int:
    if isinstance(value, float) and not value.is_integer():
        raise _mismatch(path, "a whole number", value)
    if not -_LARGEST_WHOLE <= value <= _LARGEST_WHOLE:
        raise _mismatch(path, "a whole number of at most 63 bits", value)
    return int(value)


def _mismatch(path: str, expected: str, value: object) -> InvalidRecordError:
    shown = _SHORT.repr(value)
    shown = shown if len(shown) <= 80 else shown[:77] + "..."
    return InvalidRecordError(f"{path} must be {expected}, not {shown}.", path=path)
