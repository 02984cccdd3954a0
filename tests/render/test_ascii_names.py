"""Names that users chose are text in every picture, also for versions of Vega-Lite that write them into expressions."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest
import vl_convert

from hrlab.comparison.service import ComparisonQuestion, compared_runs
from hrlab.render.charts import VIEWS, chart
from tests.comparison.runs import run
from tests.render.runs import golden

EVERYTHING = string.printable
#: What vl-convert has that is nearest to JupyterLab's 5.6.1, and what it draws with otherwise.
VERSIONS = ("5.8", "5.20")


def drawn(spec, version):
    return vl_convert.vegalite_to_svg({**spec, "width": 420}, vl_version=version)


@pytest.mark.parametrize("version", VERSIONS)
def test_names_of_all_printable_characters_are_drawn_in_comparisons(version):
    name = EVERYTHING
    labels = [{name: name}, {name: f"{name} again"}]
    runs = [
        run(10 + i, threads=1 + i, name=name, labels=labels[i], workload={name: 5.0 + i})
        for i in (0, 1)
    ]
    for by in (None, "run", f"label:{name}", f"workload:{name}"):
        found = compared_runs(runs, ComparisonQuestion(by=by)).charts()
        for picture in found.values():
            assert drawn(picture.spec, version).startswith("<svg")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("view", VIEWS)
def test_names_of_all_printable_characters_are_drawn_of_a_run(view, version):
    one = golden("run_v1_resources")
    clusters = tuple(replace(cluster, name=EVERYTHING) for cluster in one.clusters)
    groups = tuple(replace(group, name=EVERYTHING) for group in one.groups)
    odd = replace(one, name=EVERYTHING, clusters=clusters, groups=groups)
    assert drawn(chart(odd, view).spec, version).startswith("<svg")


def test_quotes_in_a_name_stay_quotes_to_the_reader():
    runs = [run(10, threads=1, labels={"cut": 'n"x'}), run(5, threads=2, labels={"cut": "y"})]
    picture = compared_runs(runs, ComparisonQuestion(by="label:cut")).charts()["speed-up"]
    assert "times faster than n”x" in drawn(picture.spec, "5.20")
    assert picture.table.rows[0][0] == 'n"x'
