"""What the pictures of a comparison draw is what their tables say: pixels are compared with numbers, in the rendered SVG."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
import vl_convert

from hrlab.comparison.charts import charts
from hrlab.comparison.service import ComparisonQuestion, compared_runs
from tests.comparison import runs as compared
from tests.comparison.runs import run
from tests.render.runs import golden

NUMBER = r"-?\d+(?:\.\d+)?(?:e-?\d+)?"
SCAN = {"name": "scan"}
AGAIN = replace(golden("run_v1_resources"), id="e" * 32, started_at=1.8e9, wall_seconds=151.0)
CASES = {
    "one name, twice": [run(10, threads=2, **SCAN), run(10.1, threads=2, **SCAN)],
    "one name, thrice": [run(wall, **SCAN) for wall in (10, 5, 7)],
    "a name that looks numbered": [run(9, name=name) for name in ("scan", "scan", "scan #2")],
    "names that are one when printed": [run(9, name="scan\n"), run(6, name="scan ")],
    "one name, two amounts": [
        *(run(10, workload={"events": 5}, **SCAN), run(5, workload={"events": 5}, **SCAN)),
        run(20, workload={"events": 10}, **SCAN),
    ],
    "one name, other threads": [run(10, threads=1, **SCAN), run(6, threads=2, **SCAN)],
    "published": compared.published(),
    "cold": [
        *(run(10, threads=1), run(9, threads=2, cold=True), run(6, threads=2, cold=False)),
        *(run(5, threads=2, cold=False), run(3, threads=8)),
    ],
    "resources": [golden("run_v1_resources"), AGAIN],
}


def cases():
    for name, runs in CASES.items():
        yield pytest.param(runs, None, id=f"{name}, as it chooses")
        yield pytest.param(runs, "run", id=f"{name}, by run")


def marks_of(chart, kind):
    svg = vl_convert.vegalite_to_svg({**chart.spec, "width": 420}, vl_version="5.20")
    elements = ET.fromstring(svg).iter()
    return [one for one in elements if one.get("aria-roledescription") == kind]


def bars_of(chart):
    """``[(top, left, right)]`` in pixels."""
    found = []
    for bar in marks_of(chart, "bar"):
        match = re.match(rf"M({NUMBER}),({NUMBER})h({NUMBER})", bar.get("d"))
        left, top, width = (float(number) for number in match.groups())
        found.append((round(top, 3), left, left + width))
    return found


def heights_of(chart, pixels=240):
    """``[(x, height)]`` of the points in pixels."""
    places = [re.findall(NUMBER, one.get("transform")) for one in marks_of(chart, "point")]
    return [(float(x), pixels - float(y)) for x, y in places]


def same_measure(pixels, numbers):
    """Lengths are drawn to one scale: as many, in their order, so many pixels for each unit."""
    assert len(pixels) == len(numbers)
    pairs = list(zip(pixels, numbers, strict=True))
    scale = max(pixels, key=abs) / (max(numbers, key=abs) or 1.0)
    for length, number in pairs:
        assert length == pytest.approx(number * scale, rel=1e-3, abs=0.01)


def drawn_times(chart):
    """Lanes of bars, each of its own, whose parts add up to the wall time."""
    names, walls = zip(*dict.fromkeys((row[0], row[3]) for row in chart.table.rows), strict=True)
    assert len(set(names)) == len(names)
    lanes = defaultdict(list)
    for top, left, right in bars_of(chart):
        lanes[top].append((left, right))
    parts = [sorted(lanes[top]) for top in sorted(lanes)]
    for lane in parts:
        assert lane[0][0] == pytest.approx(0, abs=0.01)
        for (_, end), (begin, _) in pairwise(lane):
            assert begin == pytest.approx(end, abs=0.01)
    same_measure([lane[-1][1] for lane in parts], list(walls))


def drawn_ratios(chart):
    numbers = [row[-1] for row in chart.table.rows]
    if bars := bars_of(chart):
        assert len({top for top, *_ in bars}) == len(numbers)
        assert all(left == pytest.approx(0, abs=0.01) for _, left, _ in bars)
        same_measure([right for *_, right in bars], numbers)
    else:
        same_measure([height for _, height in heights_of(chart)], numbers)


def drawn_work(chart):
    heights = [height for _, height in heights_of(chart)]
    same_measure(heights, [row[2] for row in chart.table.rows])
    assert len(marks_of(chart, "line mark")) == len({row[1] for row in chart.table.rows})


def drawn_differences(chart):
    bars = bars_of(chart)
    assert len({top for top, *_ in bars}) == len(bars)
    zero = min((abs(left - right), left, right) for _, left, right in bars)
    changes = [row[-1] for row in chart.table.rows]
    middles = {
        left if change > 0 else right
        for (_, left, right), change in zip(bars, changes, strict=True)
        if change
    }
    assert max(middles, default=zero[1]) - min(middles, default=zero[1]) < 0.01
    same_measure([right - left for _, left, right in bars], [abs(change) for change in changes])


def drawn_use(chart):
    numbers = {round(row[2], 6) for row in chart.table.rows if row[2] is not None}
    heights = set()
    for line in marks_of(chart, "line mark"):
        heights |= {160 - float(y) for _, y in re.findall(rf"({NUMBER}),({NUMBER})", line.get("d"))}
    scale = max(heights) / (max(numbers) or 1.0)
    for number in numbers:
        assert any(abs(height - number * scale) < 0.05 for height in heights), number
    for height in heights:
        assert any(abs(height - number * scale) < 0.05 for number in numbers), height


def checked(name):
    if name.startswith("resources-"):
        return drawn_use
    return {
        "time": drawn_times,
        "speed-up": drawn_ratios,
        "efficiency": drawn_ratios,
        "work": drawn_work,
        "difference": drawn_differences,
        "difference-groups": drawn_differences,
    }[name]


@pytest.mark.parametrize(("runs", "by"), list(cases()))
def test_every_picture_draws_the_numbers_of_its_table(runs, by):
    found = compared_runs(runs, ComparisonQuestion(by=by))
    assert len({(group.label, group.amount) for group in found.comparison.groups}) == len(
        found.comparison.groups
    )
    for name, chart in found.charts().items():
        checked(name)(chart)


def test_two_runs_of_one_name_have_a_bar_each_and_the_axis_ends_where_the_longer_does():
    found = compared_runs(CASES["one name, twice"], ComparisonQuestion(by="run"))
    assert [group.label for group in found.comparison.groups] == ["scan", "scan #2"]
    picture = charts(found.comparison)["speed-up"]
    assert [row[0] for row in picture.table.rows] == ["scan", "scan #2"]
    said = [bar.get("aria-label") for bar in marks_of(picture, "bar")]
    assert said == [
        "times faster than scan: 1; name: scan",
        "times faster than scan: 0.990099009901; name: scan #2",
    ]
    assert max(right for *_, right in bars_of(picture)) > 300  # of 420: the axis goes to about 1


def test_names_that_differ_are_not_numbered():
    found = compared_runs([run(10, name="old"), run(5, name="new")], ComparisonQuestion(by="run"))
    assert [group.label for group in found.comparison.groups] == ["old", "new"]
