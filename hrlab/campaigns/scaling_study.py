"""Measuring how a run scales: from a run of a notebook to the campaign that executes it with 1, 2, 4, ... workers."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrlab.model.errors import InvalidRequestError, MalformedError
from hrlab.model.options import Option
from hrlab.model.profile import CORES, MAXIMUM, MEMORY, WORKERS, Profile
from hrlab.model.run import Run
from hrlab.model.suggest import did_you_mean

FIELDS = ("run", "profile", "workers", "repeats", "dry_run")
MAX_REPEATS = 20
MAX_SIZES = 12
#: What is offered goes up to here; more may be asked for.
MOST_OFFERED = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingPlan:
    """A scaling study as planned.

    Attributes
    ----------
    notebook
        As the browser knows it.
    cells
        Ids of the cells that are timed; None: all of the notebook.
    most_workers
        That profile and quotas allow now.
    profiles
        Names of those that can be measured with.
    """

    run_id: str
    name: str
    notebook: str
    cells: tuple[str, ...] | None
    profile: str
    workers: tuple[int, ...]
    repeats: int
    most_workers: int
    profiles: tuple[str, ...]

    @property
    def points(self) -> int:
        """Number of points."""
        return len(self.workers) * self.repeats

    def declaration(self, root: Path) -> dict[str, Any]:
        """Return the plan in the form of a campaign file."""
        notebook = root / self.notebook
        return {
            "campaign": self.name,
            "notebook": str(notebook),
            "profiles": {self.profile: {"workers": list(self.workers)}},
            "repeats": self.repeats,
            "cluster": "warm",
            "refused": "skip",  # what has no room by then is told, and the others are measured
            **({} if self.cells is None else {"cells": list(self.cells)}),
            "output": str(notebook.parent / f"{notebook.stem}-scaling"),
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON values, for the form."""
        shown = dataclasses.asdict(self)
        del shown["cells"]
        return {**shown, "points": self.points}


def plan_of(
    run: Run,
    body: Mapping[str, Any],
    profiles: Mapping[str, Profile],
    left_workers: Callable[[Profile], int | None],
    root: Path,
) -> ScalingPlan:
    """Plan the scaling study that a request describes.

    Parameters
    ----------
    left_workers
        How many workers quotas leave for a profile; None: they say nothing.
    root
        The server's root folder. Nothing outside of it is executed: a record can come from elsewhere.

    Raises
    ------
    InvalidRequestError
        If the run is of no notebook, its notebook lies outside the root, or a value is impossible.
    """
    if not run.source.notebook:
        raise _refused(
            "run",
            f"{run.name!r} is not a run of a notebook, so it cannot be repeated. "
            "Time cells of a saved notebook.",
        )
    if not _is_below(root, run.source.notebook):
        raise _refused(
            "run",
            f"{run.source.notebook[:200]!r} is not a notebook in the server's root folder, so it cannot be executed. "
            "Copy it there, run it with timing, and measure that run.",
        )
    fit = {name: most for name, one in profiles.items() if (most := _most(one, left_workers(one)))}
    if not fit:
        raise _refused("profile", "None of your profiles allows a choice of workers now.")
    profile = _profile(run, body.get("profile"), fit)
    most = fit[profile]
    return ScalingPlan(
        run_id=run.id,
        name=f"{run.name}: scaling",
        notebook=run.source.notebook,
        cells=_cells(run),
        profile=profile,
        workers=_workers(body.get("workers"), profile, most),
        repeats=_repeats(body.get("repeats", 1)),
        most_workers=most,
        profiles=tuple(fit),
    )


def read_body(body: object) -> dict[str, Any]:
    """Validate a request for a campaign.

    Raises
    ------
    MalformedError
        If it is none, names no run, or has fields that are not known.
    """
    if not isinstance(body, Mapping) or not isinstance(body.get("run"), str):
        raise MalformedError("A campaign request must be a JSON object with the id of a `run`.")
    for name in body:
        if name not in FIELDS:
            raise MalformedError(
                f"Unknown request field {str(name)[:80]!r}. {did_you_mean(str(name)[:80], FIELDS)}"
            )
    if type(body.get("dry_run", False)) is not bool:
        raise MalformedError("`dry_run` must be true or false.")
    return dict(body)


def _is_below(root: Path, notebook: str) -> bool:
    """Return whether the path is inside `root`, with symbolic links resolved."""
    try:
        place = (root / notebook).resolve()
    except (OSError, RuntimeError, ValueError):  # no path, or links in a circle
        return False
    # From Python 3.13 on, links in a circle are left as they are.
    return place.is_relative_to(root.resolve()) and not place.is_symlink()


def _most(profile: Profile, left: int | None) -> int:
    option = profile.options.get(WORKERS) or profile.options.get(MAXIMUM)
    if option is None:
        return 0
    limits = [_bound(option), profile.limits.workers, left]
    for name, most in ((CORES, profile.limits.cores), (MEMORY, profile.limits.memory_bytes)):
        each = profile.options.get(name)
        if most is not None and each is not None and _number(each.default):
            limits.append(int(most // float(str(each.default))))
    known = [limit for limit in limits if limit is not None]
    return min(known) if known else MOST_OFFERED


def _bound(option: Option) -> int | None:
    return None if option.maximum is None else int(float(str(option.maximum)))


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0


def _profile(run: Run, asked: object, fit: Mapping[str, int]) -> str:
    if asked is None:
        own = [cluster.profile for cluster in run.clusters if cluster.profile in fit]
        return str(own[0]) if own else "local" if "local" in fit else next(iter(fit))
    if not isinstance(asked, str) or asked not in fit:
        shown = str(asked)[:60]
        raise _refused("profile", f"Unknown profile {shown!r}. {did_you_mean(shown, fit)}")
    return asked


def _workers(asked: object, profile: str, most: int) -> tuple[int, ...]:
    if asked is None:
        return tuple(2**i for i in range(7) if 2**i <= min(most, MOST_OFFERED))
    numbers = asked if isinstance(asked, Sequence) and not isinstance(asked, str) else ()
    good = [one for one in numbers if type(one) is int and one >= 1]
    if not good or len(good) < len(numbers) or len(set(good)) < len(good) or len(good) > MAX_SIZES:
        raise _refused(
            "workers", f"workers must be 1 to {MAX_SIZES} distinct whole numbers, each at least 1."
        )
    if max(good) > most:
        raise _refused(
            "workers",
            f"Asked for {max(good)} workers; {profile} allows {most} now. Ask for at most {most}.",
        )
    return tuple(sorted(good))


def _repeats(asked: object) -> int:
    if type(asked) is not int or not 1 <= asked <= MAX_REPEATS:
        raise _refused("repeats", f"repeats must be a whole number from 1 to {MAX_REPEATS}.")
    return asked


def _cells(run: Run) -> tuple[str, ...] | None:
    """Return ids of the run's cells; None for the whole notebook, or if they are unknown."""
    ids = [cell.cell_id for cell in run.cells if cell.cell_id]
    whole = run.source.kind not in ("cell", "cells") or not ids or len(ids) < len(run.cells)
    return None if whole else tuple(dict.fromkeys(ids))


def _refused(limit: str, message: str) -> InvalidRequestError:
    refusal = {"limit": limit, "asked": None, "left": None, "message": message}
    return InvalidRequestError(message, refusals=[refusal])
