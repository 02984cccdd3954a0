"""Finds differences between compared runs that should have been equal. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

from hrlab.model.run import Run
from hrlab.model.workload import by_meaning

#: Maximum number of differing values that are named.
MOST_SHOWN = 4


def differs(runs: Sequence[Run]) -> tuple[str, ...]:
    """Return a sentence for each of `_FACTS` in which `runs` differ, ignoring runs where it is unknown."""
    said = []
    for what, (value_of, shown_of) in _FACTS.items():
        values = {
            value: shown_of(run) for run in runs if (value := value_of(run)) not in (None, "", ())
        }
        if len(values) > 1:
            said.append(f"{what} differs{_named(values.values())}.")
    return tuple(said)


def differing_workload(runs: Sequence[Run]) -> list[str]:
    """Return the workload figures in which `runs` differ, the best measure of work first."""
    names = by_meaning({name for run in runs for name in run.workload})
    return [name for name in names if len({run.workload.get(name) for run in runs}) > 1]


def _named(shown: Iterable[str]) -> str:
    found = sorted({one for one in shown if one})
    if not found:
        return ""
    more = ", …" if len(found) > MOST_SHOWN else ""
    return f" ({', '.join(found[:MOST_SHOWN])}{more})"


def _input(run: Run) -> Hashable:
    return tuple((one.name, one.digest or one.bytes) for one in run.inputs)


def _input_names(run: Run) -> str:
    return " + ".join(one.name for one in run.inputs)


def _unsaid(run: Run) -> str:
    """Return nothing: a hash means nothing to readers, and a host name reveals too much."""
    del run
    return ""


def _of_environment(name: str) -> tuple[Callable[[Run], Hashable], Callable[[Run], str]]:
    return (
        lambda run: getattr(run.environment, name),
        lambda run: getattr(run.environment, name) or "",
    )


_FACTS: Mapping[str, tuple[Callable[[Run], Hashable], Callable[[Run], str]]] = {
    "The code": (lambda run: run.source.code_sha256, _unsaid),
    "The input": (_input, _input_names),
    "The image": _of_environment("image"),
    "The Python version": _of_environment("python"),
    "The version of dask": _of_environment("dask"),
    "The version of distributed": _of_environment("distributed"),
    # Comparisons are shown in notebooks, which are published: do not reveal host names.
    "The host": (lambda run: run.environment.hostname, _unsaid),
}
