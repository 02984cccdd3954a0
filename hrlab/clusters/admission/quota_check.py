"""Check requested resources against quotas, and phrase refusals."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from hrlab.model.cluster import ClusterRequest, Refusal
from hrlab.model.options import Value
from hrlab.model.profile import CORES, MAXIMUM, MEMORY, MINIMUM, WORKERS, Profile
from hrlab.model.quota import (
    Amount,
    ClusterUsage,
    Holder,
    Quota,
    ResourceRequest,
    applies,
    is_number,
    shown,
)
from hrlab.model.units import counted

#: Maximum number of holders named in a sentence.
_NAMED = 3
_WHOSE = {
    "user": "your",
    "group": "your group's",
    "namespace": "the namespace's",
    "site": "the site's",
}


def exceeded(
    asks: ResourceRequest,
    quotas: Iterable[Quota],
    profile: str | None,
    held: ClusterUsage | None = None,
) -> list[Refusal]:
    """Return a refusal for each enforced quota that the request exceeds.

    Parameters
    ----------
    asks
        Total resources of the cluster.
    quotas
        Current quotas.
    profile
        Name of its profile.
    held
        What an existing cluster already uses of that.
    """
    return [
        _refusal(asks, one, held)
        for one in quotas
        if one.enforced and applies(one, profile) and _is_over(asks, one, held)
    ]


def room(asks: ResourceRequest, quotas: Iterable[Quota], profile: str | None) -> int | None:
    """Return the most workers that fit all quotas; None if none limits them."""
    fits = [_fit(asks, one, None) for one in quotas if one.enforced and applies(one, profile)]
    known = [one for one in fits if one is not None]
    return min(known) if known else None


def profile_room(profile: Profile, options: Mapping[str, Value]) -> int | None:
    """Return the most workers that the profile's options and limits allow; None if it sets no limit."""
    limits = profile.limits
    cores, memory = _number(options.get(CORES)), _number(options.get(MEMORY))
    most: list[float] = []
    for name in (WORKERS, MAXIMUM):
        option = profile.options.get(name)
        if option is not None and option.maximum is not None:
            most.append(option.maximum)
    if limits.workers is not None:
        most.append(limits.workers)
    if limits.cores is not None and cores:
        most.append(limits.cores // cores)
    if limits.memory_bytes is not None and memory:
        most.append(limits.memory_bytes // memory)
    return int(min(most)) if most else None


def cut(request: ClusterRequest, profile: Profile, most: int | None) -> ClusterRequest:
    """Reduce the request to at most `most` workers; unchanged if it cannot be reduced that far.

    An explicit minimum and options fixed by the site are never reduced.
    """
    if most is None:
        return request
    options = dict(request.options)
    for name in (WORKERS, MAXIMUM):
        option = profile.options.get(name)
        if option is None:
            continue
        wanted = _number(options.get(name, option.default))
        least = max(1.0, option.minimum or 0, _number(options.get(MINIMUM)))
        if wanted > most >= least and option.user_may_set:
            options[name] = most
    return dataclasses.replace(request, options=options)


def _number(value: Value | None) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0


def _is_over(asks: ResourceRequest, one: Quota, held: ClusterUsage | None) -> bool:
    if not is_number(one.available):
        return False  # unknown: leave the refusal to whoever sets the limit
    if one.resource == "hours":
        return one.available <= 0 and held is None
    need = asks.of(one.resource) - (held.of(one.resource) if held else 0)
    # Excess usage from outside hrlab must not prevent scaling down.
    return need > 0 and need > one.available * (1 + 1e-9)


def _fit(asks: ResourceRequest, one: Quota, held: ClusterUsage | None) -> int | None:
    if not is_number(one.available):
        return None
    has = held.of(one.resource) if held else 0
    return asks.fit(one.resource, one.available + has)


def _refusal(asks: ResourceRequest, one: Quota, held: ClusterUsage | None) -> Refusal:
    assert is_number(one.available)
    has = held.of(one.resource) if held else 0
    asked, left = asks.of(one.resource), one.available + has
    if one.resource == "hours":
        message = _spent(one)
        asked = 0
    elif one.resource == "clusters":
        message = _too_many(one)
    else:
        message = " ".join(
            part
            for part in (
                _shortfall(asks, one, asked, left),
                _held_by(one, held),
                _remedy(asks, one, held),
            )
            if part
        )
    return Refusal(limit=one.resource, asked=_plain(asked), left=_plain(left), message=message)


def _shortfall(asks: ResourceRequest, one: Quota, asked: float, left: float) -> str:
    amount = "" if one.resource == WORKERS else f" ({shown(asked, one.unit)})"
    is_are = "is" if left == 1 or one.unit == "bytes" else "are"
    whose = _WHOSE[one.scope]
    named = f" ({one.label})" if one.label else ""
    return (
        f"Asked for {counted(asks.workers, 'worker')}{amount}; {shown(left, one.unit)} {is_are} left of "
        f"{whose} {shown(one.limit, one.unit)}{named}."
    )


def _held_by(one: Quota, held: ClusterUsage | None) -> str:
    others = [holder for holder in one.holders if held is None or holder.name != held.name]
    if not others:
        return ""
    more = len(others) - _NAMED
    named = [_holder(holder, one.unit) for holder in others[:_NAMED]]
    rest = [counted(more, "other cluster")] if more > 0 else []
    return f"The rest is used by {_listed([*named, *rest])}."


def _holder(holder: Holder, unit: str) -> str:
    whose = "" if holder.mine else " of another user"
    return f"{holder.name}{whose} ({shown(holder.used, unit)})"


def _remedy(asks: ResourceRequest, one: Quota, held: ClusterUsage | None) -> str:
    fits = _fit(asks, one, held)
    mine = [
        holder.name
        for holder in one.holders
        if holder.mine and (held is None or holder.name != held.name)
    ]
    close = f"close {mine[0]}" if mine else ""
    if fits:
        return f"Ask for at most {counted(fits, 'worker')}{f', or {close}' if close else ''}."
    if close:
        return f"C{close[1:]} first."
    return "Wait until other clusters have been closed, or ask your admin."


def _too_many(one: Quota) -> str:
    named = f" ({one.label})" if one.label else ""
    have = f"{one.used} of {shown(one.limit, one.unit)}"
    who = "You have" if one.scope == "user" else "There are"
    mine = [holder.name for holder in one.holders if holder.mine]
    remedy = f"Close one of yours first: {_listed(mine[:5])}." if mine else "Ask your admin."
    return f"{who} {have}{named}. {remedy}"


def _spent(one: Quota) -> str:
    return (
        f"You have used {shown(one.used, one.unit)} of your {shown(one.limit, one.unit)} ({one.label}). "
        "Wait until older usage no longer counts, or ask your admin."
    )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _plain(amount: Amount) -> Value:
    return int(amount) if is_number(amount) and float(amount).is_integer() else amount
