"""When and where a run was."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from hrlab.hosts.window import (
    MAX_POINTS,
    HostLine,
    Stretch,
    hosts_of,
    hosts_pattern,
    on_axis,
    stretches,
    window_of,
    words_pattern,
)
from hrlab.model.run import Cell
from tests.store.making import golden, run

#: 10 s of work, 90 s in which nobody ran anything, 20 s of work.
TWO = (Stretch(0.0, 10.0, 1000.0), Stretch(10.0, 30.0, 1100.0))


def test_a_cell_is_one_stretch():
    (one,) = stretches(run(1, wall=4.0))
    assert (one.start_seconds, one.stop_seconds, one.started_at) == (0.0, 4.0, run(1).started_at)


def test_several_cells_are_where_they_were_on_the_clock():
    cells = (Cell("a", 1, 0.0, 10.0), Cell("b", 2, 10.0, 30.0, started_at=1100.0))
    assert stretches(run(1, wall=30.0, started_at=1000.0, cells=cells)) == TWO


def test_older_records_are_known_to_the_end_of_their_first_cell():
    cells = (Cell("a", 1, 0.0, 10.0), Cell("b", 2, 10.0, 30.0))
    assert stretches(run(1, wall=30.0, started_at=1000.0, cells=cells)) == TWO[:1]


def test_values_of_idle_time_are_left_out_and_those_at_its_edges_cut():
    values = tuple((1000.0 + at, at) for at in (-15, 0, 15, 90, 105, 120))
    assert on_axis(HostLine("x", values), TWO, 15.0) == [
        (0.0, 10.0, 0),
        (10.0, 15.0, 90),
        (15.0, 30.0, 105),
    ]


@pytest.mark.parametrize("seconds", [0.0, 0.5, 15.0, 100.0, 3000.0, 3001.0, 86400.0])
def test_windows_cover_the_run_with_whole_intervals_and_few_values(seconds):
    window = window_of((Stretch(0.0, seconds, 5.0),), 15.0)
    assert window.started_at == 5.0
    assert 1 <= window.points <= MAX_POINTS
    assert window.step_seconds % 15 == 0
    assert window.points * window.step_seconds >= seconds
    assert (window.points - 1) * window.step_seconds <= seconds


def test_hosts_are_the_workers_and_the_kernels_where_they_were_there():
    there = golden("run_v1_resources")
    assert hosts_of(there) == ("10.0.0.11", "10.0.0.12")
    (cluster,) = there.clusters
    here = replace(there, clusters=(replace(cluster, hosts=("127.0.0.1", "10.0.0.11")),))
    assert hosts_of(here) == ("10.0.0.11", "127.0.0.1", "jupyter-alice", "localhost")
    inproc = replace(there, clusters=(replace(cluster, hosts=("10.1.2.3/17/1",)),))
    assert hosts_of(inproc) == ("10.1.2.3",)
    assert hosts_of(replace(there, clusters=())) == ("127.0.0.1", "jupyter-alice", "localhost")
    assert hosts_of(replace(there, clusters=(replace(cluster, hosts=None),))) == ()
    assert hosts_of(run(1)) == ()


@pytest.mark.parametrize(
    ("host", "label", "same"),
    [
        ("node12.example.org", "node12:9100", True),
        ("node12", "node12.example.org:9100", True),
        ("node12", "node12", True),
        ("node12", "node123", False),
        ("node12", "other-node12", False),
        ("10.0.0.7", "10.0.0.7:9100", True),
        ("10.0.0.7", "10.0.0.71", False),
        ("10.0.0.7", "10x0x0x7", False),
    ],
)
def test_hosts_match_with_and_without_domain_and_port(host, label, same):
    assert bool(re.fullmatch(hosts_pattern([host, "z"]), label)) is same


@pytest.mark.parametrize("pattern", [hosts_pattern, words_pattern])
def test_names_in_a_record_cannot_end_a_query(pattern):
    found = pattern(['x"} or secret{a="', "x/ OR 1=1 --", "x'\\", "$window", "(", "a" * 9999])
    assert not set(found) & set("\"'/\\${} =")
    re.compile(found)
    assert len(found) < 1000
