"""Advice from runs: synthetic ones of a known law, and numbers that others published."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from hrlab.model.errors import InvalidRequestError
from hrlab.model.run import (
    Environment,
    Loop,
    Run,
    RunError,
    Stages,
)
from hrlab.model.shape import Shape
from hrlab.sizing.fit import advice_for, fitted
from hrlab.sizing.history import body_of, need_of, point_of, startup_of, without_series
from hrlab.sizing.laws import Startup
from hrlab.sizing.text import advice_text
from tests.sizing.runs import FASTEST, cluster, timed, using

WIRE = Path(__file__).parents[1] / "data" / "wire"


def wall_only(seconds, threads, **workload):
    """As a published table gives it."""
    return Run(
        id=f"{threads:032x}",
        name="published",
        status="ok",
        started_at=0.0,
        wall_seconds=seconds,
        clusters=(cluster(threads),),
        workload=workload,
    )


def test_known_law_is_found_again():
    a, b, c = 400.0, 8.0, 0.05

    def scaling(n):
        return (a + b * (n - 1) + c * n * (n - 1)) / n

    law = fitted(body_of([timed(n, scaling(n)) for n in (16, 8, 4, 2, 1)]).points)
    assert law.name == "universal-scalability"
    assert (law.work_seconds, law.contention_seconds, law.coherency_seconds) == pytest.approx(
        (a, b, c), rel=1e-6
    )
    assert law.spread == pytest.approx(0, abs=1e-6)


def test_two_numbers_of_threads_give_amdahl_and_one_gives_conservation():
    assert fitted(body_of([timed(2, 50), timed(1, 100)]).points).name == "amdahl"
    law = fitted(body_of([timed(4, 25), timed(4, 26)]).points)
    assert law.name == "work-conservation"
    assert law.work_seconds == pytest.approx(102, rel=0.01)


def test_superlinear_measurements_do_not_give_negative_costs():
    law = fitted(body_of([timed(1, 100), timed(2, 40), timed(4, 15)]).points)
    assert min(law.work_seconds, law.contention_seconds, law.coherency_seconds) >= 0


def test_leaving_one_run_out_predicts_it():
    random.seed(5)
    runs = [timed(n, (300 + 6 * (n - 1)) / n * random.gauss(1, 0.02)) for n in (1, 2, 4, 8, 16, 32)]
    for left_out in runs[1:-1]:
        rest = [run for run in runs if run is not left_out]
        threads = left_out.clusters[0].workers.threads_peak
        shape = Shape(workers_minimum=threads, workers_maximum=threads)
        times = advice_for(rest, FASTEST, shape).wall_seconds
        assert times.low <= left_out.wall_seconds <= times.high


@pytest.mark.parametrize(
    ("fifty", "hundred", "threads", "error"),
    [(590, 1135, 1, 0.04), (320, 618, 16, 0.036), (75, 138, 100, 0.087)],
)
def test_published_variations_are_predicted(fifty, hundred, threads, error):
    """FCC-ee Z->ee as the facility published it: 50 variations predict 100."""
    shape = Shape(workers_minimum=threads, workers_maximum=threads)
    advice = advice_for(
        [wall_only(fifty, threads, variations=50)], FASTEST, shape, {"variations": 100}
    )
    assert advice.wall_seconds.expected / hundred - 1 == pytest.approx(error, abs=0.001)


def test_published_graph_building_is_predicted():
    """GNN graph building: 60 nodes took 40 minutes, 120 nodes 20."""
    shape = Shape(workers_minimum=120, workers_maximum=120)
    advice = advice_for([wall_only(2400, 60)], FASTEST, shape)
    assert advice.wall_seconds.expected == pytest.approx(1200)
    assert advice.wall_seconds.low < 1200 < advice.wall_seconds.high
    assert "contention is unknown" in " ".join(advice.warnings)


def test_more_work_has_more_tasks():
    runs = [timed(1, 100, tasks=10, variations=10), timed(4, 25, tasks=10, variations=10)]
    few = advice_for(runs, FASTEST, Shape())
    many = advice_for(runs, FASTEST, Shape(), {"variations": 40})
    assert (few.workers, few.limited_by) == (10, "tasks")
    assert (few.tasks, many.tasks) == (10, 40)


def test_threads_are_averaged_over_the_loops_not_over_the_run():
    history = ((0.0, 0, 0), (5.0, 2, 4), (56.0, 4, 8))
    run = timed(8, 100.0, clusters=(cluster(8, history),))
    # The loop lasts from 5 s to 107 s: 51 s on 4 threads, 51 s on 8.
    assert point_of(run, None).threads == pytest.approx(6.0)


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (timed(2, 50, status="failed", error=RunError("ValueError", "no")), "did not succeed"),
        (timed(2, 50, status="running", phases=None), "still running"),
        (timed(2, 50, loops=()), "no Dask loop"),
        (timed(2, 50, wall_seconds=0.0), "took no time"),
    ],
)
def test_runs_that_say_nothing_are_named_with_the_reason(run, why):
    with pytest.raises(InvalidRequestError, match=why):
        advice_for([run], FASTEST, Shape())


def test_no_runs_at_all_say_what_to_do():
    with pytest.raises(InvalidRequestError, match="1, 2 and 4 workers first"):
        advice_for([], FASTEST, Shape())


@pytest.mark.parametrize(
    "other",
    [
        timed(2, 5, code="other"),
        timed(2, 5, approach="local"),
        timed(2, 5, environment=Environment(image="another")),
        timed(2, 5, variations=7),
    ],
)
def test_runs_unlike_the_newest_are_not_mixed_in(other):
    advice = advice_for([timed(4, 25), other], FASTEST, Shape())
    assert advice.evidence == (timed(4, 25).id,)
    assert any("Excluded" in warning for warning in advice.warnings)


def test_workloads_that_differ_are_scaled_by_what_they_share():
    runs = [timed(4, 50, variations=100), timed(4, 25, variations=50)]
    body = body_of(runs)
    assert body.amount == "variations"
    assert fitted(body.points).work_seconds == pytest.approx(2.0)


@pytest.mark.parametrize(
    "workload", [{"events": 5}, {"variations": 0}, {"variations": float("nan")}]
)
def test_workload_that_the_runs_do_not_tell_is_refused(workload):
    with pytest.raises(InvalidRequestError):
        advice_for([timed(4, 25, variations=50)], FASTEST, Shape(), workload)


def test_advice_says_by_which_figure_work_was_measured_and_takes_it_back():
    # As many events in each: work is what differs, not what is first by name.
    runs = [
        timed(8, 20.0 * variations, workload={"events": 5000, "variations": variations})
        for variations in (2, 1)
    ]
    advice = advice_for(runs, FASTEST, Shape())
    assert dict(advice.workload) == {"variations": 2}
    again = advice_for(runs, FASTEST, Shape(), {**advice.workload, "variations": 4})
    assert dict(again.workload) == {"variations": 4}
    assert again.wall_seconds.expected > advice.wall_seconds.expected


def test_advice_from_runs_without_a_figure_names_none():
    assert not advice_for([timed(8, 20.0)], FASTEST, Shape()).workload


def test_one_task_run_is_not_advised_more_than_one_worker():
    advice = advice_for([timed(1, 30, tasks=1)], FASTEST, Shape())
    assert (advice.workers, advice.limited_by) == (1, "tasks")


def test_time_without_any_worker_is_waiting_and_not_work():
    # The loop lasts from 5 s to 107 s; the first of four workers comes at 25 s, the others 3 s after each other.
    history = ((0.0, 0, 0), (25.0, 1, 2), (28.0, 2, 4), (31.0, 3, 6), (34.0, 4, 8))
    run = timed(8, 100.0, clusters=(cluster(8, history),))
    assert startup_of(run) == Startup(first_seconds=20.0, per_worker_seconds=3.0)
    point = point_of(run, None)
    assert point.scaling_seconds == pytest.approx(100.0 - 20.0)
    assert point.threads == pytest.approx((3 * (2 + 4 + 6) + 73 * 8) / 82)


def test_workers_that_were_there_are_not_waited_for():
    history = ((0.0, 4, 8), (40.0, 3, 6), (50.0, 4, 8))
    assert startup_of(timed(8, 100.0, clusters=(cluster(8, history),))) is None
    advice = advice_for([timed(4, 25)], FASTEST, Shape())
    assert advice.startup is None
    assert advice.phases["startup"] == 0


def test_next_run_waits_for_workers_as_the_newest_did():
    history = ((0.0, 0, 0), (25.0, 1, 1), (28.0, 2, 2), (31.0, 3, 3), (34.0, 4, 4))
    cold, warm = timed(4, 100.0, clusters=(cluster(4, history),)), timed(4, 70.0)
    waits = advice_for([cold, warm], FASTEST, Shape(workers_maximum=8))
    ready = advice_for([warm, cold], FASTEST, Shape(workers_maximum=8))
    assert waits.startup == Startup(first_seconds=20.0, per_worker_seconds=3.0)
    assert ready.startup is None
    assert any("of waiting for workers to start, as in the newest run" in w for w in waits.warnings)
    assert sum(waits.phases.values()) == pytest.approx(waits.wall_seconds.expected)
    assert waits.wall_seconds.expected > ready.wall_seconds.expected + 15


def test_memory_is_advised_from_the_largest_peak_of_the_runs():
    runs = [using(timed(4, 25), 2**30), using(timed(2, 50), 3 * 2**30), timed(1, 100)]
    advice = advice_for(runs, FASTEST, Shape(memory_free=True))
    assert advice.memory is not None
    assert advice.memory.peak_bytes == 3 * 2**30
    assert advice.memory_bytes_per_worker == 5 * 2**30
    assert advice_for([timed(1, 100)], FASTEST, Shape()).memory is None


def test_series_are_not_needed_to_advise():
    run = Run.from_dict(json.loads((WIRE / "run_v1_resources.json").read_text(encoding="utf-8")))
    many = using(timed(4, 25), 3 * 2**30, spilled=5.0)
    for one in (run, many, timed(4, 25)):
        short = Run.from_dict(without_series(one.to_dict()))
        assert need_of([short]) == need_of([one])
        assert replace(short, resources=None) == replace(one, resources=None)
    assert run.resources is not None
    assert run.resources.points > 1


def test_memory_on_disk_says_that_the_peak_is_cut():
    need = need_of([using(timed(4, 25), 2**30, spilled=5.0)])
    assert need is not None
    assert need.is_cut


def test_lack_of_memory_limits_the_number_of_workers():
    shape = Shape(memory_free=True, memory_limit_bytes=20 * 2**30)
    advice = advice_for([using(timed(4, 25), 3 * 2**30)], FASTEST, shape)
    assert (advice.workers, advice.limited_by) == (4, "memory")


def test_tasks_at_once_are_those_of_the_largest_loop():
    stages = Stages(1.0, 0.0, 48.0, 1.0)
    loops = tuple(Loop(at, at + 50.0, 0, "c", n, 0, 0, stages) for at, n in ((5.0, 30), (55.0, 50)))
    run = timed(4, 98.0, loops=loops)
    assert point_of(run, None).tasks == 50


def test_evidence_says_what_was_measured_and_how_the_law_fits_it():
    runs = [timed(1, 100), timed(2, 50), timed(4, 25)]
    advice = advice_for(runs, FASTEST, Shape())
    assert [row[0] for row in advice.measured] == [1, 2, 4]
    for run, (_, measured, fitted_seconds, amount) in zip(runs, advice.measured, strict=True):
        assert measured == pytest.approx(run.wall_seconds)
        assert fitted_seconds == pytest.approx(run.wall_seconds, rel=1e-6)
        assert amount == 1.0


def test_cold_and_warm_runs_are_not_evidence_together():
    cold = timed(2, 25.0, cold=True, id="c" * 32)
    warm = [timed(2, 0.4, cold=False, id=one * 32) for one in "ab"]
    advice = advice_for([*warm, cold], FASTEST, Shape(cores=1, workers_maximum=8))
    assert set(advice.evidence) == {"a" * 32, "b" * 32}
    (said,) = [one for one in advice.warnings if one.startswith("Excluded")]
    assert said.startswith(
        "Excluded: 1 of 3 runs: cold, including imports and compilation on fresh workers"
    )


def test_cold_runs_of_several_sizes_say_more_than_a_warm_one():
    cold = [timed(n, 100.0 / n, cold=True) for n in (1, 2, 4)]
    warm = timed(8, 3.0, cold=False)
    advice = advice_for([warm, *cold], FASTEST, Shape(cores=1, workers_maximum=8))
    assert set(advice.evidence) == {run.id for run in cold}
    assert any(
        "imports and compilation on fresh workers are counted as work" in one
        for one in advice.warnings
    )


def test_runs_of_one_temperature_are_left_whole():
    runs = [timed(n, 100.0 / n, cold=False) for n in (1, 2, 4)]
    advice = advice_for(runs, FASTEST, Shape(cores=1, workers_maximum=8))
    assert len(advice.evidence) == 3
    assert advice.warnings == ()


def test_headline_stops_where_nothing_was_measured():
    advice = advice_for([timed(2, 30.0)], FASTEST, Shape(cores=1))
    first = advice_text(advice).splitlines()[0]
    assert first.startswith("8 workers: about ")
    assert "more would be a guess beyond the measured range" in first
    assert "efficient" not in first
    several = advice_for([timed(2, 30.0), timed(4, 15.0)], FASTEST, Shape(cores=1))
    assert "efficient in dask" in advice_text(several)
