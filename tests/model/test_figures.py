"""Derived figures, against what one reckons by hand from the golden record."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hrlab.model.figures import FEW_SAMPLES, FORMULAS, figure, figures
from hrlab.model.run import Input, Run

WIRE = Path(__file__).parents[1] / "data" / "wire"


@pytest.fixture
def run():
    return Run.from_dict(json.loads((WIRE / "run_v1_resources.json").read_text("utf-8")))


def value(run, name):
    found = figure(run, name)
    return None if found is None else found.value


def test_efficiency_is_task_seconds_over_the_threads_that_were_there_in_the_loops(run):
    # Loops: 4.1 to 104.1 s and 105.45 to 127.45 s. Threads: none to 26.6 s, 4 to 31 s, then 8.
    threads = 4 * (31.0 - 26.5) + 8 * (104.1 - 31.0) + 8 * 22.0
    steps = [(row[0], row[2]) for row in run.clusters[0].workers.history]
    assert steps == [(0.0, 0), (26.5, 4), (31.0, 8)]
    assert value(run, "efficiency") == pytest.approx((610.5 + 12.25) / threads)
    assert value(run, "average_workers") == pytest.approx(threads / 122.0)


def test_occupancy_is_of_the_threads_in_the_loops_alone(run):
    (use,) = run.resources.clusters
    inside = [20 - 4.1, 20, 20, 20, 20, 4.1 + (120 - 105.45), 127.45 - 120]
    cpu = sum(a * b for a, b in zip(inside, use.cpu_cores.total, strict=True))
    threads = sum(a * b for a, b in zip(inside, use.threads, strict=True))
    assert value(run, "cpu_occupancy") == pytest.approx(cpu / threads)
    assert not figure(run, "cpu_occupancy").estimated


def test_occupancy_from_few_samples_is_an_estimate(run):
    coarse = replace(run.resources, interval_seconds=122.0 / FEW_SAMPLES + 1)
    assert figure(replace(run, resources=coarse), "cpu_occupancy").estimated


def test_memory_is_of_the_worker_nearest_to_its_limit(run):
    assert value(run, "peak_memory_share") == 0.9
    assert value(run, "peak_memory") == 2415919104


def test_bytes_read_are_what_the_user_says_then_the_inputs_then_the_hosts(run):
    said = replace(run, workload={"bytes": 137.25e6}, inputs=())
    assert value(said, "data_rate") == pytest.approx(1e6)
    inputs = replace(run, workload={}, inputs=(Input("a", 5), Input("b", 7)))
    assert value(inputs, "bytes_read") == 12
    assert not figure(inputs, "bytes_read").estimated
    counted = figure(replace(run, workload={}, inputs=()), "bytes_read")
    read = 20 * (1e6 + 4e7 + 5e7 + 5e7 + 4.5e7 + 2e7) + 20 * (1e6 + 1e6)
    assert counted.value == pytest.approx(read)
    assert counted.estimated


def test_rates_are_of_the_wall_and_of_the_threads_in_the_loops(run):
    run = replace(run, workload={"events": 1e6})
    assert value(run, "event_rate") == pytest.approx(1e6 / 137.25)
    threads = value(run, "average_workers") * 122.0  # one thread each
    assert value(run, "event_rate_per_core") == pytest.approx(1e6 / threads)
    serial = replace(run, loops=(), clusters=(), resources=None, phases=None)
    assert value(serial, "event_rate_per_core") == value(serial, "event_rate")


def test_run_that_failed_has_no_rates(run):
    failed = replace(run, status="failed", workload={"events": 1e6, "bytes": 1e6})
    assert value(failed, "event_rate") is None
    assert value(failed, "data_rate") is None


def test_nothing_is_said_of_what_was_not_sampled(run):
    names = {one.name for one in figures(replace(run, resources=None))}
    assert not names & {"cpu_occupancy", "peak_memory", "kernel_cpu"}
    assert "efficiency" in names


def test_partial_record_makes_the_efficiency_an_estimate(run):
    assert figure(replace(run, coverage=0.5), "efficiency").estimated


def test_every_figure_has_its_formula(run):
    for one in figures(run):
        assert one.formula == FORMULAS[one.name][2]
