"""Values that a schema of the OpenAPI file describes, nearly describes, or does not."""

from __future__ import annotations

import math
from typing import Any

from hypothesis import strategies as st

from tests.server.openapi import DOCUMENT

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-3, max_value=300),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["", "zee", "here", "2 GiB", "-1 GiB", "1e999", "NaN", "\ud800", "0" * 32]),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def near(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a schema, with now and then something else in any place."""
    described = _described(_resolved(schema))
    return st.integers(0, 11).flatmap(lambda n: ANYTHING if n == 0 else described)


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def _described(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    for key in ("oneOf", "anyOf"):
        if key in schema:
            return st.one_of([near(one) for one in schema[key]])
    kinds = schema.get("type", "string")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return st.one_of([_of_type(kind, schema) for kind in kinds])


def _of_type(kind: str, schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if kind == "object":
        return _object(schema)
    if kind == "array":
        return st.lists(near(schema.get("items", {})), max_size=4)
    if kind in ("integer", "number"):
        low = math.ceil(schema.get("minimum", schema.get("exclusiveMinimum", -5)))
        high = math.floor(min(schema.get("maximum", 300), 10**9))
        whole = st.integers(min_value=low, max_value=high)
        return whole if kind == "integer" else whole | st.floats(min_value=low, max_value=high)
    plain = {"boolean": st.booleans(), "null": st.none()}
    return plain.get(kind, st.text(max_size=12) | st.sampled_from(["zee", "here", "run 1"]))


def _object(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    properties = {name: near(one) for name, one in schema.get("properties", {}).items()}
    required = {name: properties[name] for name in schema.get("required", ()) if name in properties}
    optional = {name: one for name, one in properties.items() if name not in required}
    if optional and schema.get("maxProperties") == 1:
        return st.one_of([st.fixed_dictionaries({name: one}) for name, one in optional.items()])
    if not properties:
        names = st.sampled_from(["workers", "cores", "memory", "minimum", "image", "events"])
        return st.dictionaries(
            names | st.text(max_size=5),
            near(schema["additionalProperties"])
            if isinstance(schema.get("additionalProperties"), dict)
            else ANYTHING,
            max_size=3,
        )
    return st.fixed_dictionaries(required, optional=optional)
