"""What a profile lets one ask for, as sizing needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hrlab.model.errors import InvalidRequestError, NotFoundError
from hrlab.model.options import Option, OptionError
from hrlab.model.profile import CORES, MEMORY, WORKERS, Profile
from hrlab.model.sizing import Shape

#: Without a profile: workers of one core, as many as anybody at the facility has had.
ANY = Shape(cores=1, workers_maximum=128)


def any_shape(profile: str | None, options: Mapping[str, Any]) -> Shape:
    """The shape where there are no profiles."""
    del options
    if profile is not None:
        raise NotFoundError(f"There is no profile {profile[:80]!r}: none is configured.")
    return ANY


def shape_of(profile: Profile | None, options: Mapping[str, Any]) -> Shape:
    """Cores and memory of a worker of `profile` with these `options`, and how many workers it lets one have.

    Raises
    ------
    InvalidRequestError
        If an option does not take its value.
    """
    if profile is None:
        return ANY
    values = {name: _value(profile, name, options) for name in (CORES, MEMORY)}
    cores, memory = max(1, int(values[CORES] or 1)), int(values[MEMORY] or 0)
    limits = profile.limits
    most = [
        limits.workers,
        int(limits.cores // cores) if limits.cores is not None else None,
        limits.memory_bytes // memory if limits.memory_bytes is not None and memory else None,
    ]
    workers = profile.options.get(WORKERS)
    if workers is not None:
        most.append(_most(workers))
    known = [one for one in most if one is not None]
    return Shape(
        cores=cores,
        memory_bytes=memory,
        workers_minimum=1,
        workers_maximum=max(1, min(known)) if known else ANY.workers_maximum,
    )


def _value(profile: Profile, name: str, options: Mapping[str, Any]) -> Any:
    option = profile.options.get(name)
    if option is None:
        return None
    try:
        return option.check(options.get(name, option.default))
    except OptionError as error:
        raise InvalidRequestError(f"`{name}` {error}.") from error


def _most(option: Option) -> int | None:
    if not option.user_may_set:
        return int(option.default)
    return None if option.maximum is None else int(option.maximum)
