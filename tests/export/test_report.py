"""Reports stand alone: complete, safe to open, and without what is kept back."""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from hrlab.export.pictures import NoPicturesError, draw
from hrlab.export.report import ReportQuestion, report
from hrlab.history.service import RunService
from hrlab.model.errors import InvalidRequestError, MalformedError, NotFoundError
from hrlab.store.sqlite import RunStore
from tests.comparison.runs import published
from tests.render.runs import golden, hostile

VOID = {"meta", "img", "br", "hr"}


class Reader(HTMLParser):
    """Elements, attributes and text of a page; complains of tags that do not match."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes, self.open, self.text = Counter(), [], [], ""

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


@pytest.fixture
def service(tmp_path):
    store = RunStore.open(tmp_path / "runs.sqlite")
    for run in (*published(), golden(), replace(hostile(), id="c" * 32)):
        store.save(run)
    yield RunService(store)
    store.close()


def ids_of(service, name="run "):
    from hrlab.store.query import RunQuery

    return [run.id for run in service.page(RunQuery()).runs if run.name.startswith(name)]


def assert_stands_alone(page: Reader) -> None:
    loading = {"script", "link", "iframe", "object", "embed", "base", "form", "foreignobject", "a"}
    assert not loading & set(page.tags)
    names = {name for name, _ in page.attributes}
    assert not [name for name in names if name.startswith("on") or name in ("src", "srcset")]
    for name, value in page.attributes:
        if "href" in name:
            assert value.startswith("#")
        assert not re.search(r"url\((?!#)", value or "")
    ids = Counter(value for name, value in page.attributes if name == "id")
    assert [one for one, count in ids.items() if count > 1] == []
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'; img-src data:") in (
        page.attributes
    )


def test_report_of_a_run_has_its_bar_charts_facts_and_code(service):
    run = golden()
    found = report(service, ReportQuestion(ids=[run.id]))
    page = read(found.html)
    assert_stands_alone(page)
    assert (found.title, found.without_charts) == (run.name, None)
    assert page.tags["svg"] >= 3
    for said in ("Phases, stages and marks over time", "offload-naples", run.id, "2 min 17 s"):
        assert said in page.text
    assert run.source.code in page.text


def test_what_a_user_wrote_can_not_become_markup(service):
    page = read(report(service, ReportQuestion(ids=["c" * 32])).html)
    assert_stands_alone(page)
    assert page.tags["svg"] >= 1
    assert '<script>alert("x")</script>' in page.text


def test_report_of_a_comparison_answers_first_and_names_its_runs(service):
    ids = ids_of(service)
    found = report(service, ReportQuestion(ids=ids, baseline="local"))
    page = read(found.html)
    assert_stands_alone(page)
    assert page.tags["h1"] == 1
    assert "4.5 times faster than local" in found.title
    assert found.title in page.text
    assert page.tags["svg"] == 4
    assert [run_id for run_id in ids if run_id[:8] not in page.text] == []
    # Every number of the table of groups can be traced: its runs stand beside the group's name.
    rows = re.findall(r"<tr><t.>(.*?)</t.><t.>([0-9a-f]{8})[ <]", found.html)
    assert {group.partition(",")[0] for group, _ in rows} >= {"serial", "local"}
    assert len(rows) == len(ids)


def test_the_baseline_of_single_runs_is_told_by_its_name(service):
    ids = ids_of(service)[:2]
    page = read(report(service, ReportQuestion(ids=ids, by="run", baseline=ids[0])).html)
    assert f"Baseline: {service.get(ids[0])['name']}." in page.text


def test_without_vl_convert_the_page_says_so_and_has_the_tables(service, monkeypatch):
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    found = report(service, ReportQuestion(ids=ids_of(service)))
    page = read(found.html)
    assert page.tags["svg"] == 0
    assert "pip install 'hrlab[report]'" in page.text
    assert found.without_charts in page.text
    assert "8.225" in page.text


def test_chart_that_the_engine_can_not_take_costs_the_chart_and_not_the_process():
    with pytest.raises(NoPicturesError, match="rendering failed"):
        draw({"bad": {"mark": {"type": "no such mark"}}})


def test_what_is_kept_back_is_in_no_report(service):
    run = golden()
    assert "alice" in report(service, ReportQuestion(ids=[run.id])).html
    html = report(service, ReportQuestion(ids=[run.id], secrets=("code", "user", "paths"))).html
    assert [word for word in ("alice", run.source.code, "analysis/zee.ipynb") if word in html] == []
    assert "Removed: code, user, paths." in html


def test_what_can_not_be_reported_is_said(service):
    with pytest.raises(MalformedError, match="needs at least one run"):
        report(service, ReportQuestion(ids=[]))
    with pytest.raises(MalformedError, match="too many for a report"):
        report(service, ReportQuestion(ids=[f"{i:032x}" for i in range(201)]))
    with pytest.raises(NotFoundError):
        report(service, ReportQuestion(ids=["d" * 32]))
    with pytest.raises(InvalidRequestError, match="needs two"):
        report(service, ReportQuestion(ids=[golden().id, "c" * 32]))
