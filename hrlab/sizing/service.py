"""Sizing as a service: selects runs, goal and constraints."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from hrlab.model.errors import InvalidRequestError, MalformedError, NotFoundError
from hrlab.model.run import Run
from hrlab.model.shape import Shape
from hrlab.model.suggest import did_you_mean
from hrlab.sizing.advice import Advice
from hrlab.sizing.fit import advice_for
from hrlab.sizing.goal import Goal, goal_from, is_number
from hrlab.sizing.history import without_series
from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore

#: Returns the constraints for a profile (None: no specific one) and options.
ShapeOf: TypeAlias = Callable[[str | None, Mapping[str, Any]], Shape]

KEYS = ("runs", "name", "code_sha256", "goal", "profile", "options", "workload")
#: Maximum number of runs used: older ones say little about the current machine.
MAX_RUNS = 50
MAX_TEXT = 500


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request for a recommendation: runs (ids, a name or a code hash), goal, and profile."""

    goal: Goal
    runs: tuple[str, ...] = ()
    name: str | None = None
    code_sha256: str | None = None
    profile: str | None = None
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    workload: Mapping[str, float] = dataclasses.field(default_factory=dict)


def question_from(body: object) -> Question:
    """Parse the body of a request.

    Raises
    ------
    MalformedError
        If it does not have this form.
    """
    if not isinstance(body, Mapping):
        raise MalformedError(
            "The body must be an object with `goal`, and `runs`, `name` or `code_sha256`."
        )
    for key in body:
        if key not in KEYS:
            raise MalformedError(f"Unknown key {str(key)[:80]!r}. {did_you_mean(str(key), KEYS)}")
    named = [key for key in ("runs", "name", "code_sha256") if body.get(key) is not None]
    if len(named) != 1:
        raise MalformedError(
            "Give exactly one of `runs`, `name` and `code_sha256` to select the history."
        )
    return Question(
        goal=goal_from(body.get("goal")),
        runs=_ids(body.get("runs")),
        name=_text(body, "name"),
        code_sha256=_text(body, "code_sha256"),
        profile=_text(body, "profile"),
        options=_object(body, "options"),
        workload=_workload(body),
    )


class AdvisingService:
    """Recommends sizes from the runs of one store; never creates anything.

    Parameters
    ----------
    store
        Store of the runs.
    shape_of
        Returns the constraints for a profile (None: no specific one) and options.
    """

    def __init__(self, store: RunStore, shape_of: ShapeOf) -> None:
        self._store = store
        self._shape_of = shape_of

    def advise(self, question: Question) -> Advice:
        """Return a recommendation.

        Raises
        ------
        NotFoundError
            If a run or the profile does not exist.
        InvalidRequestError
            If the runs do not suffice.
        """
        shape = self._shape_of(question.profile, question.options)
        return advice_for(self._runs(question), question.goal, shape, question.workload)

    def _runs(self, question: Question) -> list[Run]:
        """Return the requested runs, newest first; for a single run, its whole history."""
        given = [self._run(run_id) for run_id in question.runs]
        if len(given) == 1 and given[0].source.code_sha256:
            past = self._found(RunQuery(code_sha256=given[0].source.code_sha256, limit=MAX_RUNS))
            given += [run for run in past if run.id != given[0].id]
            return given
        if given:
            return sorted(given, key=lambda run: -run.started_at)
        query = RunQuery(name=question.name, code_sha256=question.code_sha256, limit=MAX_RUNS)
        found = self._found(query)
        if not found:
            named = question.name or (question.code_sha256 or "")[:12]
            raise NotFoundError(f"There is no run of {named!r}. Time it first.")
        return found

    def _found(self, query: RunQuery) -> list[Run]:
        return [self._run(summary.id) for summary in self._store.page(query).runs]

    def _run(self, run_id: str) -> Run:
        record = self._store.get(run_id) if _can_be_kept(run_id) else None
        if record is None:
            raise NotFoundError(f"There is no run {run_id[:40]!r}. It may have been deleted.")
        return Run.from_dict(without_series(record))


def _ids(value: object) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise MalformedError("`runs` must be a list of run ids.")
    if len(value) > MAX_RUNS or not all(isinstance(one, str) for one in value):
        raise MalformedError(f"`runs` must have at most {MAX_RUNS} ids.")
    return tuple(dict.fromkeys(value))


def _text(body: Mapping[str, Any], key: str) -> str | None:
    value = body.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise MalformedError(f"`{key}` must be a non-empty string.")
    if len(value) > MAX_TEXT or not _can_be_kept(value):
        raise MalformedError(f"`{key}` must be a string of at most {MAX_TEXT} characters.")
    return value


def _can_be_kept(value: str) -> bool:
    """Whether the store accepts it: no lone surrogates or NUL characters."""
    return "\0" not in value and not any("\ud800" <= sign <= "\udfff" for sign in value)


def _object(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = body.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise MalformedError(f"`{key}` must be an object.")
    return value


def _workload(body: Mapping[str, Any]) -> dict[str, float]:
    found = _object(body, "workload")
    for name, value in found.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise MalformedError(f"`workload.{str(name)[:80]}` must be a number.")
        if not is_number(value) or value <= 0:
            raise InvalidRequestError(
                f"`workload.{str(name)[:80]}` must be a finite number above 0, not {str(value)[:40]}."
            )
    return {str(name): float(value) for name, value in found.items()}
