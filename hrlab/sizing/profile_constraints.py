"""Constraints on cluster sizes from the user's profiles and the current quotas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hrlab.clusters.profiles.load import Profiles
from hrlab.model.errors import NotFoundError
from hrlab.model.options import Value
from hrlab.model.profile import Profile
from hrlab.model.quota import Remaining, ResourceRequest
from hrlab.model.shape import Shape
from hrlab.model.suggest import did_you_mean
from hrlab.sizing.constraints import any_shape, shape_of
from hrlab.sizing.service import ShapeOf


def shapes(
    profiles: Profiles,
    asks: Callable[[Profile, Mapping[str, Value]], ResourceRequest],
    left: Callable[[str], Remaining],
) -> ShapeOf:
    """Return a function that returns the shape for a profile and options.

    Parameters
    ----------
    asks
        Returns the resources requested by a cluster of a profile and options.
    left
        Returns the remaining quota for a profile, as far as currently known.
    """

    def shape(name: str | None, options: Mapping[str, Any]) -> Shape:
        if name is None:
            return any_shape(None, options)
        profile = profiles.usable.get(name)
        if profile is None:
            hint = did_you_mean(name[:80], profiles.usable) if profiles.usable else ""
            raise NotFoundError(f"There is no profile {name[:80]!r}. {hint}".strip())
        return shape_of(profile, options, left(name), asks)

    return shape
