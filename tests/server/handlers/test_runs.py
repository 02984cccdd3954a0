"""The endpoints of runs."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing

import pytest

from hrlab.history.service import RunService
from hrlab.server.handler import VERBS, to_json
from tests.store.making import begun, golden, run

GOLDEN = golden()


@pytest.fixture
def path():
    return f"runs/{GOLDEN.id}"


async def test_list_is_empty_before_the_first_run(ask):
    answer = await ask("GET", "runs")
    assert answer.json == {"runs": [], "total": 0, "seq": 0}
    assert answer.headers["Content-Type"] == "application/json"


async def test_list_is_filtered_and_paged(ask, kernel):
    for number in range(5):
        kernel.finish(run(number, labels={"parity": str(number % 2), "all": "=x"}))
    kernel.start(begun(5))

    async def numbers(**parameters):
        answer = await ask("GET", "runs", **parameters)
        assert answer.status == 200, answer.text
        return [int(found["name"].split()[1]) for found in answer.json["runs"]]

    assert await numbers() == [5, 4, 3, 2, 1, 0]
    assert await numbers(limit=2, offset=1) == [4, 3]
    assert await numbers(label="parity=1") == [3, 1]
    assert await numbers(label=["parity=1", "all==x"]) == [3, 1]
    assert await numbers(status="running") == [5]
    assert await numbers(since=run(4).started_at) == [5, 4]
    assert await numbers(text="RUN 3") == [3]
    assert await numbers(notebook="a.ipynb", limit=1) == [5]
    assert await numbers(notebook="b.ipynb") == []


async def test_what_jupyterlab_adds_to_an_address_is_no_parameter(ask):
    parameters = {"1700000000000": "", "no_track_activity": "1"}
    assert (await ask("GET", "runs", **parameters)).status == 200


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"labels": "a=b"}, "Unknown parameter 'labels'. Did you mean label?"),
        ({"zzz": "1"}, "Known are label, limit"),
        ({"limit": "0"}, "limit=0 is not a whole number from 1 to 200"),
        ({"limit": "201"}, "from 1 to 200"),
        ({"limit": "ten"}, "limit=ten is not"),
        ({"limit": "1_0"}, "limit=1_0 is not"),
        ({"limit": ["1", "2"]}, "limit=1, 2 is not given once"),
        ({"offset": "-1"}, "offset=-1 is not a whole number"),
        ({"offset": "9" * 400}, "is not a whole number"),
        ({"since": "nan"}, "since=nan is not a time"),
        ({"since": "yesterday"}, "is not a time in seconds since 1970"),
        ({"status": "runing"}, "Did you mean running?"),
        ({"label": "detector"}, "label=detector is not of the form key=value"),
        ({"label": "=x"}, "not of the form key=value"),
    ],
)
async def test_parameter_that_cannot_be_meant_is_said(ask, parameters, message):
    answer = await ask("GET", "runs", **parameters)
    assert (answer.status, answer.error["code"]) == (400, "malformed")
    assert message in answer.error["message"]


async def test_run_whose_kernel_is_gone_is_listed_as_interrupted(ask, kernel):
    kernel.start(begun())
    with closing(sqlite3.connect(kernel.path)) as raw, raw:
        raw.execute("UPDATE running SET process_started = 'an earlier boot'")
    [listed] = (await ask("GET", "runs")).json["runs"]
    assert (listed["status"], listed["warnings"]) == ("interrupted", ["interrupted"])


async def test_record_is_put_once_and_got_back(ask, path):
    first = await ask("PUT", path, body={**GOLDEN.to_dict(), "novelty": [1]})
    again = await ask("PUT", path, body=GOLDEN.to_dict())
    assert (first.status, again.status) == (201, 200)
    assert (await ask("GET", path)).json == {**GOLDEN.to_dict(), "novelty": [1]}
    assert (await ask("GET", "runs")).json["total"] == 1


async def test_deleted_run_is_gone_is_not_put_again_and_comes_back(ask, path):
    await ask("PUT", path, body=GOLDEN.to_dict())
    deleted = await ask("DELETE", path)
    assert (deleted.status, deleted.text) == (204, "")
    assert (await ask("GET", path)).status == 404
    assert (await ask("DELETE", path)).error["code"] == "not-found"
    refused = await ask("PUT", path, body=GOLDEN.to_dict())
    assert (refused.status, refused.error["code"]) == (409, "conflict")
    restored = await ask("PATCH", path, body={"deleted": False})
    assert (restored.status, restored.json["name"]) == (200, GOLDEN.name)
    assert (await ask("GET", path)).json == GOLDEN.to_dict()


async def test_run_is_renamed_labelled_and_noted(ask, path):
    await ask("PUT", path, body=GOLDEN.to_dict())
    changed = await ask("PATCH", path, body={"name": "new", "labels": {"k": "v"}, "note": ""})
    assert changed.status == 200
    assert changed.json == (await ask("GET", "runs")).json["runs"][0]
    record = (await ask("GET", path)).json
    assert (record["name"], record["labels"], record["note"]) == ("new", {"k": "v"}, "")


@pytest.mark.parametrize(
    ("patch", "status", "message"),
    [
        ({}, 400, "any of name, labels, note, deleted"),
        ([], 400, "must be a JSON object"),
        ({"nam": "x"}, 400, "Did you mean name?"),
        ({"wall_seconds": 1}, 400, "cannot be changed"),
        ({"name": None}, 422, "name must be a string"),
        ({"name": "x" * 501}, 422, "the limit is 500"),
        ({"note": "x" * 20_001}, 422, "the limit is 20000"),
        ({"labels": {"k": 1}}, 422, "values are strings"),
        ({"labels": {str(n): "" for n in range(101)}}, 422, "the limit is 100"),
        ({"labels": {"": "x"}}, 422, "must have a key"),
        ({"deleted": True}, 422, "DELETE deletes"),
        ({"deleted": 0}, 422, "DELETE deletes"),
    ],
)
async def test_impossible_change_is_refused_and_changes_nothing(ask, path, patch, status, message):
    await ask("PUT", path, body=GOLDEN.to_dict())
    answer = await ask("PATCH", path, body=patch)
    assert answer.status == status, answer.text
    assert message in answer.error["message"]
    assert (await ask("GET", path)).json == GOLDEN.to_dict()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "1" * 32}, "was sent to the address of run"),
        ({"id": "../../etc"}, "32 hexadecimal digits"),
        ({"status": "running"}, "still running"),
        ({"status": "fine"}, "record.status"),
        ({"wall_seconds": "long"}, "record.wall_seconds must be a number"),
        ({"wall_seconds": 1.0}, "add up to"),
        ({"schema_version": 99}, "Update hrlab"),
        ({"started_at": 10**400}, "record.started_at must be a finite number"),
    ],
)
async def test_impossible_record_is_refused(ask, path, change, message):
    answer = await ask("PUT", path, body={**GOLDEN.to_dict(), **change})
    assert (answer.status, answer.error["code"]) == (422, "invalid-record")
    assert message in answer.error["message"]
    assert (await ask("GET", "runs")).json["total"] == 0


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}'])
@pytest.mark.parametrize("verb", ["PUT", "PATCH"])
async def test_body_that_is_not_json_is_refused(ask, path, raw, verb):
    answer = await ask(verb, path, raw=raw)
    assert (answer.status, answer.error["code"]) == (400, "malformed")
    assert "not valid JSON" in answer.error["message"]


async def test_body_over_the_limit_is_refused(ask, path, jp_serverapp):
    limit = jp_serverapp.extension_manager.extension_points["hrlab"].app.max_record_bytes
    record = {**GOLDEN.to_dict(), "padding": "x" * limit}
    answer = await ask("PUT", path, body=record)
    assert (answer.status, answer.error["code"]) == (413, "too-large")
    assert answer.error["detail"]["limit_bytes"] == limit
    assert "HRLab.max_record_bytes" in answer.error["message"]


@pytest.mark.parametrize("view", ["timeline", "phases", "workers", "cpu", "disk"])
async def test_chart_comes_with_its_table(ask, path, view):
    await ask("PUT", path, body=GOLDEN.to_dict())
    answer = await ask("GET", f"{path}/chart", view=view)
    assert "vega-lite/v5" in answer.json["spec"]["$schema"]
    assert answer.json["table"]["columns"]


async def test_figures_come_with_their_formulas_and_advice_with_its_evidence(ask, path):
    await ask("PUT", path, body=GOLDEN.to_dict())
    answer = await ask("GET", f"{path}/figures")
    efficiency = next(one for one in answer.json["figures"] if one["name"] == "efficiency")
    assert efficiency["text"].endswith(" %")
    assert "average threads" in efficiency["formula"]
    assert [one["code"] for one in answer.json["advice"]] == []
    assert (await ask("GET", "runs/00/figures")).status == 404


async def test_unknown_view_and_chart_of_no_run_are_said(ask, path):
    answer = await ask("GET", f"{path}/chart", view="timelin")
    assert answer.status == 400
    assert "Did you mean timeline?" in answer.error["message"]
    assert (await ask("GET", f"{path}/chart")).status == 404


async def test_unknown_run_is_said_for_every_verb(ask):
    for verb in ("GET", "PATCH", "DELETE"):
        answer = await ask(verb, "runs/f00", body={"name": "x"})
        assert (answer.status, answer.error["code"]) == (404, "not-found")
        assert answer.error["message"].startswith("There is no run f00.")


async def test_unknown_address_is_said_in_json(ask):
    for path in ("run", "runs/x/y/z", ""):
        for verb in VERBS:
            answer = await ask(verb.upper(), path)
            assert answer.status == 404, (verb, path)
    assert "Did you mean runs?" in (await ask("GET", "run")).error["message"]


async def test_wrong_verb_is_refused_in_the_same_shape(ask, path):
    answer = await ask("POST", path)
    assert (answer.status, answer.error["code"]) == (405, "method-not-allowed")
    assert answer.headers["Allow"] == "GET, PUT, PATCH, DELETE"
    assert (await ask("DELETE", "runs")).headers["Allow"] == "GET"


async def test_store_that_cannot_be_used_is_a_503_that_says_why_and_heals(ask, store_of_the_test):
    store_of_the_test.parent.mkdir()
    store_of_the_test.write_bytes(b"not a database" * 100)
    answer = await ask("GET", "runs")
    assert (answer.status, answer.error["code"]) == (503, "store-unavailable")
    assert answer.error["detail"]["reason"] == "corrupt"
    assert "Move it away" in answer.error["message"]
    store_of_the_test.unlink()
    assert (await ask("GET", "runs")).status == 200


@pytest.mark.parametrize(
    "filters",
    [{"text": " ".join(f"w{number}" for number in range(1200))}, {"label": ["a=b"] * 990}],
    ids=["words", "labels"],
)
async def test_filter_that_is_too_long_is_refused_and_says_nothing_bad_of_the_store(ask, filters):
    answer = await ask("GET", "runs", **filters)
    assert answer.status == 400
    assert "the limit is 100" in answer.error["message"]
    assert "Move it away" not in answer.error["message"]


@pytest.mark.parametrize(
    "filters", [{"text": "w " * 100}, {"label": ["a=b"] * 100}], ids=["words", "labels"]
)
async def test_longest_filter_is_taken(ask, filters):
    assert (await ask("GET", "runs", **filters)).status == 200


async def test_unexpected_failure_is_logged_with_traceback_and_answered_without_internals(
    ask, monkeypatch, caplog
):
    def fail(*_):
        raise RuntimeError("the secret")

    monkeypatch.setattr(RunService, "page", fail)
    answer = await ask("GET", "runs")
    assert (answer.status, answer.error["code"]) == (500, "internal")
    assert "secret" not in answer.text
    assert any(record.exc_info and "the secret" in caplog.text for record in caplog.records)


async def test_what_users_write_is_sent_as_json_and_nothing_else(ask, kernel):
    nasty = "</script><img src=x onerror=alert(1)>"
    kernel.finish(run(name=nasty, labels={nasty: nasty}))
    answer = await ask("GET", "runs")
    assert answer.headers["Content-Type"] == "application/json"
    assert "nosniff" in answer.headers["X-Content-Type-Options"]
    assert json.loads(answer.text)["runs"][0]["name"] == nasty


def test_no_answer_holds_a_number_that_json_does_not_have():
    assert to_json({"a": [1.0, float("nan")], "b": (float("inf"), {"c": float("-inf")})}) == (
        '{"a": [1.0, null], "b": [null, {"c": null}]}'
    )
