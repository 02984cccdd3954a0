"""Campaigns: a notebook executed at many points, declared once. Pure.

A **point** is one execution: a profile with a number of workers, a value for each parameter, and which repeat it is. The
order favours no side: each repeat is a block with every configuration in it, shuffled by a seed that is stated (randomised
complete blocks: R. A. Fisher, "The arrangement of field experiments", 1926). What drifts while a campaign runs, such as
other people's load, then meets all of them alike.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

#: The word for "no cluster" in the place of a profile.
SERIAL = "serial"
#: The parameter that gets the address of the point's cluster, if the notebook declares it.
SCHEDULER_PARAMETER = "scheduler_address"
MAX_POINTS = 10_000
MAX_POINT_TEXT = 200

Freshness: TypeAlias = Literal["fresh", "warm"]
Value: TypeAlias = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """Cluster setting of a campaign: one profile with its sizes.

    Attributes
    ----------
    workers
        Numbers of workers; empty for `SERIAL`, and for a cluster that is as large as it is.
    options
        Of the profile, for all of its clusters.
    parameters
        Of the notebook, for this profile's points.
    """

    profile: str
    workers: tuple[int, ...] = ()
    options: Mapping[str, Value] = field(default_factory=dict)
    parameters: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Budget of one call: seconds, core-hours of clusters, points; None: no limit."""

    seconds: float | None = None
    core_hours: float | None = None
    points: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Declaration of a campaign.

    Attributes
    ----------
    cluster
        ``fresh``: a new cluster for each point; ``warm``: one for neighbouring points of one size, after a warm-up run.
    pause_seconds
        Between two points.
    timeout_seconds
        A point that takes longer is interrupted and counts as failed; None: none is.
    workload
        Amounts, or names of parameters whose values they are.
    cells
        Ids of the cells that are timed; None: all of the notebook.
    refused
        What becomes of a campaign of which some clusters exceed what profiles and quotas allow, when it begins: ``stop``
        before anything is made, or ``skip`` those points.
    """

    name: str
    notebook: str
    sides: tuple[Side, ...]
    parameters: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)
    repeats: int = 3
    cluster: Freshness = "fresh"
    seed: int = 1
    pause_seconds: float = 0.0
    timeout_seconds: float | None = None
    budget: Budget = Budget()
    workload: Mapping[str, float | str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    scheduler_parameter: str = SCHEDULER_PARAMETER
    kernel: str | None = None
    cells: tuple[str, ...] | None = None
    output: str | None = None
    compare_by: str | None = None
    baseline: str | None = None
    refused: Literal["stop", "skip"] = "stop"


@dataclass(frozen=True, slots=True)
class Setting:
    """Cluster of a point; workers None: the profile's default size. Serial points have no cluster."""

    profile: str
    workers: int | None
    options: tuple[tuple[str, Value], ...] = ()

    @property
    def serial(self) -> bool:
        """Whether the point runs without a cluster."""
        return self.profile == SERIAL

    def __str__(self) -> str:
        """The setting as text."""
        if self.workers is None:
            return self.profile
        return f"{self.profile} {self.workers} worker{'' if self.workers == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Configuration:
    """A setting and a value for each parameter: the unit of repetition."""

    setting: Setting
    parameters: tuple[tuple[str, Value], ...]
    named: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Text of the cluster and the varied parameters."""
        values = dict(self.parameters)
        return " ".join([str(self.setting), *(f"{name}={values[name]}" for name in self.named)])

    @property
    def key(self) -> str:
        """Readable and unique key in the store."""
        whole = json.dumps(
            [self.setting.options, sorted(self.parameters)], sort_keys=True, default=str
        )
        digest = hashlib.sha256(whole.encode()).hexdigest()[:8]
        return f"{str(self)[:MAX_POINT_TEXT]} ({digest})"


@dataclass(frozen=True, slots=True)
class Point:
    """One execution. `warm_up`: the first on a new cluster, kept but not compared."""

    configuration: Configuration
    repeat: int
    warm_up: bool = False

    @property
    def key(self) -> str:
        """Key in the store."""
        return f"{self.configuration.key} {'warm-up' if self.warm_up else f'#{self.repeat}'}"

    def __str__(self) -> str:
        """The point as text."""
        return f"{self.configuration}, {'warm-up' if self.warm_up else f'repeat {self.repeat}'}"


def configurations(sweep: Sweep) -> tuple[Configuration, ...]:
    """Return all configurations, in the order of the declaration."""
    names = tuple(sweep.parameters)
    found = []
    for side in sweep.sides:
        options = tuple(sorted(side.options.items()))
        for workers in side.workers or (None,):
            setting = Setting(side.profile, workers, options)
            for values in itertools.product(*sweep.parameters.values()):
                merged = {**dict(zip(names, values, strict=True)), **side.parameters}
                found.append(Configuration(setting, tuple(merged.items()), names))
    return tuple(found)


def points(sweep: Sweep) -> Iterator[Point]:
    """Return all points in execution order, without warm-ups."""
    every = configurations(sweep)
    for repeat in range(1, sweep.repeats + 1):
        rng = random.Random(f"{sweep.seed}:{repeat}")  # noqa: S311 - an order, not a secret
        fresh = sweep.cluster == "fresh"
        block = rng.sample(every, len(every)) if fresh else _by_cluster(every, rng)
        yield from (Point(configuration, repeat) for configuration in block)


def _by_cluster(every: Sequence[Configuration], rng: random.Random) -> list[Configuration]:
    """Return the points shuffled, with those that share a cluster kept together."""
    groups: dict[Setting, list[Configuration]] = {}
    for configuration in every:
        groups.setdefault(configuration.setting, []).append(configuration)
    shuffled = rng.sample(list(groups.values()), len(groups))
    return [one for group in shuffled for one in rng.sample(group, len(group))]


def campaign_id(sweep: Sweep, code_sha256: str) -> str:
    """Return the campaign's key in the store; different code or cluster start-up makes another campaign.

    More workers, parameters or repeats are not: then only what is new is executed.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", sweep.name.lower()).strip("-")[:40] or "campaign"
    said = json.dumps([code_sha256, sweep.cluster, sweep.name])
    return f"{slug}-{hashlib.sha256(said.encode()).hexdigest()[:8]}"


