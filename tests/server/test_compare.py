"""Comparison over HTTP."""

from __future__ import annotations

from dataclasses import replace

import jsonschema
import pytest

from hrlab.model.run import Source
from tests.comparison.runs import published, run
from tests.render.runs import golden
from tests.server.openapi import DOCUMENT

SCHEMA = {
    **DOCUMENT["components"]["schemas"]["Comparison"],
    "components": DOCUMENT["components"],
}


async def test_published_table_is_compared(ask, kernel):
    runs = published()
    for one in runs:
        kernel.save(one)
    answer = await ask("GET", "compare", ids=",".join(one.id for one in runs))
    assert answer.status == 200, answer.text
    jsonschema.Draft202012Validator(SCHEMA).validate(answer.json)
    assert "8.2 times faster than serial" in answer.json["headline"]
    assert [column["label"] for column in answer.json["published"]["columns"]][1] == "serial"
    assert answer.json["difference"] is None
    assert list(answer.json["charts"]) == ["time", "speed-up", "efficiency", "work"]


@pytest.mark.parametrize(
    ("parameters", "status", "said"),
    [
        ({"ids": "0" * 32}, 404, "There is no run"),
        ({"ids": ""}, 422, "needs two"),
        ({}, 422, "needs two"),
        ({"ids": ",".join(f"{i:032x}" for i in range(300))}, 400, "too many"),
        ({"idz": "a"}, 400, "ids"),
    ],
)
async def test_what_can_not_be_compared_is_refused_in_words(ask, parameters, status, said):
    answer = await ask("GET", "compare", **parameters)
    assert answer.status == status
    assert said in answer.error["message"]


async def test_run_is_compared_with_earlier_ones_of_its_code(ask, kernel):
    runs = [run(10, threads=1, phases=False), run(5, threads=2, phases=False)]
    other = run(7, threads=3, phases=False, source=Source(kind="cell", code_sha256="other"))
    for one in (*runs, other):
        kernel.save(one)
    answer = await ask("GET", "compare", like=runs[1].id)
    assert answer.status == 200, answer.text
    assert [group["key"] for group in answer.json["groups"]] == [1, 2]


async def test_unknown_groupings_are_refused(ask, kernel):
    runs = [run(1, phases=False), run(2, phases=False)]
    for one in runs:
        kernel.save(one)
    ids = ",".join(one.id for one in runs)
    for parameters in ({"by": "colour"}, {"baseline": "nothing"}, {"over": "cores"}):
        answer = await ask("GET", "compare", ids=ids, **parameters)
        assert answer.status == 400, answer.text


async def test_run_is_compared_with_the_one_before_it(ask, kernel):
    runs = [run(10 - i, threads=2, phases=False) for i in range(3)]
    for one in runs:
        kernel.save(one)
    answer = await ask("GET", "compare", previous=runs[2].id)
    assert answer.status == 200, answer.text
    jsonschema.Draft202012Validator(SCHEMA).validate(answer.json)
    found = answer.json["difference"]
    assert (found["before"], found["after"]) == (runs[1].id, runs[2].id)
    assert found["lines"][0]["after_seconds"] == 8
    answer = await ask("GET", "compare", previous=runs[0].id)
    assert answer.status == 404
    assert "no earlier successful run of the same code" in answer.error["message"]


async def test_two_that_succeeded_are_compared_in_whole_beside_one_that_did_not(ask, kernel):
    runs = [
        replace(golden("run_v1_resources"), id=f"{number}" * 32, status=status, started_at=number)
        for number, status in enumerate(("ok", "failed", "ok"))
    ]
    for one in runs:
        kernel.save(one)
    answer = await ask("GET", "compare", ids=",".join(one.id for one in runs))
    assert answer.status == 200, answer.text
    assert "group" in {line["part"] for line in answer.json["difference"]["lines"]}
    assert "resources-cpu" in answer.json["charts"]


async def test_difference_goes_from_the_baseline_to_the_other(ask, kernel):
    runs = [run(10, threads=2, phases=False), run(5, threads=4, phases=False)]
    for one in runs:
        kernel.save(one)
    ids = ",".join(one.id for one in runs)
    for baseline, before in (("2", runs[0]), ("4", runs[1])):
        answer = await ask("GET", "compare", ids=ids, by="threads", baseline=baseline)
        assert answer.json["difference"]["before"] == before.id
