"""Looking into and changing nested objects: paths and the patches of Kubernetes."""

from __future__ import annotations

import copy
from typing import Any

import jsonpatch

from tests.kube.bed.failure import ApiError

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"


def dig(tree: Any, path: str, default: Any = None) -> Any:
    """What is at ``a.b.c``."""
    for part in path.split("."):
        if not isinstance(tree, dict) or part not in tree:
            return default
        tree = tree[part]
    return tree


def put(tree: dict[str, Any], path: str, value: Any) -> None:
    """Set what is at ``a.b.c``."""
    *head, last = path.split(".")
    for part in head:
        tree = tree.setdefault(part, {})
    tree[last] = value


def merged(target: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    out = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = merged(out.get(key), value)
    return out


def strategic(target: Any, patch: Any) -> Any:
    """A merge patch that merges lists of named things by their names."""
    named = isinstance(patch, list) and all(isinstance(i, dict) and "name" in i for i in patch)
    if named and patch and isinstance(target, list):
        by_name = {item["name"]: item for item in target if isinstance(item, dict)}
        for item in patch:
            by_name[item["name"]] = strategic(by_name.get(item["name"], {}), item)
        return list(by_name.values())
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    out = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        elif not key.startswith("$"):
            out[key] = strategic(out.get(key), value)
    return out


def patched(tree: dict[str, Any], patch: Any, content_type: str, *, is_custom: bool) -> Any:
    """`tree` after a patch of that type; a new object."""
    if content_type == JSON_PATCH:
        try:
            return jsonpatch.apply_patch(tree, patch)
        except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
            message = f"the server rejected our request due to an error in our request: {error}"
            raise ApiError(422, "Invalid", message) from None
    if content_type == MERGE_PATCH:
        return copy.deepcopy(merged(tree, patch))
    if content_type == STRATEGIC_PATCH and not is_custom:
        return copy.deepcopy(strategic(tree, patch))
    raise ApiError(
        415,
        "UnsupportedMediaType",
        f"the body of the request was in an unknown format - accepted media types include: {JSON_PATCH}, {MERGE_PATCH}",
    )
