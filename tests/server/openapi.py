"""The OpenAPI file, and its schemas as validators take them."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import yaml

import hrlab.server

DOCUMENT = yaml.safe_load((Path(hrlab.server.__file__).parent / "openapi.yaml").read_text("utf-8"))


def schema_of(path: str, verb: str, status: int) -> dict | None:
    response = DOCUMENT["paths"][path][verb.lower()]["responses"][str(status)]
    if "$ref" in response:
        response = DOCUMENT["components"]["responses"][response["$ref"].rpartition("/")[2]]
    content = response.get("content")
    if content is None:
        return None
    return {**content["application/json"]["schema"], "components": DOCUMENT["components"]}


def schema(name: str) -> dict:
    return {**DOCUMENT["components"]["schemas"][name], "components": DOCUMENT["components"]}


def is_a(name: str, value: object) -> None:
    jsonschema.Draft202012Validator(schema(name)).validate(value)
