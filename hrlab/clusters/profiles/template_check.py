"""Whether the template of a profile is one that its kind understands, as far as can be told without making anything."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hrlab.model.profile import Profile
from hrlab.model.suggest import did_you_mean

_CLASS = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
#: Keys of a template, and which of them there must be.
_KEYS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "process": (("class", "arguments"), "class"),
    "address": (("address", "dashboard"), "address"),
}


def problem_of(profile: Profile) -> str:
    """What is wrong with the template; empty if nothing is."""
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
