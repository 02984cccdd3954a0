"""Load the profiles of a site: for which groups they are, and which are invalid."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrlab.clusters.profiles.parse import ProfileError, read_profile
from hrlab.model.errors import HrlabError, MalformedError
from hrlab.model.profile import BrokenProfile, Profile
from hrlab.model.suggest import did_you_mean
from hrlab.shared.yaml_lines import Located, read_yaml

TRAIT = "HRLab.profiles"
#: Top-level keys of the file.
KEYS = ("profiles", "quotas")


@dataclass(frozen=True, slots=True)
class Profiles:
    """Valid profiles by name, and the invalid ones."""

    usable: Mapping[str, Profile]
    broken: tuple[BrokenProfile, ...] = ()

    def of(self, groups: Collection[str]) -> Profiles:
        """Return the profiles available to a user of `groups`."""
        usable = {
            name: profile
            for name, profile in self.usable.items()
            if profile.groups is None or not set(profile.groups).isdisjoint(groups)
        }
        return Profiles(usable, self.broken)


def load_profiles(
    configured: Mapping[str, Any], file: Path | None, default: Mapping[str, Any]
) -> Profiles:
    """Load the profiles of a site.

    Parameters
    ----------
    configured
        Value of the trait: profiles by name. They win over those of `file`.
    file
        YAML file with a mapping ``profiles``.
    default
        Profiles to use if neither is given.
    """
    usable: dict[str, Profile] = {}
    broken: list[BrokenProfile] = []
    if file is not None:
        try:
            _read_all(_profiles_of(read_yaml(file)), usable, broken, ("profiles",))
        except HrlabError as error:
            broken.append(BrokenProfile(name=file.name, reason=error.message))
    for name in configured:
        usable.pop(name, None)
        broken = [item for item in broken if item.name != name]
    _read_all(Located(configured, TRAIT), usable, broken, ())
    if not configured and file is None:
        _read_all(Located(default, "hrlab"), usable, broken, ())
    return Profiles(usable, tuple(broken))


def _profiles_of(found: Located) -> Located:
    if not isinstance(found.value, Mapping):
        raise MalformedError(f"{found.where(())}: must be a mapping with the key `profiles`.")
    for key in found.value:
        if key not in KEYS:
            hint = did_you_mean(str(key), KEYS)
            raise MalformedError(f"{found.where((key,))}: unknown key `{key}`. {hint}")
    value = found.value.get("profiles", {}) or {}
    if not isinstance(value, Mapping):
        raise MalformedError(
            f"{found.where(('profiles',))}: `profiles` must be a mapping of profiles by name."
        )
    return Located(value, found.source, found.lines)


def _read_all(
    found: Located,
    usable: dict[str, Profile],
    broken: list[BrokenProfile],
    place: tuple[str | int, ...],
) -> None:
    for name, value in found.value.items():
        profile = _read(found, str(name), value, place)
        if isinstance(profile, Profile):
            usable[profile.name] = profile
        else:
            broken.append(profile)


def _read(
    found: Located, name: str, value: object, place: tuple[str | int, ...]
) -> Profile | BrokenProfile:
    try:
        return read_profile(name, value)
    except ProfileError as error:
        where = found.where((*place, name, *error.place))
        if not found.lines:
            where = ".".join(map(str, (where, name, *error.place)))
        return BrokenProfile(name=name, reason=f"{where}: {error.reason}")
