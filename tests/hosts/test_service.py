"""What a database of hosts' metrics is asked, what its answers mean, and how long they are kept."""

from __future__ import annotations

import asyncio
import json
import re
from urllib.parse import parse_qs

import pytest

from hrlab.hosts.config import CHARTS, TOKEN_VARIABLE, source_from
from hrlab.hosts.service import KEPT_SECONDS, HostMetrics
from hrlab.model.errors import BackendError, MalformedError
from hrlab.model.run import Environment
from hrlab.shared.http_post import PostAnswer
from tests.store.making import golden, run

URL = {"url": "https://metrics.example.org:9090/prometheus/"}
LOAD = {"Load": {"unit": "", "lines": {"load": 'node_load1{instance=~"$hosts"}'}}}
TIMED = run(1, wall=30.0, started_at=1000.0, environment=Environment(hostname="node1"))


class Database:
    """Answers like Prometheus, from a table of query to answer; counts what it is asked."""

    def __init__(self, *answers: PostAnswer) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, str]] = []
        self.headers: dict[str, str] = {}
        self.now = 0.0

    async def post(self, requests, limit_seconds):
        for request in requests:
            form = {name: value for name, (value,) in parse_qs(request.body.decode()).items()}
            self.asked.append({"url": request.url, **form})
            self.headers = dict(request.headers)
        return self.answers[: len(requests)]

    async def names(self, addresses):
        known = {"10.0.0.11": "node11.example.org"}
        return {one: known[one] for one in addresses if one in known}

    def metrics(self, **configured) -> HostMetrics:
        source = source_from({**URL, **configured}, {})
        return HostMetrics(source, self.post, self.names, lambda: self.now)


def matrix(*series: tuple[dict[str, str], list[tuple[float, str]]]) -> PostAnswer:
    result = [{"metric": labels, "values": values} for labels, values in series]
    return PostAnswer(200, json.dumps({"status": "success", "data": {"result": result}}))


def drawn(metrics, of=TIMED):
    async def in_thread(work):
        return await asyncio.to_thread(work)

    return asyncio.run(metrics.of(of, in_thread))


def test_an_address_is_enough():
    source = source_from(URL, {TOKEN_VARIABLE: "t"})
    assert (source.kind, source.token, source.timeout_seconds) == ("prometheus", "t", 5.0)
    assert source.charts == CHARTS["prometheus"]
    influx = source_from({**URL, "kind": "influx"}, {})
    assert (influx.database, influx.charts) == ("telegraf", CHARTS["influx"])
    assert source.name == "Prometheus at metrics.example.org:9090"
    assert "'t'" not in repr(source)


@pytest.mark.parametrize(
    ("configured", "said"),
    [
        ({}, "needs 'url'"),
        ({"url": "metrics.example.org"}, r"http\(s\)://"),
        ({"url": "http://h:port"}, r"http\(s\)://"),
        ({"url": "http://u:p@h"}, "not in the url"),
        ({**URL, "urls": 1}, "Did you mean url"),
        ({**URL, "kind": "graphite"}, "kind must be one of prometheus, influx"),
        ({**URL, "timeout_seconds": 60}, "at most 20"),
        ({**URL, "interval_seconds": "15"}, "interval_seconds must be a number"),
        ({**URL, "charts": {}}, "1 to 8 charts"),
        ({**URL, "charts": {"Load": "node_load1"}}, "chart 'Load' must have only the keys"),
        ({**URL, "charts": {"Load": {"lines": {}}}}, "must have 1 to 6 lines"),
        ({**URL, "charts": {"Load": {"lines": {"load": 1}}}}, "must be a query"),
    ],
)
def test_what_cannot_be_is_refused_with_its_key(configured, said):
    with pytest.raises(MalformedError, match=said):
        source_from(configured, {})


def test_prometheus_is_asked_for_the_run_and_no_more():
    database = Database(matrix(({}, [(1015.0, "2"), (1030.0, "NaN"), (1030.0, "4")])))
    found = drawn(database.metrics(charts=LOAD, token="secret"))
    (asked,) = database.asked
    assert asked["url"] == "https://metrics.example.org:9090/prometheus/api/v1/query_range"
    assert (asked["start"], asked["end"], asked["step"]) == ("1015.000", "1037.500", "15.000")
    assert "node1([.]" in asked["query"]
    assert database.headers["Authorization"] == "Bearer secret"
    (chart,) = found["charts"]
    assert chart["table"]["rows"] == [["load", 0.0, 2.0], ["load", 15.0, 4.0], ["load", 30.0, 4.0]]
    assert chart["spec"]["title"]["text"] == "Load"
    assert found["note"] == "All activity on node1, by any user. Each value covers 15 s."


def test_workers_hosts_are_asked_for_by_address_and_by_name():
    database = Database(matrix())
    drawn(database.metrics(charts=LOAD), golden("run_v1_resources"))
    query = database.asked[0]["query"]
    hosts = re.fullmatch(r'node_load1\{instance=~"(.*)"\}', query)[1]
    for label in ("10.0.0.11:9100", "10.0.0.12:9100", "node11", "node11.example.org:9100"):
        assert re.fullmatch(hosts, label)


def test_several_series_are_told_apart_and_at_most_six_drawn():
    series = [({"instance": f"node{i}"}, [(1015.0, str(i))]) for i in range(9)]
    found = drawn(Database(matrix(*series)).metrics(charts=LOAD))
    lines = {row[0] for row in found["charts"][0]["table"]["rows"]}
    assert lines == {f"load node{i}" for i in range(3, 9)}
    assert found["note"].endswith("3 more lines are not drawn.")


def test_one_refused_query_does_not_take_the_others_away():
    charts = {**LOAD, "Odd": {"lines": {"odd": "sum("}}}
    refused = PostAnswer(400, '{"status": "error", "error": "parse error at secret"}')
    database = Database(matrix(({}, [(1015.0, "2")])), refused)
    found = drawn(database.metrics(charts=charts, token="secret"))
    assert [chart["title"] for chart in found["charts"]] == ["Load"]
    assert found["note"].endswith("Odd, odd: it answered 400 parse error at ….")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (PostAnswer(0, "no answer (refused)"), "no answer"),
        (PostAnswer(401, "<html>"), "it answered 401"),
        (PostAnswer(200, "<html>"), "not from Prometheus"),
        (PostAnswer(200, '{"status": "success", "data": {"result": [1]}}'), "not from Prometheus"),
        (PostAnswer(200, "[" * 100_000), "not from Prometheus"),
    ],
)
def test_what_is_no_answer_is_said(answer, said):
    with pytest.raises(BackendError, match=said):
        drawn(Database(answer).metrics(charts=LOAD))


def test_answers_are_kept_shortly_but_not_failures():
    database = Database(PostAnswer(503, ""))
    metrics = database.metrics(charts=LOAD)
    with pytest.raises(BackendError):
        drawn(metrics)
    database.answers = [matrix(({}, [(1015.0, "2")]))]
    assert drawn(metrics) == drawn(metrics)
    assert len(database.asked) == 2
    database.now += KEPT_SECONDS
    drawn(metrics)
    assert len(database.asked) == 3
