"""Label and field selectors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.kube.bed.failure import ApiError
from tests.kube.bed.resources import Resource
from tests.kube.bed.tree import dig

Match = Callable[[Mapping[str, Any]], bool]

_ALWAYS = frozenset({"metadata.name", "metadata.namespace"})
_FIELDS = {
    "pods": _ALWAYS | {"spec.nodeName", "spec.restartPolicy", "status.phase", "status.podIP"},
    "events": _ALWAYS | {"involvedObject.kind", "involvedObject.name", "reason", "type"},
    "nodes": frozenset({"metadata.name", "spec.unschedulable"}),
    "namespaces": frozenset({"metadata.name", "status.phase"}),
}


def label_matcher(text: str | None) -> Match:
    """Whether an object has the labels that `text` asks for."""
    tests = [_label_test(part.strip()) for part in re.split(r",(?![^(]*\))", text or "") if part]

    def match(item: Mapping[str, Any]) -> bool:
        labels = item["metadata"].get("labels") or {}
        return all(test(labels) for test in tests)

    return match


def _label_test(part: str) -> Match:
    if found := re.fullmatch(r"(\S+)\s+(in|notin)\s+\(([^)]*)\)", part):
        key, wanted = found[1], {value.strip() for value in found[3].split(",")}
        inside = found[2] == "in"
        return lambda labels: (labels.get(key) in wanted) == inside
    if found := re.fullmatch(r"([^!=]+)(==|!=|=)(.*)", part):
        key, value, same = found[1].strip(), found[3].strip(), found[2] != "!="
        return lambda labels: (labels.get(key) == value) == same
    if part.startswith("!"):
        return lambda labels: part[1:].strip() not in labels
    return lambda labels: part in labels


def field_matcher(resource: Resource, text: str | None) -> Match:
    """Whether an object has the fields that `text` asks for."""
    wanted = []
    for part in filter(None, (text or "").split(",")):
        found = re.fullmatch(r"([^!=]+)(==|!=|=)(.*)", part)
        if not found:
            raise ApiError(400, "BadRequest", f"invalid field selector {part!r}")
        if found[1] not in _FIELDS.get(resource.plural, _ALWAYS):
            raise ApiError(400, "BadRequest", f"field label not supported: {found[1]}")
        wanted.append((found[1], found[3], found[2] != "!="))
    return lambda item: all((str(dig(item, k, "")) == v) == same for k, v, same in wanted)
