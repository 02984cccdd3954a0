"""Validate a request for a cluster against its profile, and phrase refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hrlab.model.cluster import Cluster, ClusterRequest, Refusal, Target
from hrlab.model.options import OptionError, Value
from hrlab.model.profile import CORES, MAXIMUM, MEMORY, MINIMUM, WORKERS, Limits, Profile
from hrlab.model.suggest import did_you_mean
from hrlab.model.units import format_bytes

MAX_NAME = 60
#: Maximum length of quoted user input.
_QUOTED = 80


@dataclass(frozen=True, slots=True)
class ValidatedRequest:
    """A request checked against its profile.

    Attributes
    ----------
    options
        A value for each option of the profile; valid only without refusals.
    impossible
        Values that can never be granted.
    over_limit
        Limits exceeded by the request, or by it and existing clusters.
    """

    options: Mapping[str, Value]
    impossible: tuple[Refusal, ...] = ()
    over_limit: tuple[Refusal, ...] = ()

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """All refusals."""
        return self.impossible + self.over_limit


def check(request: ClusterRequest, profile: Profile, mine: Sequence[Cluster]) -> ValidatedRequest:
    """Validate `request`; `mine` are the user's clusters of that profile that hold resources."""
    options = {name: option.default for name, option in profile.options.items()}
    impossible = list(_check_name(request.name))
    for name, value in request.options.items():
        refusal = _check_option(profile, name, value, options)
        if refusal is not None:
            impossible.append(refusal)
    if not impossible:
        impossible.extend(_check_bounds(request, options))
    over = [] if impossible else [*_check_size(profile, options), *_check_count(profile, mine)]
    return ValidatedRequest(options, tuple(impossible), tuple(over))


def check_target(target: Target, profile: Profile, cluster: Cluster) -> ValidatedRequest:
    """Validate a new size of a cluster against its profile's bounds and limits."""
    asked = {
        name: value
        for name in (WORKERS, MINIMUM, MAXIMUM)
        if (value := getattr(target, name)) is not None
    }
    options: dict[str, Value] = {
        name: option.default
        for name, option in profile.options.items()
        if name not in (WORKERS, MINIMUM, MAXIMUM)
    }
    impossible = list(_not_negative(asked))
    for name, value in asked.items():
        option = profile.options.get(name) or profile.options.get(WORKERS)
        if option is not None and not impossible:
            try:
                option.check(value)
            except OptionError as error:
                impossible.append(_bounds(name, value, option.maximum, str(error)))
    options |= asked
    if cluster.workers.ready and CORES in profile.options:
        options[CORES] = cluster.cores / cluster.workers.ready
    if cluster.workers.ready and MEMORY in profile.options:
        options[MEMORY] = cluster.memory_bytes // cluster.workers.ready
    over = [] if impossible else _check_size(profile, options)
    return ValidatedRequest(options, tuple(impossible), tuple(over))


def _not_negative(asked: Mapping[str, int]) -> list[Refusal]:
    found = [
        Refusal(limit=name, asked=n, left=0, message=f"{name} must be at least 0, not {n}.")
        for name, n in asked.items()
        if n < 0
    ]
    if not found and asked.get(MINIMUM, 0) > asked.get(MAXIMUM, asked.get(MINIMUM, 0)):
        found.append(_crossed(asked[MINIMUM], asked[MAXIMUM]))
    return found


def _check_name(name: str | None) -> list[Refusal]:
    if name is None or (name.strip() and name.isprintable() and len(name) <= MAX_NAME):
        return []
    message = f"A name must be a printable text of 1 to {MAX_NAME} characters."
    return [Refusal(limit="name", asked=name[:_QUOTED], left=None, message=message)]


