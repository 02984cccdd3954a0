"""Structural schemas of custom resources: prune, default and check, as apiextensions-apiserver does."""

from __future__ import annotations

import copy
import json
from typing import Any

_TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}
_NAMES = {
    dict: "object",
    list: "array",
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
}


def conformed(schema: dict[str, Any], value: Any, path: str, errors: list[str]) -> Any:
    """`value` pruned and defaulted; what is wrong with it is appended to `errors`."""
    kind = schema.get("type")
    if schema.get("x-kubernetes-int-or-string"):
        if not isinstance(value, (int, str)) or isinstance(value, bool):
            errors.append(f"{path}: Invalid value: must be an integer or a string")
        return value
    if kind and not _is(value, kind):
        errors.append(_mistyped(value, kind, path))
        return value
    if "enum" in schema and value not in schema["enum"]:
        errors.append(f"{path}: Unsupported value: {value!r}")
    if kind == "array" and "items" in schema:
        return [
            conformed(schema["items"], item, f"{path}[{index}]", errors)
            for index, item in enumerate(value)
        ]
    return _object(schema, value, path, errors) if kind == "object" else value


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind])


def _mistyped(value: Any, kind: str, path: str) -> str:
    got = _NAMES.get(type(value), "?")
    shown = "null" if value is None else json.dumps(got)
    return f'{path}: Invalid value: {shown}: {path} in body must be of type {kind}: "{got}"'


def _object(schema: dict[str, Any], value: Any, path: str, errors: list[str]) -> dict[str, Any]:
    properties = schema.get("properties") or {}
    extra = schema.get("additionalProperties")
    keeps = extra is True or schema.get("x-kubernetes-preserve-unknown-fields")
    out = {}
    for key, item in value.items():
        inner = f"{path}.{key}" if path else key
        if key in properties:
            if item is not None or properties[key].get("nullable"):
                out[key] = conformed(properties[key], item, inner, errors)
        elif isinstance(extra, dict):
            out[key] = conformed(extra, item, inner, errors)
        elif keeps:
            out[key] = item
    for key, inner_schema in properties.items():
        if key not in out and "default" in inner_schema:
            out[key] = copy.deepcopy(inner_schema["default"])
    errors.extend(
        f"{path}.{key}: Required value" if path else f"{key}: Required value"
        for key in schema.get("required", ())
        if key not in out
    )
    return out