def workload_of(sweep: Sweep, configuration: Configuration) -> dict[str, float]:
    """Amounts of one configuration; names of parameters have become their values."""
    values = dict(configuration.parameters)
    found = {}
    for name, amount in sweep.workload.items():
        value = values.get(amount) if isinstance(amount, str) else amount
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            found[name] = float(value)
    return found


def seconds_left(took: Mapping[str, Sequence[float]], left: Sequence[str]) -> float | None:
    """Estimate the remaining seconds; None if unknown.

    Parameters
    ----------
    took
        Seconds of the points that are done, by the key of their configuration. One of which none is done is taken to need
        what the others need on average.
    left
        Keys of the configurations that are left, as often as they are.
    """
    medians = {key: statistics.median(times) for key, times in took.items() if times}
    if not medians:
        return None
    usual = statistics.mean(medians.values())
    return sum(medians.get(key, usual) for key in left)


def spent(
    budget: Budget,
    *,
    seconds: float,
    core_hours: float,
    points: int,
    next_seconds: float | None,
    next_cores: float,
) -> str:
    """Return why no further point may start; empty if one may. Includes the next point's expected cost."""
    expected = next_seconds or 0.0
    if budget.points is not None and points >= budget.points:
        return f"its budget of {budget.points} points"
    if budget.seconds is not None and seconds + expected > budget.seconds:
        return f"its budget of {budget.seconds:g} s"
    hours = core_hours + next_cores * expected / 3600
    if budget.core_hours is not None and (
        hours > budget.core_hours or core_hours >= budget.core_hours
    ):
        return f"its budget of {budget.core_hours:g} core hours"
    return ""