def _check_option(
    profile: Profile, name: str, value: Value, options: dict[str, Value]
) -> Refusal | None:
    """Store the checked `value` in `options`, or return why it is refused."""
    shown = value[:_QUOTED] if isinstance(value, str) else value
    option = profile.options.get(name)
    if option is None:
        hint = (
            did_you_mean(name[:_QUOTED], profile.options)
            if profile.options
            else "It has no options."
        )
        message = f"{profile.label} has no option {name[:_QUOTED]!r}. {hint}"
        return Refusal(limit=name[:_QUOTED], asked=shown, left=None, message=message)
    try:
        checked = option.check(value)
    except OptionError as error:
        return _bounds(name, shown, option.maximum, str(error))
    if not option.user_may_set and checked != option.default:
        message = f"{name} is fixed by your site for {profile.label}. Leave it out."
        return Refusal(limit=name, asked=shown, left=None, message=message)
    options[name] = checked
    return None


def _bounds(name: str, asked: Value, maximum: float | None, why: str) -> Refusal:
    why = why if len(why) <= 2 * _QUOTED else f"{why[: 2 * _QUOTED]}..."
    return Refusal(limit=name, asked=asked, left=maximum, message=f"{name} {why}.")


def _check_bounds(request: ClusterRequest, options: dict[str, Value]) -> list[Refusal]:
    """Check that workers lie within minimum and maximum; adjust a default, but refuse an explicit value."""
    low, high, workers = (_number(options.get(name)) for name in (MINIMUM, MAXIMUM, WORKERS))
    if low is not None and high is not None and low > high:
        return [_crossed(low, high)]
    if high is None or workers is None or options.get("adapt") is False:
        return []
    inside = min(max(workers, low or 0), high)
    if inside == workers:
        return []
    if WORKERS in request.options and {MINIMUM, MAXIMUM} & set(request.options):
        message = f"workers must be from {low or 0:g} to {high:g}, not {workers:g}."
        return [Refusal(limit=WORKERS, asked=workers, left=high, message=message)]
    if WORKERS not in request.options:
        options[WORKERS] = int(inside)
    return []


def _crossed(low: float, high: float) -> Refusal:
    message = f"minimum ({low:g}) must not be above maximum ({high:g})."
    return Refusal(limit=MINIMUM, asked=low, left=high, message=message)


def most_workers(options: Mapping[str, Value]) -> float:
    """Return the largest number of workers that a cluster with these options may reach."""
    adapts = options.get("adapt") is not False
    names = (WORKERS, MAXIMUM) if adapts else (WORKERS,)
    return max((_number(options.get(name)) or 0 for name in names), default=0)


def _check_size(profile: Profile, options: Mapping[str, Value]) -> list[Refusal]:
    limits, workers = profile.limits, most_workers(options)
    found = []
    for limit, per_worker, most, shown in _sizes(limits, options):
        asked = workers * per_worker
        if most is None or asked <= most:
            continue
        fits = int(most // per_worker) if per_worker else 0
        message = (
            f"Asked for {workers:g} workers"
            f"{'' if limit == WORKERS else f' ({shown(asked)})'}; {profile.label} allows at most "
            f"{shown(most)} for one cluster. Ask for at most {fits} workers."
        )
        found.append(Refusal(limit=limit, asked=asked, left=most, message=message))
    return found


def _sizes(
    limits: Limits, options: Mapping[str, Value]
) -> Iterator[tuple[str, float, float | None, Callable[[float], str]]]:
    """Yield for each limit its name, a worker's share, the limit, and a formatter of amounts."""
    yield WORKERS, 1, limits.workers, lambda n: f"{n:g} workers"
    yield CORES, _number(options.get(CORES)) or 0, limits.cores, lambda n: f"{n:g} cores"
    memory = _number(options.get(MEMORY)) or 0
    yield MEMORY, memory, limits.memory_bytes, lambda n: f"{format_bytes(n)} of memory"


def _check_count(profile: Profile, mine: Sequence[Cluster]) -> list[Refusal]:
    most = profile.limits.clusters
    if most is None or len(mine) < most:
        return []
    names = ", ".join(cluster.name for cluster in mine[:5])
    remedy = f"Close one of them first: {names}." if mine else "Ask your admin."
    message = f"You have {len(mine)} of {most} clusters of {profile.label}. {remedy}"
    return [Refusal(limit="clusters", asked=len(mine) + 1, left=0, message=message)]


def _number(value: Value | None) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
