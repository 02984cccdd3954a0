"""What a profile and quotas let one ask for, as sizing needs it."""

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

#: Without a profile: workers of one core, as many as anybody at the facility has had.
ANY = Shape(cores=1, workers_maximum=128)
#: More cores than any machine has.
MAX_CORES = 100_000


def any_shape(profile: str | None, options: Mapping[str, Any]) -> Shape:
    """The shape where there are no profiles.

    Raises
    ------
    NotFoundError
        If one is asked for.
    InvalidRequestError
        If options are given, of which there are none.
    """
    if profile is not None:
        raise NotFoundError(f"There is no profile {profile[:80]!r}: none is configured.")
    return shape_of(None, options)


def shape_of(
    profile: Profile | None,
    options: Mapping[str, Any],
    left: Remaining | None = None,
    asks: Callable[[Profile, Mapping[str, Value]], ResourceRequest] | None = None,
) -> Shape:
    """Cores and memory of a worker of `profile` with these `options`, and for how many there is room.

    Parameters
    ----------
    left
        What quotas leave for one more cluster of the profile; None: there are none.
    asks
        What a cluster of such options takes; None: as its options say.

    Raises
    ------
    InvalidRequestError
        If an option is unknown, fixed by the site, or does not take its value.
    """
    if profile is None:
        if options:
            raise InvalidRequestError("`options` are those of a profile: name it in `profile`.")
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
    # Workers of whole cores take as many as they have threads, others what their template says.
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
    """What is left for workers, beside what else the cluster takes."""
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
    """Cores of a worker; where the user leaves them open, so many that nodes are filled."""
    cores = max(1, int(values.get(CORES) or takes.cores_each or 1))
    if cores > MAX_CORES:
        raise InvalidRequestError(f"No worker has {cores:.3g} cores: ask for at most {MAX_CORES}.")
    option = profile.options.get(CORES)
    is_open = option is not None and option.user_may_set and CORES not in options
    if profile.node is None or option is None or not is_open:
        return cores
    filling = dividing(profile.node.cores, cores)
    return filling if filling >= (option.minimum or 1) else cores


def _workers(profile: Profile) -> int:
    """Most workers that one cluster of the profile may have; where it says nothing, as many as anybody has had."""
    option = profile.options.get(WORKERS)
    known = [profile.limits.workers, None if option is None else _most(option)]
    return max(1, min([n for n in known if n is not None], default=ANY.workers_maximum))


def _most(option: Option) -> int | None:
    if not option.user_may_set:
        return int(option.default)
    return _whole(option.maximum)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
