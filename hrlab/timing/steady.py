"""Steps that must not fail the user, nor be stopped half-way by an impatient Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from hrlab.timing import safety
from hrlab.timing.safety import guarded

P = ParamSpec("P")
R = TypeVar("R")


def steadily(function: Callable[P, R]) -> Callable[P, R | None]:
    """Like `guarded`, and an impatient Ctrl-C only ends this one step: the run is kept all the same."""

    def step(*args: P.args, **kwargs: P.kwargs) -> R | None:
        try:
            return guarded(function)(*args, **kwargs)
        except KeyboardInterrupt as error:
            safety.report(getattr(function, "__qualname__", "hrlab"), error)
            return None

    return step
