"""A campaign from its YAML file: of the declared form, possible values, and messages that name the line."""

from __future__ import annotations

import dataclasses
import keyword
import math
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal

from hrlab.campaigns.sweep import MAX_POINTS, SERIAL, Budget, Side, Sweep, configurations
from hrlab.model.errors import MalformedError
from hrlab.model.suggest import did_you_mean
from hrlab.shared.yaml_lines import Located, Place, read_yaml

KEYS = (
    "campaign", "notebook", "profiles", "workers", "parameters", "repeats", "cluster", "seed",
    "pause_seconds", "timeout_seconds", "budget", "workload", "labels", "scheduler_parameter",
    "kernel", "cells", "output", "compare", "refused",
)  # fmt: skip
MAX_WORKERS = 10**6
MAX_REPEATS = 1000


def read_sweep(path: Path) -> Sweep:
    """Parse a campaign file.

    Raises
    ------
    MalformedError
        With the first thing that is wrong, and its line.
    """
    return _Reader(read_yaml(path)).sweep(path.stem)


def sweep_from(value: Mapping[str, Any], source: str) -> Sweep:
    """Parse a campaign from a mapping; `source` names its origin in messages."""
    return _Reader(Located(value, source)).sweep(source)


class _Reader:
    """Parses one file; each method takes the location of what it parses."""

    def __init__(self, found: Located) -> None:
        self._found = found

    def sweep(self, stem: str) -> Sweep:
        top = self._mapping((), self._found.value)
        self._only(top, KEYS, ())
        for needed in ("notebook", "profiles"):
            if needed not in top:
                self._refuse((), f"`{needed}` is missing")
        compare = self._mapping(("compare",), top.get("compare", {}))
        self._only(compare, ("by", "baseline"), ("compare",))
        cluster: Literal["fresh", "warm"] = top.get("cluster", "fresh")
        if cluster not in ("fresh", "warm"):
            self._refuse(("cluster",), f"`cluster` must be fresh or warm, not {cluster!r}")
        refused: Literal["stop", "skip"] = top.get("refused", "stop")
        if refused not in ("stop", "skip"):
            self._refuse(("refused",), f"`refused` must be stop or skip, not {refused!r}")
        timeout = top.get("timeout_seconds")
        made = Sweep(
            name=self._text(("campaign",), top.get("campaign", stem)),
            notebook=self._text(("notebook",), top["notebook"]),
            sides=self._sides(top),
            parameters=self._parameters(top.get("parameters", {})),
            repeats=self._whole(("repeats",), top.get("repeats", 3), 1, MAX_REPEATS),
            cluster=cluster,
            seed=self._whole(("seed",), top.get("seed", 1), 0, 2**31),
            pause_seconds=self._amount(("pause_seconds",), top.get("pause_seconds", 0)),
            timeout_seconds=None if timeout is None else self._above(("timeout_seconds",), timeout),
            budget=self._budget(top.get("budget", {})),
            workload=self._workload(top.get("workload", {})),
            labels=self._labels(top.get("labels", {})),
            scheduler_parameter=self._name(
                ("scheduler_parameter",), top.get("scheduler_parameter", "scheduler_address")
            ),
            kernel=self._optional("kernel", top),
            cells=self._cells(top.get("cells")),
            output=self._optional("output", top),
            compare_by=self._optional("by", compare, ("compare",)),
            baseline=self._optional("baseline", compare, ("compare",)),
            refused=refused,
        )
        return self._checked(_grouped(made))

    def _checked(self, made: Sweep) -> Sweep:
        count = len(configurations(made)) * made.repeats
        if count > MAX_POINTS:
            self._refuse(
                ("repeats",), f"these are {count} points; at most {MAX_POINTS} are possible"
            )
        for name, amount in made.workload.items():
            if not isinstance(amount, str):
                continue
            values = [dict(one.parameters).get(amount) for one in configurations(made)]
            if not all(_is_amount(value) for value in values):
                self._refuse(
                    ("workload", name),
                    f"`{name}` must be an amount, or a parameter that is one at every point, not {amount!r}",
                )
        return made

    def _sides(self, top: Mapping[str, Any]) -> tuple[Side, ...]:
        value = top["profiles"]
        usual = self._workers(("workers",), top["workers"]) if "workers" in top else ()
        found: dict[str, tuple[Place, Any]]
        if isinstance(value, list):
            named = {self._text(("profiles", i), item): i for i, item in enumerate(value)}
            if len(named) < len(value):
                self._refuse(("profiles",), "a profile is named twice")
            found = {name: (("profiles", i), {}) for name, i in named.items()}
        else:
            mapping = self._mapping(("profiles",), value)
            found = {name: (("profiles", name), said or {}) for name, said in mapping.items()}
        if not found:
            self._refuse(
                ("profiles",), "`profiles` must name at least one, or `serial` for no cluster"
            )
        return tuple(self._side(name, place, said, usual) for name, (place, said) in found.items())

    def _side(self, name: str, place: Place, value: Any, usual: tuple[int, ...]) -> Side:
        said = self._mapping(place, value)
        self._only(said, ("workers", "options", "parameters"), place)
        if name == SERIAL:
            for key in ("workers", "options"):
                if key in said:
                    self._refuse((*place, key), f"`serial` has no cluster, so no `{key}`")
        elif "workers" in said:
            usual = self._workers((*place, "workers"), said["workers"])
        parameters = self._mapping((*place, "parameters"), said.get("parameters", {}))
        for key in parameters:
            self._name((*place, "parameters", key), key)
        return Side(
            profile=name,
            workers=() if name == SERIAL else usual,
            options=self._mapping((*place, "options"), said.get("options", {})),
            parameters=parameters,
        )

    def _workers(self, place: Place, value: Any) -> tuple[int, ...]:
        items = value if isinstance(value, list) else [value]
        found = [self._whole((*place, i), item, 1, MAX_WORKERS) for i, item in enumerate(items)]
        if not found or len(set(found)) < len(found):
            self._refuse(place, "`workers` must be one or more different numbers")
        return tuple(found)

    def _parameters(self, value: Any) -> dict[str, tuple[Any, ...]]:
        found = {}
        for name, values in self._mapping(("parameters",), value).items():
            place = ("parameters", name)
            self._name(place, name)
            items = values if isinstance(values, list) else [values]
            if not items:
                self._refuse(place, f"`{name}` must have at least one value")
            if any(items.count(item) > 1 for item in items):
                self._refuse(place, f"a value of `{name}` is there twice; `repeats` says how often")
            found[name] = tuple(items)
        return found

    def _budget(self, value: Any) -> Budget:
        said = self._mapping(("budget",), value)
        self._only(said, ("seconds", "core_hours", "points"), ("budget",))
        amounts = {
            name: self._above(("budget", name), said[name])
            for name in ("seconds", "core_hours")
            if name in said
        }
        count = None
        if "points" in said:
            count = self._whole(("budget", "points"), said["points"], 1, MAX_POINTS)
        return Budget(points=count, **amounts)

    def _workload(self, value: Any) -> dict[str, float | str]:
        found: dict[str, float | str] = {}
        for name, amount in self._mapping(("workload",), value).items():
            place = ("workload", name)
            found[name] = amount if isinstance(amount, str) else self._amount(place, amount)
        return found

    def _labels(self, value: Any) -> dict[str, str]:
        said = self._mapping(("labels",), value)
        for key, item in said.items():
            if isinstance(item, (list, dict)) or item is None:
                self._refuse(("labels", key), f"label `{key}` must be a text")
        return {key: str(item) for key, item in said.items()}

    def _cells(self, value: Any) -> tuple[str, ...] | None:
        if value is None:
            return None
        if not isinstance(value, list) or not value:
            self._refuse(("cells",), "`cells` must be a list of ids of cells")
        return tuple(self._text(("cells", i), item) for i, item in enumerate(value))

    # -- values --------------------------------------------------------------------------------------------------------

    def _mapping(self, place: Place, value: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            what = f"`{place[-1]}`" if place else "the file"
            self._refuse(place, f"{what} must be a mapping of names and values")
        return dict(value)

    def _only(self, value: Mapping[str, Any], known: Collection[str], place: Place) -> None:
        for key in value:
            if key not in known:
                self._refuse((*place, key), f"unknown key `{key}`. {did_you_mean(key, known)}")

    def _optional(self, key: str, value: Mapping[str, Any], place: Place = ()) -> str | None:
        return self._text((*place, key), value[key]) if value.get(key) is not None else None

    def _text(self, place: Place, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            self._refuse(place, f"`{place[-1]}` must be a text")
        return str(value)

    def _name(self, place: Place, value: Any) -> str:
        if not isinstance(value, str) or not value.isidentifier() or keyword.iskeyword(value):
            self._refuse(place, f"{value!r} is no name of a variable in Python")
        return str(value)

    def _whole(self, place: Place, value: Any, least: int, most: int) -> int:
        if type(value) is not int or not least <= value <= most:
            self._refuse(place, f"must be a whole number from {least} to {most}, not {value!r}")
        return int(value)

    def _amount(self, place: Place, value: Any) -> float:
        if not _is_amount(value):
            self._refuse(place, f"`{place[-1]}` must be a number from 0 on, not {value!r}")
        return float(value)

    def _above(self, place: Place, value: Any) -> float:
        if self._amount(place, value) <= 0:
            self._refuse(place, f"`{place[-1]}` must be above 0")
        return float(value)

    def _refuse(self, place: Place, reason: str) -> None:
        raise MalformedError(f"{self._found.where(place)}: {reason.rstrip('.?')}.")


def _grouped(made: Sweep) -> Sweep:
    """Compare by workers if their numbers differ within a profile: that is then the question."""
    scales = any(len(side.workers) > 1 for side in made.sides)
    return dataclasses.replace(made, compare_by=made.compare_by or ("workers" if scales else None))


def _is_amount(value: Any) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= 0
