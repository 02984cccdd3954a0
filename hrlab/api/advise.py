"""Cluster size recommendations, from the Jupyter server that started this process or computed from the store."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from hrlab.api.display import misnamed, run_service, show
from hrlab.api.jupyter_server import ParentServer, find_parent_server
from hrlab.model.errors import UsageError
from hrlab.model.run import Run
from hrlab.model.wire import decode
from hrlab.sizing.advice import Advice
from hrlab.sizing.chart import sizing
from hrlab.sizing.constraints import any_shape
from hrlab.sizing.service import question_from
from hrlab.sizing.text import advice_text

_HEX = frozenset("0123456789abcdef")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Advised(Advice):
    """A recommendation that displays itself: text everywhere, and a chart in a notebook."""

    def __repr__(self) -> str:
        """Return the headline, the table and the caveats."""
        return advice_text(self)

    def _ipython_display_(self) -> None:
        show({"text/plain": advice_text(self)}, [sizing(self)])


def advise(runs: str | Run | Sequence[str | Run] | None, asked: Mapping[str, Any]) -> Advised:
    """Return a recommendation; see :func:`hrlab.advise`.

    Parameters
    ----------
    runs
        Runs, their ids, prefixes of ids, or ``last``.
    asked
        The other fields of the body of ``POST sizing``.
    """
    body = {**asked, **_named(runs)}
    question_from(body)  # reject invalid questions without a server
    server = _server()
    if server is not None:
        return decode(Advised, server.post("sizing", body), "advice")
    return _worked_out(body)


def _server() -> ParentServer | None:
    try:
        return find_parent_server()
    except UsageError:
        return None


def _named(runs: str | Run | Sequence[str | Run] | None) -> dict[str, Any]:
    if runs is None:
        return {}
    several = [runs] if isinstance(runs, (str, Run)) else list(runs)
    return {"runs": [_id(run) for run in several]}


def _id(run: object) -> str:
    if isinstance(run, Run):
        return run.id
    if not isinstance(run, str):
        raise misnamed(run)
    if len(run) == 32 and set(run) <= _HEX:
        return run
    with run_service() as service:
        return service.full_id(run)


def _worked_out(body: Mapping[str, Any]) -> Advised:
    try:
        import scipy  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "Cannot compute a recommendation: scipy is not installed in this environment and no Jupyter server was "
            "found. Install scipy here, or use a notebook of a Jupyter server that has hrlab."
        ) from error
    if body.get("profile") is not None:
        raise UsageError(
            "Profiles are known only to a Jupyter server, and none was found. Omit `profile`."
        )
    with run_service() as service:
        advice = service.advise(question_from(body), any_shape)
    fields = dataclasses.fields(Advice)
    return Advised(**{field.name: getattr(advice, field.name) for field in fields})
