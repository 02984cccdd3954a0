"""Whatever is sent to quotas, sizing and clusters is answered as the OpenAPI file says, and never with 500."""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.handlers.clusters import PROFILES
from tests.server.openapi import DOCUMENT, schema_of
from tests.server.schemas import ANYTHING, near
from tests.sizing.runs import timed
from tests.store.making import kept

#: A run that advice can be given about.
KNOWN = f"{1:032x}"
#: Few for each run of the checks; other values at each, since nothing fixes them.
FUZZ = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def jp_server_config(jp_server_config):
    jp_server_config["HRLab"] = {
        "profiles": PROFILES,
        "groups": lambda _: ["physics"],
        "quotas": {"everybody": {"cores": 12, "clusters": 3, "hours": 5, "memory_bytes": "9 GiB"}},
    }
    return jp_server_config


@pytest.fixture
def check(ask, jp_asyncio_loop):
    """Sends a request, and checks status and body of the answer by the OpenAPI file."""

    def check_(verb, path, documented=None, **arguments):
        answer = jp_asyncio_loop.run_until_complete(ask(verb, path, **arguments))
        operation = DOCUMENT["paths"][f"/hrlab/api/{documented or path}"][verb.lower()]
        assert str(answer.status) in operation["responses"], (arguments, answer.text)
        assert answer.status < 500
        schema = schema_of(f"/hrlab/api/{documented or path}", verb, answer.status)
        jsonschema.Draft202012Validator(schema).validate(answer.json)
        if answer.status >= 400:
            assert answer.error["message"]
        return answer

    return check_


def sent(schema):
    """Bodies: of the schema and near it, anything else, and what is no JSON."""
    described = near({"$ref": f"#/components/schemas/{schema}"})
    as_json = (described | ANYTHING).map(lambda value: json.dumps(value).encode())
    odd = st.sampled_from([b"", b"{", b"NaN", b'{"profile": "zee", "options": {"workers": NaN}}'])
    return as_json | odd | st.binary(max_size=20)


@FUZZ
@given(body=sent("ClusterRequest"))
def test_requests_for_clusters(check, pretended, body):
    answer = check("POST", "clusters", raw=body)
    if answer.status == 201:  # what is granted never exceeds what is allowed
        claims = pretended.claims()
        zee = [one for one in claims if one.profile == "zee"]
        assert sum(one.cores for one in claims) <= 12
        assert sum(one.memory_bytes for one in claims) <= 9 * 2**30
        assert len(zee) <= 2
        check("GET", "quotas")


@FUZZ
@given(body=sent("ClusterChange"))
def test_changes_of_clusters(check, pretended, body):
    if not pretended.known:
        made = check("POST", "clusters", raw=b'{"profile": "zee", "options": {"workers": 1}}')
        assert made.status == 201
    (cluster,) = pretended.known
    check("PATCH", f"clusters/{cluster}", "clusters/{id}", raw=body)
    assert pretended.known[cluster].workers.most <= 12


def about_a_known_run(question):
    """The question about runs that are there, so that what else it says matters."""
    if not isinstance(question, dict):
        return question
    kept = {key: one for key, one in question.items() if key not in ("name", "code_sha256")}
    return {**kept, "runs": [KNOWN]}


QUESTIONS = near({"$ref": "#/components/schemas/SizingQuestion"}).map(about_a_known_run)


@FUZZ
@given(body=sent("SizingQuestion") | QUESTIONS.map(lambda value: json.dumps(value).encode()))
def test_questions_about_sizes(check, kernel, body):
    if kernel.latest() is None:
        assert kept(kernel, timed(1, 100.0), timed(2, 52.0), timed(4, 28.0))[0] == KNOWN
    check("POST", "sizing", raw=body)


@FUZZ
@given(query=st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=5), max_size=2))
def test_parameters_of_quotas(check, query):
    known = {"self", "verb", "path", "body", "raw", "headers", "documented"}
    check("GET", "quotas", **{key: value for key, value in query.items() if key not in known})
