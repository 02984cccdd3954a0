"""Parse and validate one profile: its keys, its defaults against its bounds, and its template's placeholders."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, get_args

from hrlab.clusters.profiles.validate import check
from hrlab.model.cluster import ClusterRequest
from hrlab.model.errors import InvalidRecordError
from hrlab.model.options import Option, OptionError, Value, memory_bytes
from hrlab.model.profile import (
    CORES,
    MAXIMUM,
    MEMORY,
    MINIMUM,
    WORKERS,
    Deliver,
    Kind,
    Limits,
    Profile,
)
from hrlab.model.shape import Node
from hrlab.model.suggest import did_you_mean
from hrlab.model.template import places
from hrlab.model.wire import decode
from hrlab.shared.yaml_lines import Place

_CLASS = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
#: Keys of a template by kind, and the required one.
_KEYS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "process": (("class", "arguments"), "class"),
    "address": (("address", "dashboard"), "address"),
}


def problem_of(profile: Profile) -> str:
    """Return what is wrong with the template; empty if it is valid."""
    if profile.kind == "kubernetes":
        from hrlab.clusters.kubernetes import manifest

        return manifest.problem_of(profile)
    known, needed = _KEYS[profile.kind]
    for key in profile.template:
        if key not in known:
            return f"the template has an unknown key `{key}`. {did_you_mean(key, known)}"
    value = profile.template.get(needed)
    if not isinstance(value, str) or not value:
        return f"the template of kind {profile.kind} needs a text `{needed}`"
    if profile.kind == "process":
        if "{" not in value and not _CLASS.fullmatch(value):
            return f"`class` must be the full name of a class, such as distributed.LocalCluster, not {value!r}"
        if not isinstance(profile.template.get("arguments", {}), Mapping):
            return "`arguments` must be a mapping of the class's arguments by name"
    return ""


NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,38}[a-z0-9])?")
OPTION_NAME = re.compile(r"[a-z_][a-z0-9_]{0,39}")
#: Placeholders that a template may use besides options.
GIVEN = frozenset(["cluster_id", "cluster_name", "owner"])
#: Fields that may be text such as ``2 GiB`` for options of type memory.
_AMOUNTS = ("default", "minimum", "maximum")
#: Preset names are button labels.
LONGEST_LABEL = 40


class ProfileError(Exception):
    """Why a profile is invalid, and where in it."""

    def __init__(self, reason: str, place: Place = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place


def read_profile(name: str, value: object) -> Profile:
    """Parse the JSON value `value` as profile `name`.

    Raises
    ------
    ProfileError
        For the first problem found.
    """
    if not NAME.fullmatch(name):
        raise ProfileError(
            "profile names have at most 40 lower-case letters, digits and inner dashes."
        )
    if not isinstance(value, Mapping):
        raise ProfileError("a profile must be a mapping with keys such as `kind` and `template`.")
    _known_keys(value)
    kind = value.get("kind")
    if kind not in get_args(Kind):
        raise ProfileError(f"`kind` must be one of {', '.join(get_args(Kind))}.", ("kind",))
    profile = _decoded({**_with_numbers(value), "name": name}, value)
    profile = dataclasses.replace(profile, label=profile.label or name)
    for option_name, option in profile.options.items():
        _check_option(option_name, option)
    _check_template(profile)
    if problem := problem_of(profile):
        raise ProfileError(f"{problem.rstrip('.')}.", ("template",))
    _check_limits(profile)
    _check_node(profile.node)
    for refusal in check(ClusterRequest(profile=name), profile, ()).refusals:
        raise ProfileError(f"its defaults would be refused: {refusal.message}", ("limits",))
    presets = {label: _preset(label, profile) for label in profile.presets}
    return dataclasses.replace(profile, presets=presets)


def _preset(label: str, profile: Profile) -> dict[str, Value]:
    """Return the validated options of a preset, with memory in bytes."""
    place: Place = ("presets", label)
    if not 0 < len(label.strip()) <= LONGEST_LABEL:
        raise ProfileError(f"a preset's name must have 1 to {LONGEST_LABEL} characters.", place)
    options = profile.presets[label]
    checked = check(ClusterRequest(profile=profile.name, options=options), profile, ())
    for refusal in checked.refusals:
        raise ProfileError(f"preset `{label}` would be refused: {refusal.message}", place)
    return {name: checked.options[name] for name in options}


def _known_keys(value: Mapping[str, Any]) -> None:
    known = [field.name for field in dataclasses.fields(Profile) if field.name != "name"]
    _only(value, known, ())
    for part, kind in (("deliver", Deliver), ("limits", Limits), ("node", Node)):
        if isinstance(value.get(part), Mapping):
            _only(value[part], [field.name for field in dataclasses.fields(kind)], (part,))
    options = value.get("options")
    if isinstance(options, Mapping):
        for name, option in options.items():
            if isinstance(option, Mapping):
                keys = [field.name for field in dataclasses.fields(Option)]
                _only(option, keys, ("options", name))


def _only(value: Mapping[str, Any], known: Collection[str], place: Place) -> None:
    for key in value:
        if key not in known:
            hint = did_you_mean(str(key), known)
            raise ProfileError(f"unknown key `{key}`. {hint}", (*place, key))


def _with_numbers(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return `value` with textual amounts of memory converted to bytes."""
    changed = dict(value)
    options, limits = value.get("options"), value.get("limits")
    if isinstance(options, Mapping):
        changed["options"] = {
            name: _amounts(option, _AMOUNTS, ("options", name))
            if isinstance(option, Mapping) and option.get("type") == "memory"
            else option
            for name, option in options.items()
        }
    if isinstance(limits, Mapping):
        changed["limits"] = _amounts(limits, ("memory_bytes",), ("limits",))
    if isinstance(value.get("node"), Mapping):
        changed["node"] = _amounts(value["node"], ("memory_bytes",), ("node",))
    return changed


