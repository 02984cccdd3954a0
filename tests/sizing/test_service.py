"""Questions that are odd, wrong or can't be answered: an advice with what it assumes, or a clear refusal."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hrlab.clusters.profiles.parse import read_profile
from hrlab.model.errors import (
    HrlabError,
    InvalidRequestError,
    MalformedError,
    NotFoundError,
)
from hrlab.model.run import Phases, Run, RunError
from hrlab.model.shape import Shape
from hrlab.model.wire import encode
from hrlab.server.errors import STATUS
from hrlab.sizing.constraints import any_shape, shape_of
from hrlab.sizing.fit import advice_for
from hrlab.sizing.goal import Goal
from hrlab.sizing.service import AdvisingService, question_from
from hrlab.store.sqlite import RunStore
from tests.sizing.runs import FASTEST, timed

PROFILE = read_profile(
    "zee",
    {
        "kind": "process",
        "template": {"class": "x.Y"},
        "options": {
            "workers": {"type": "integer", "default": 2, "maximum": 20},
            "cores": {"type": "integer", "default": 1, "minimum": 1},
            "memory": {"type": "memory", "default": "2 GiB"},
        },
        "node": {"cores": 96, "memory_bytes": "502 GB"},
    },
)


def shapes(name, options):
    return any_shape(name, options) if name != "zee" else shape_of(PROFILE, options)


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    store = RunStore.open(tmp_path_factory.mktemp("store") / "runs.sqlite")
    for number, run in enumerate(
        [
            timed(1, 100.0, name="Zee", variations=10),
            timed(2, 52.0, name="Zee", variations=10),
            timed(4, 28.0, name="Zee", variations=10),
            timed(4, 28.0, name="failed", code="f", status="failed", error=RunError("E", "no")),
            timed(1, 10.0, name="serial", code="s", loops=(), phases=Phases(22.0, 0.0, 0.0, 0.0)),
        ]
    ):
        data = {**run.to_dict(), "id": f"{number + 1:032x}", "started_at": 1000.0 + number}
        store.save(Run.from_dict(data))
    yield AdvisingService(store, shapes)
    store.close()


HUGE = 10**400


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        ({"goal": {"finish_within_seconds": 0}}, InvalidRequestError, "above 0"),
        ({"goal": {"finish_within_seconds": -60}}, InvalidRequestError, "above 0"),
        ({"goal": {"finish_within_seconds": math.nan}}, InvalidRequestError, "must be a number"),
        ({"goal": {"finish_within_seconds": math.inf}}, InvalidRequestError, "must be a number"),
        ({"goal": {"core_hours": HUGE}}, InvalidRequestError, "must be a number"),
        ({"goal": {"core_hours": 1e300}}, InvalidRequestError, "at most 10"),
        ({"goal": {"efficiency": 80}}, InvalidRequestError, "at most 1, not 80"),
        ({"goal": {"efficiency": "0.8"}}, InvalidRequestError, "must be a number"),
        ({"goal": {"efficiency": 0.9, "fastest": True}}, MalformedError, "exactly one of"),
        ({"goal": {}}, MalformedError, "exactly one of"),
        ({"workload": {"variations": -1}}, InvalidRequestError, "above 0, not -1"),
        ({"workload": {"variations": 0}}, InvalidRequestError, "above 0, not 0"),
        ({"workload": {"variations": HUGE}}, InvalidRequestError, "finite number"),
        ({"workload": {"variations": "ten"}}, MalformedError, "must be a number"),
        (
            {"workload": {"events": 10}},
            InvalidRequestError,
            "Cannot scale by events: .* as variations",
        ),
        ({"name": ""}, MalformedError, "must be a non-empty string"),
        ({"name": "\ud800"}, MalformedError, "must be a string"),
        ({"name": "a\0"}, MalformedError, "must be a string"),
        ({"name": "z" * 5000}, MalformedError, "at most 500"),
        ({"name": "Zee", "runs": ["0" * 32]}, MalformedError, "exactly one of"),
        ({"name": "nothing"}, NotFoundError, "no run of 'nothing'"),
        ({"runs": ["\ud800"]}, NotFoundError, "There is no run"),
        ({"runs": ["f" * 32]}, NotFoundError, "It may have been deleted"),
        ({"name": "failed"}, InvalidRequestError, "it did not succeed.*1, 2 and 4 workers first"),
        ({"name": "serial"}, InvalidRequestError, "no Dask loop.*1, 2 and 4 workers first"),
        ({"profile": "zee", "options": {"cores": HUGE}}, InvalidRequestError, "finite number"),
        (
            {"profile": "zee", "options": {"cores": 10**30}},
            InvalidRequestError,
            "A worker cannot have",
        ),
        (
            {"profile": "zee", "options": {"cores": 128}},
            InvalidRequestError,
            "does not fit on a node",
        ),
        ({"profile": "zee", "options": {"memory": "9" * 400}}, InvalidRequestError, "memory"),
        (
            {"profile": "zee", "options": {"memory": "600 GB"}},
            InvalidRequestError,
            "does not fit on a node",
        ),
        ({"profile": "other"}, NotFoundError, "no profile"),
    ],
)
def test_what_can_not_be_is_refused_with_the_reason(service, body, kind, words):
    whose = {} if {"runs", "name"} & body.keys() else {"name": "Zee"}
    with pytest.raises(kind, match=words):
        service.advise(question_from({"goal": {"fastest": True}, **whose, **body}))


def test_runs_whose_amounts_are_in_other_units_are_not_believed():
    runs = [
        timed(4, 25.0, workload={"events": 5000}),
        timed(2, 50.0, workload={"events": 5}),  # thousands
        timed(1, 100.0, workload={"events": 5000}),
        timed(8, 13.0, workload={"events": 5000}),
    ]
    advice = advice_for(runs, FASTEST, Shape())
    assert any("different units" in warning for warning in advice.warnings)


def test_work_far_beyond_what_was_measured_is_a_guess():
    runs = [timed(4, 25.0, variations=10), timed(2, 50.0, variations=10)]
    for amount, is_guess in ((10, False), (40, False), (41, True), (2, True)):
        warnings = advice_for(runs, FASTEST, Shape(), {"variations": amount}).warnings
        assert any("by more than a factor of four" in warning for warning in warnings) is is_guess


def test_runs_of_a_serial_program_say_that_sharing_it_is_assumed():
    advice = advice_for([timed(1, 50.0, approach="serial")], FASTEST, Shape())
    assert any(
        "this assumes that their work can be distributed over workers" in w for w in advice.warnings
    )


def test_runs_that_others_disturbed_say_so():
    advice = advice_for([timed(2, 50.0, alone=False), timed(4, 25.0)], FASTEST, Shape())
    assert any("1 of 2 runs shared their cluster" in warning for warning in advice.warnings)
    advice = advice_for([timed(2, 50.0, other_pods=1), timed(4, 25.0)], FASTEST, Shape())
    assert any("1 of 2 runs had workers of other" in warning for warning in advice.warnings)


def test_a_failed_run_among_good_ones_is_left_out_and_named():
    failed = timed(8, 1.0, status="failed", error=RunError("E", "no"))
    advice = advice_for([failed, timed(4, 25.0)], FASTEST, Shape())
    assert advice.evidence == (timed(4, 25.0).id,)
    assert any("it did not succeed" in warning for warning in advice.warnings)


def test_runs_of_no_measurable_length_are_no_reason_to_fail():
    quick = timed(4, 0.0, fixed=1e-9)
    advice = advice_for([quick], Goal(name="efficiency", value=0.5), Shape())
    assert advice.workers >= 1


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.sampled_from([HUGE, -HUGE, 10**30, 0, -1, 1e308, 5e-324])
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
whose = st.sampled_from([{"name": "Zee"}, {"runs": [f"{3:032x}"]}, {"code_sha256": "sha"}])
goals = st.just({"fastest": True}) | st.builds(
    lambda name, value: {name: value},
    st.sampled_from(["finish_within_seconds", "efficiency", "core_hours"]),
    st.floats(1e-9, 1) | anything,
)
options = st.dictionaries(
    st.sampled_from(["workers", "cores", "memory", "other"]), st.integers(0, 2**40) | anything
)
bodies = st.builds(
    lambda whose, goal, more: {**whose, "goal": goal, **more},
    whose,
    goals,
    st.fixed_dictionaries(
        {},
        optional={
            "profile": st.just("zee") | st.text(max_size=5),
            "options": options | anything,
            "workload": st.dictionaries(st.just("variations"), anything) | anything,
            "name": anything,
        },
    ),
)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(bodies)
def test_any_question_is_answered_in_json_or_refused_in_a_sentence(service, body):
    try:
        advice = service.advise(question_from(body))
    except HrlabError as error:
        assert any(isinstance(error, kind) for kind, _ in STATUS)  # noqa: PT017
        assert error.message.endswith((".", "?", ")"))  # noqa: PT017
        assert len(error.message) < 1000  # noqa: PT017
    else:
        json.dumps(encode(advice), allow_nan=False)
        assert advice.wall_seconds.low <= advice.wall_seconds.expected <= advice.wall_seconds.high
