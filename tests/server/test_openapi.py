"""The OpenAPI file says what the server does."""

from __future__ import annotations

import re

import jsonschema
import pytest

from hrlab.server.app import ROUTES
from hrlab.server.not_found import ENDPOINTS, MissingHandler
from hrlab.server.parameters import _READERS
from tests.server.openapi import DOCUMENT, schema_of
from tests.store.making import begun, golden, run

VERBS = {"get", "head", "post", "put", "patch", "delete"}


def test_it_names_the_very_addresses_and_verbs_that_there_are():
    documented = {
        re.sub(r"\{\w+\}", "([^/]+)", path): {verb.upper() for verb in VERBS & set(operations)}
        for path, operations in DOCUMENT["paths"].items()
    }
    real = {path: set(kind.offered()) for path, kind in ROUTES if kind is not MissingHandler}
    assert documented == real
    assert {path.split("/")[3] for path in real} == set(ENDPOINTS)


def test_it_names_the_very_parameters_that_the_list_takes():
    listed = DOCUMENT["paths"]["/hrlab/api/runs"]["get"]["parameters"]
    assert {parameter["name"] for parameter in listed} == set(_READERS)


@pytest.fixture
def ask_and_check(ask):
    """Sends a request and checks that its answer is documented, status and body."""

    async def ask_(verb, path, status, **arguments):
        answer = await ask(verb, path, **arguments)
        assert answer.status == status, answer.text
        documented = re.sub(r"/[0-9a-f]{32}", "/{id}", f"/hrlab/api/{path}")
        schema = schema_of(documented, verb, status)
        if schema is None:
            assert answer.text == ""
        else:
            jsonschema.Draft202012Validator(schema).validate(answer.json)
        return answer

    return ask_


async def test_every_answer_is_as_documented(ask_and_check, kernel, store_of_the_test):
    kernel.finish(golden())
    kernel.finish(golden("run_v1_failed"))
    kernel.finish(golden("run_v1_imported"))
    kernel.start(begun(1))
    kernel.finish(run(2, code="c"))
    kernel.finish(run(3, code="c"))
    path = f"runs/{golden().id}"
    page = await ask_and_check("GET", "runs", 200)
    assert any(found["change"] for found in page.json["runs"])
    await ask_and_check("GET", "runs", 400, limit=0)
    await ask_and_check("GET", path, 200)
    for view in ("timeline", "phases", "workers", "cpu", "memory", "network", "disk"):
        await ask_and_check("GET", f"{path}/chart", 200, view=view)
    await ask_and_check("GET", f"{path}/chart", 400, view="x")
    await ask_and_check("GET", f"{path}/figures", 200)
    await ask_and_check("PUT", path, 200, body=golden().to_dict())
    await ask_and_check("PUT", f"runs/{run(9).id}", 201, body=run(9).to_dict())
    await ask_and_check("PUT", path, 400, raw=b"{")
    await ask_and_check("PUT", path, 422, body={})
    await ask_and_check("PUT", path, 413, raw=b"x" * 2_000_001)
    await ask_and_check("PATCH", path, 413, raw=b"x" * 2_000_001)
    await ask_and_check("PATCH", path, 200, body={"name": "x"})
    await ask_and_check("PATCH", path, 400, body={"nam": "x"})
    await ask_and_check("PATCH", path, 422, body={"name": 1})
    await ask_and_check("DELETE", path, 204)
    await ask_and_check("DELETE", path, 404)
    await ask_and_check("GET", path, 404)
    await ask_and_check("GET", f"{path}/chart", 404)
    await ask_and_check("PATCH", path, 404, body={"name": "x"})
    await ask_and_check("PUT", path, 409, body=golden().to_dict())


async def test_refusals_and_a_broken_store_are_as_documented(ask_and_check, store_of_the_test):
    store_of_the_test.parent.mkdir()
    store_of_the_test.write_bytes(b"not a database" * 100)
    path = f"runs/{golden().id}"
    for verb, address, body in (
        ("GET", "runs", None),
        ("GET", path, None),
        ("GET", f"{path}/chart", None),
        ("PUT", path, golden().to_dict()),
        ("PATCH", path, {"name": "x"}),
        ("DELETE", path, None),
    ):
        await ask_and_check(verb, address, 503, body=body)
        wrong = {"Authorization": "token nope", "Cookie": "_xsrf=00", "X-XSRFToken": "00"}
        await ask_and_check(verb, address, 403, body=body, headers=wrong)


def test_every_reference_in_it_leads_somewhere():
    references = re.findall(r"'\$ref': '#/([\w/]+)'", repr(DOCUMENT))
    assert len(references) == repr(DOCUMENT).count("'$ref'") > 0
    for reference in references:
        found = DOCUMENT
        for part in reference.split("/"):
            found = found[part]
        assert isinstance(found, dict), reference