def _amounts(value: Mapping[str, Any], keys: Collection[str], place: Place) -> dict[str, Any]:
    changed = dict(value)
    for key in keys:
        if isinstance(value.get(key), str):
            try:
                changed[key] = memory_bytes(value[key])
            except OptionError as error:
                raise ProfileError(f"`{key}` {error}.", (*place, key)) from error
    return changed


def _decoded(value: Mapping[str, Any], original: Mapping[str, Any]) -> Profile:
    try:
        return decode(Profile, value, "")
    except InvalidRecordError as error:
        path = str(error.detail.get("path", ""))
        place = next((place for place, text in _paths(original) if text == path), ())
        message = error.message.strip().removeprefix(path).strip()
        raise ProfileError(f"`{path.lstrip('.') or 'profile'}` {message}", place) from error


def _paths(value: Any, place: Place = (), text: str = "") -> Iterator[tuple[Place, str]]:
    """Yield each part of `value` with its path in the notation of :mod:`hrlab.model.wire`."""
    yield place, text
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _paths(item, (*place, key), f"{text}.{key}")
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from _paths(item, (*place, i), f"{text}[{i}]")


def _check_option(name: str, option: Option) -> None:
    place: Place = ("options", name)
    if not OPTION_NAME.fullmatch(name):
        raise ProfileError(
            f"option `{name}` must be named with lower-case letters, digits and underscores.", place
        )
    if name in GIVEN:
        raise ProfileError(f"`{name}` is set by hrlab and cannot be an option.", place)
    if option.type == "choice" and not option.choices:
        raise ProfileError(f"option `{name}` of type choice needs `choices`.", place)
    if (
        option.minimum is not None
        and option.maximum is not None
        and option.minimum > option.maximum
    ):
        raise ProfileError(f"option `{name}` has a minimum above its maximum.", (*place, "minimum"))
    if name in (WORKERS, MINIMUM, MAXIMUM) and option.type != "integer":
        raise ProfileError(f"option `{name}` must be of type integer.", (*place, "type"))
    if name == CORES and option.type not in ("integer", "number"):
        raise ProfileError("option `cores` must be of type integer or number.", (*place, "type"))
    if name == MEMORY and option.type != "memory":
        raise ProfileError("option `memory` must be of type memory.", (*place, "type"))
    try:
        option.check(option.default)
    except OptionError as error:
        raise ProfileError(
            f"the default of option `{name}` {error}.", (*place, "default")
        ) from error


def _check_template(profile: Profile) -> None:
    given = {*profile.options, *GIVEN}
    if "published_ports" in profile.template:
        given.add("port")  # chosen from them by hrlab
    for place in sorted(places(profile.template)):
        if place not in given:
            hint = did_you_mean(place, given)
            raise ProfileError(
                f"the template uses `{{{place}}}`, but there is no such option. {hint}",
                _place_of(place, profile.template, ("template",)),
            )


def _place_of(name: str, template: Any, place: Place) -> Place:
    """Return the path of a placeholder in the template."""
    parts: Iterator[tuple[str | int, Any]] = iter(())
    if isinstance(template, Mapping):
        parts = iter(template.items())
    elif isinstance(template, (list, tuple)):
        parts = iter(enumerate(template))
    for key, item in parts:
        if name in places(item):
            return _place_of(name, item, (*place, key))
    return place


def _check_limits(profile: Profile) -> None:
    sized = {WORKERS, MAXIMUM} & set(profile.options)
    limits, place = profile.limits, "limits"
    if limits.workers is not None and not sized:
        raise ProfileError("a limit of workers needs an option `workers`.", (place, "workers"))
    if limits.cores is not None and not (sized and CORES in profile.options):
        raise ProfileError(
            "a limit of cores needs the options `workers` and `cores` (cores of each worker; "
            "`user_may_set: false` if they are fixed).",
            (place, "cores"),
        )
    if limits.memory_bytes is not None and not (sized and MEMORY in profile.options):
        raise ProfileError(
            "a limit of memory needs the options `workers` and `memory` (memory of each worker; "
            "`user_may_set: false` if it is fixed).",
            (place, "memory_bytes"),
        )


def _check_node(node: Node | None) -> None:
    if node is None:
        return
    for name, value in (("cores", node.cores), ("memory_bytes", node.memory_bytes)):
        if value <= 0:
            raise ProfileError(
                f"`{name}` of a node must be above 0, not {value:g}.", ("node", name)
            )
    if node.count is not None and node.count < 1:
        raise ProfileError(
            f"`count` of nodes must be at least 1, not {node.count}.", ("node", "count")
        )
