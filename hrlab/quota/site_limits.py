"""Limits declared in the site's configuration: loading and validation."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrlab.clusters.profiles.parse import NAME
from hrlab.model.errors import HrlabError, InvalidRecordError
from hrlab.model.options import OptionError, memory_bytes
from hrlab.model.profile import Profile
from hrlab.model.site_limit import RESOURCES, SiteLimit, mark
from hrlab.model.suggest import did_you_mean
from hrlab.model.wire import decode
from hrlab.shared.yaml_lines import Located, Place, read_yaml

TRAIT = "HRLab.quotas"
_KEYS = tuple(field.name for field in dataclasses.fields(SiteLimit) if field.name != "name")


@dataclass(frozen=True, slots=True)
class SiteLimits:
    """Valid limits, and one sentence with its location for each invalid one."""

    usable: tuple[SiteLimit, ...]
    broken: tuple[str, ...] = ()

    def marks(self, profile: str) -> tuple[str, ...]:
        """Return the marks of the shared group limits that apply to clusters of `profile`."""
        return tuple(
            mark(limit.name)
            for limit in self.usable
            if limit.scope == "group" and profile in (limit.profiles or ())
        )

    def of(self, user: str, groups: Collection[str]) -> SiteLimits:
        """Return the limits that apply to `user`."""
        return SiteLimits(
            tuple(limit for limit in self.usable if limit.is_for(user, groups)), self.broken
        )


class _LimitError(Exception):
    def __init__(self, reason: str, place: Place = ()) -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place


def load_limits(
    configured: Mapping[str, Any], file: Path | None, profiles: Mapping[str, Profile]
) -> SiteLimits:
    """Load the limits of a site.

    Parameters
    ----------
    configured
        Value of the trait: limits by name. They win over those of `file`.
    file
        YAML file with a mapping ``quotas`` beside ``profiles``.
    profiles
        All profiles of the site, by name.
    """
    found: list[tuple[Located, Place, str, object]] = []
    broken: list[str] = []
    if file is not None:
        try:
            read = read_yaml(file)
        except HrlabError:
            read = Located({}, file.name)  # reported by the profile loader
        limits = read.value.get("quotas") if isinstance(read.value, Mapping) else None
        if limits is not None and not isinstance(limits, Mapping):
            broken.append(
                f"{read.where(('quotas',))}: `quotas` must be a mapping of limits by name."
            )
        elif limits:
            found += [
                (read, ("quotas", name), name, value)
                for name, value in limits.items()
                if name not in configured
            ]
    trait = Located(configured, TRAIT)
    found += [(trait, (str(name),), str(name), value) for name, value in configured.items()]
    results = [_tried(*one, profiles) for one in found]
    return SiteLimits(
        tuple(one for one in results if isinstance(one, SiteLimit)),
        (*broken, *(one for one in results if isinstance(one, str))),
    )


def _tried(
    where: Located, place: Place, name: str, value: object, profiles: Mapping[str, Profile]
) -> SiteLimit | str:
    try:
        return _read(name, value, profiles)
    except _LimitError as error:
        return f"{_where(where, (*place, *error.place))}: {error.reason}"


def _where(found: Located, place: Place) -> str:
    return found.where(place) if found.lines else ".".join(map(str, (found.source, *place)))


def _read(name: str, value: object, profiles: Mapping[str, Profile]) -> SiteLimit:
    if not NAME.fullmatch(name):
        raise _LimitError("limit names have at most 40 lower-case letters, digits and dashes.")
    if not isinstance(value, Mapping):
        raise _LimitError("a limit must be a mapping with keys such as `cores` and `groups`.")
    for key in value:
        if key not in _KEYS:
            hint = did_you_mean(str(key), _KEYS)
            raise _LimitError(f"unknown key `{key}`. {hint}", (key,))
    limit = _decoded(name, value)
    _check(limit, profiles)
    return limit


def _decoded(name: str, value: Mapping[str, Any]) -> SiteLimit:
    numbers = dict(value)
    if isinstance(value.get("memory_bytes"), str):
        try:
            numbers["memory_bytes"] = memory_bytes(value["memory_bytes"])
        except OptionError as error:
            raise _LimitError(f"`memory_bytes` {error}.", ("memory_bytes",)) from error
    try:
        return decode(SiteLimit, {**numbers, "name": name}, "")
    except InvalidRecordError as error:
        path = str(error.detail.get("path", ""))
        said = error.message.removeprefix(path).strip()
        key = path.lstrip(".").partition("[")[0]
        raise _LimitError(f"`{path.lstrip('.')}` {said}", (key,)) from error


def _check(limit: SiteLimit, profiles: Mapping[str, Profile]) -> None:
    amounts = limit.amounts
    if not amounts:
        raise _LimitError(f"a limit needs at least one of {', '.join(RESOURCES)}.")
    for key, resource in RESOURCES.items():
        if amounts.get(resource, 0) < 0:
            raise _LimitError(f"`{key}` must be at least 0.", (key,))
    if limit.days < 1:
        raise _LimitError("`days` must be at least 1.", ("days",))
    for i, profile in enumerate(limit.profiles or ()):
        if profile not in profiles:
            hint = did_you_mean(profile, profiles)
            raise _LimitError(f"unknown profile `{profile}`. {hint}", ("profiles", i))
    if limit.together:
        _check_common(limit, profiles)


def _check_common(limit: SiteLimit, profiles: Mapping[str, Profile]) -> None:
    if limit.hours is not None:
        raise _LimitError(
            "`hours` are counted per user, so `together` cannot apply to them.", ("hours",)
        )
    kinds = {profiles[name].kind for name in limit.profiles or ()}
    if kinds != {"kubernetes"}:
        raise _LimitError(
            "`together` needs `profiles`, all of kind kubernetes: other users' usage of other kinds "
            "is not visible to this server.",
            ("together",),
        )
