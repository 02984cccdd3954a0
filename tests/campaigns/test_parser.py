"""A campaign's file: what it says, and messages with the line where it goes wrong."""

from __future__ import annotations

import pytest

from hrlab.campaigns.parser import read_sweep
from hrlab.campaigns.sweep import Budget
from hrlab.model.errors import MalformedError

GOOD = """\
campaign: Zee scaling
notebook: zee.ipynb
profiles:
  serial: {parameters: {MODE: serial}}
  local:
    workers: [1, 2]
    options: {cores: 1}
  offload:
workers: 10
parameters:
  VARIATIONS: [10, 50]
  REPLICAS: 20
repeats: 2
cluster: warm
pause_seconds: 1.5
budget: {seconds: 3600, core_hours: 2, points: 100}
workload: {variations: VARIATIONS, events: 5000}
labels: {site: naples, year: 2024}
"""


@pytest.fixture
def read(tmp_path):
    def read_(text):
        path = tmp_path / "study.yaml"
        path.write_text(text, encoding="utf-8")
        return read_sweep(path)

    return read_


def test_all_of_it_is_read(read):
    sweep = read(GOOD)
    assert [(side.profile, side.workers) for side in sweep.sides] == [
        ("serial", ()),
        ("local", (1, 2)),
        ("offload", (10,)),
    ]
    assert sweep.parameters == {"VARIATIONS": (10, 50), "REPLICAS": (20,)}
    assert sweep.budget == Budget(seconds=3600, core_hours=2, points=100)
    assert sweep.labels == {"site": "naples", "year": "2024"}
    assert (sweep.name, sweep.cluster, sweep.compare_by) == ("Zee scaling", "warm", "workers")


def test_little_is_needed(read):
    sweep = read("notebook: zee.ipynb\nprofiles: [serial]\n")
    assert (sweep.name, sweep.repeats, sweep.cluster, sweep.parameters) == ("study", 3, "fresh", {})


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("notebook: zee.ipynb\n", "", 1, "`notebook` is missing"),
        ("repeats: 2", "repeat: 2", 13, "unknown key `repeat`. Did you mean repeats"),
        ("repeats: 2", "repeats: 0", 13, "from 1 to 1000, not 0"),
        ("repeats: 2", "repeats: true", 13, "not True"),
        ("workers: [1, 2]", "workers: [1, 1]", 6, "different numbers"),
        ("workers: [1, 2]", "workers: [1, two]", 6, "not 'two'"),
        ("options: {cores: 1}", "option: {cores: 1}", 7, "Did you mean options"),
        ("serial: {par", "serial: {workers: [2], par", 4, "`serial` has no cluster"),
        ("VARIATIONS: [10, 50]", "VARIATIONS: [10, 10]", 11, "there twice"),
        ("VARIATIONS: [10, 50]", "VARIATIONS: []", 11, "at least one value"),
        ("VARIATIONS: [10, 50]", "2VAR: [10, 50]", 11, "no name of a variable"),
        ("cluster: warm", "cluster: hot", 14, "fresh or warm, not 'hot'"),
        ("pause_seconds: 1.5", "pause_seconds: -1", 15, "a number from 0 on"),
        ("points: 100", "points: 1.5", 16, "whole number"),
        ("seconds: 3600", "seconds: 0", 16, "above 0"),
        ("variations: VARIATIONS", "variations: VARIATION", 17, "a parameter that is one"),
        ("year: 2024", "year: [2024]", 18, "must be a text"),
        ("repeats: 2", "repeats: 2\nseed: x", 14, "not 'x'"),
        ("repeats: 2", "repeats: 1000\ncells: 5", 14, "a list of ids"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(read, old, new, line, said):
    assert old in GOOD
    with pytest.raises(MalformedError) as refused:
        read(GOOD.replace(old, new))
    assert refused.value.message.startswith(f"study.yaml, line {line}: ")
    assert said in refused.value.message


def test_more_points_than_anybody_means_are_refused(read):
    many = GOOD.replace("REPLICAS: 20", f"REPLICAS: {list(range(2000))}")
    with pytest.raises(MalformedError, match="at most 10000"):
        read(many)
