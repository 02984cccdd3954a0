"""Constraints of a profile and quotas on cluster sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hrlab.clusters.profiles.validate import check
from hrlab.model.cluster import ClusterRequest
from hrlab.model.errors import InvalidRequestError, NotFoundError
from hrlab.model.options import Option, Value
from hrlab.model.profile import CORES, MEMORY, WORKERS, Profile
from hrlab.model.quota import UNKNOWN, Amount, Remaining, ResourceRequest, is_number
from hrlab.model.shape import Headroom, Shape, dividing
from hrlab.model.wire import encode

#: Without a profile: single-core workers, at most as many as seen at any facility.
ANY = Shape(cores=1, workers_maximum=128)
#: More cores than any machine has.
MAX_CORES = 100_000


def any_shape(profile: str | None, options: Mapping[str, Any]) -> Shape:
    """Return the shape to use without profiles.

    Raises
    ------
    NotFoundError
        If a profile is given.
    InvalidRequestError
        If options are given, which need a profile.
    """
    if profile is not None:
        raise NotFoundError(f"Profile {profile[:80]!r} does not exist: no profiles are configured.")
    return shape_of(None, options)


def shape_of(
    profile: Profile | None,
    options: Mapping[str, Any],
    left: Remaining | None = None,
    asks: Callable[[Profile, Mapping[str, Value]], ResourceRequest] | None = None,
) -> Shape:
    """Return cores and memory per worker of `profile` with these `options`, and the remaining capacity.

    Parameters
    ----------
    left
        Remaining quota for another cluster of the profile; None: no quotas.
    asks
        Returns the resources requested by a cluster with these options; None: as given by the options.

    Raises
    ------
    InvalidRequestError
        If an option is unknown, fixed by the site, or has an invalid value.
    """
    if profile is None:
        if options:
            raise InvalidRequestError("`options` require a profile: name it in `profile`.")
        return ANY
    values = _values(profile, options)
    takes = asks(profile, values) if asks is not None else ResourceRequest(workers=0)
    memory = profile.options.get(MEMORY)
    cores = _cores(profile, values, options, takes)
    return Shape(
        cores=cores,
        memory_bytes=int(values.get(MEMORY) or takes.memory_each),
        workers_maximum=_workers(profile),
        cores_limit=profile.limits.cores,
        memory_limit_bytes=profile.limits.memory_bytes,
        memory_free=memory is not None and memory.user_may_set and MEMORY not in options,
        memory_minimum=_whole(memory.minimum) if memory else None,
        memory_maximum=_whole(memory.maximum) if memory else None,
        node=profile.node,
        room=_room(left, takes, cores),
    )


def _room(left: Remaining | None, takes: ResourceRequest, cores: int) -> Headroom | None:
    if left is None:
        return None
    amounts = {
        "workers": left.workers,
        "cores": left.cores,
        "memory": left.memory_bytes,
        "clusters": left.clusters,
        "core hours": left.hours,
    }
    # Whole-core workers use as many cores as threads; others use those of their template.
    each = takes.cores_each if 0 < takes.cores_each != int(takes.cores_each) else cores
    return Headroom(
        workers=_number(left.workers),
        cores=_number(left.cores, takes.cores_beside),
        memory_bytes=_number(left.memory_bytes, takes.memory_beside),
        clusters=_number(left.clusters),
        core_hours=_number(left.hours),
        cores_each=each,
        unknown=tuple(name for name, amount in amounts.items() if amount == UNKNOWN),
    )


def _number(amount: Amount, beside: float = 0.0) -> float | None:
    """Return what is left for workers after the cluster's other components."""
    return max(0.0, amount - beside) if is_number(amount) else None


def _values(profile: Profile, options: Mapping[str, Any]) -> Mapping[str, Value]:
    checked = check(ClusterRequest(profile=profile.name, options=options), profile, ())
    if checked.impossible:
        raise InvalidRequestError(
            " ".join(refusal.message for refusal in checked.impossible),
            refusals=encode(checked.impossible),
        )
    return checked.options


def _cores(
    profile: Profile,
    values: Mapping[str, Value],
    options: Mapping[str, Any],
    takes: ResourceRequest,
) -> int:
    """Return the cores per worker; if the user does not choose, as many as fill the nodes."""
    cores = max(1, int(values.get(CORES) or takes.cores_each or 1))
    if cores > MAX_CORES:
        raise InvalidRequestError(
            f"A worker cannot have {cores:.3g} cores; the limit is {MAX_CORES}."
        )
    option = profile.options.get(CORES)
    is_open = option is not None and option.user_may_set and CORES not in options
    if profile.node is None or option is None or not is_open:
        return cores
    filling = dividing(profile.node.cores, cores)
    return filling if filling >= (option.minimum or 1) else cores


def _workers(profile: Profile) -> int:
    """Return the maximum workers of one cluster of the profile, with a default if it sets none."""
    option = profile.options.get(WORKERS)
    known = [profile.limits.workers, None if option is None else _most(option)]
    return max(1, min([n for n in known if n is not None], default=ANY.workers_maximum))


def _most(option: Option) -> int | None:
    if not option.user_may_set:
        return int(option.default)
    return _whole(option.maximum)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
