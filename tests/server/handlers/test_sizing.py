"""Advice over HTTP: documented, and every bad question is answered, not crashed on."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hrlab.model.run import Phases
from hrlab.model.wire import decode, encode
from hrlab.sizing.advice import Advice
from hrlab.sizing.service import question_from
from tests.server.openapi import DOCUMENT
from tests.sizing.runs import timed
from tests.store.making import kept

SCHEMA = {
    **DOCUMENT["components"]["schemas"]["Advice"],
    "components": DOCUMENT["components"],
}


GOLDEN = Path(__file__).parents[2] / "data" / "wire" / "advice_v1.json"


def test_golden_file_is_as_documented_and_reads_as_it_was_written():
    data = json.loads(GOLDEN.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    assert set(data) == set(SCHEMA["properties"])
    chart = data.pop("chart")
    assert encode(decode(Advice, data)) == data
    assert len(chart["table"]["rows"]) == len(data["curve"])


async def test_one_run_is_advised_from_the_history_of_its_code(ask, kernel):
    ids = kept(kernel, timed(1, 100.0), timed(2, 52.0), timed(4, 28.0), timed(4, 5.0, code="other"))
    body = {"runs": [ids[2]], "goal": {"finish_within_seconds": 40}}
    answer = await ask("POST", "sizing", body=body)
    assert answer.status == 200, answer.text
    jsonschema.Draft202012Validator(SCHEMA).validate(answer.json)
    advice = answer.json
    assert sorted(advice["evidence"]) == sorted(ids[:3])
    assert advice["model"] == "universal-scalability"
    assert advice["wall_seconds"]["expected"] <= 40
    assert str(advice["workers"]) in advice["chart"]["spec"]["description"]


async def test_history_is_found_by_name_and_by_code(ask, kernel):
    kept(kernel, timed(4, 28.0, name="Zee"), timed(4, 29.0, name="Zee"))
    for whose in ({"name": "Zee"}, {"code_sha256": "sha"}):
        answer = await ask("POST", "sizing", body={**whose, "goal": {"fastest": True}})
        assert answer.status == 200, answer.text
        assert len(answer.json["evidence"]) == 2


async def test_runs_that_are_not_there_are_404(ask):
    for whose in ({"runs": ["0" * 32]}, {"name": "nothing"}, {"code_sha256": "f" * 64}):
        answer = await ask("POST", "sizing", body={**whose, "goal": {"fastest": True}})
        assert answer.status == 404
        assert "There is no run" in answer.error["message"]


async def test_run_without_dask_says_what_to_do(ask, kernel):
    (run_id,) = kept(
        kernel, timed(1, 10.0, loops=(), groups=(), phases=Phases(22.0, 0.0, 0.0, 0.0))
    )
    answer = await ask("POST", "sizing", body={"runs": [run_id], "goal": {"fastest": True}})
    assert answer.status == 422
    assert "1, 2 and 4 workers first" in answer.error["message"]


async def test_unknown_words_are_400_with_the_nearest(ask):
    answer = await ask("POST", "sizing", body={"run": ["0" * 32], "goal": {"fastest": True}})
    assert answer.status == 400
    assert "runs" in answer.error["message"]


json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
words = st.sampled_from(["runs", "name", "code_sha256", "goal", "profile", "options", "workload"])
goals = st.dictionaries(
    st.sampled_from(["fastest", "finish_within_seconds", "efficiency", "core_hours"]), json_values
)


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(json_values | st.dictionaries(words, json_values | goals))
def test_any_body_is_a_question_or_a_clear_refusal(body):
    from hrlab.model.errors import InvalidRequestError, MalformedError

    try:
        question = question_from(body)
    except (MalformedError, InvalidRequestError) as error:
        assert error.message.endswith((".", "?"))  # noqa: PT017
    else:
        assert question.goal.name == "fastest" or question.goal.value > 0
