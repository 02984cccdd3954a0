"""ROOT's distributed RDataFrame.

Its whole event loop hides in the first `GetValue`, and `RunGraphs` submits from threads.
"""

from __future__ import annotations

import time

import pytest
import ROOT

import hrlab

ROOT.gROOT.SetBatch(True)

EVENTS = 20_000


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    path = str(tmp_path_factory.mktemp("root") / "sample.root")
    options = ROOT.RDF.RSnapshotOptions()
    options.fAutoFlush = 2_000  # clusters for ROOT to share out
    ROOT.RDataFrame(EVENTS).Define("x", "gRandom->Gaus(91.2, 2.5)").Snapshot(
        "events", path, "", options
    )
    return path


def book(sample, client, scale=1):
    frame = ROOT.RDataFrame("events", sample, executor=client, npartitions=4)
    return frame.Define("y", f"x * {scale}").Histo1D(("h", "m", 50, 0, 200 * scale), "y")


def test_the_event_loop_of_the_first_value_is_one_dask_loop(sample, client):
    with hrlab.timed("ROOT", workload={"events": EVENTS}) as run:
        histogram = book(sample, client)
        before = time.perf_counter()
        entries = histogram.GetEntries()
        seconds = time.perf_counter() - before
        time.sleep(0.3)

    record = run.record
    assert entries == EVENTS
    assert {group.name for group in record.groups} >= {"dask_mapper", "distrdf_reducer"}
    assert record.loops
    assert record.phases.dask_seconds >= max(group.longest_seconds for group in record.groups)
    off = 1e-3 + record.clusters[0].clock.uncertainty_seconds
    assert record.phases.dask_seconds + record.phases.between_seconds <= seconds + off
    assert record.phases.post_seconds >= 0.3
    assert record.coverage == 1.0
    assert record.approach == "local"
    assert "root-threads" not in {warning.code for warning in record.warnings}


def test_graphs_that_run_graphs_submits_from_threads_belong_to_the_run(sample, client):
    with hrlab.timed("RunGraphs") as run:
        histograms = [book(sample, client, scale) for scale in (1, 2)]
        ROOT.RDF.RunGraphs(histograms)
        entries = [histogram.GetEntries() for histogram in histograms]

    assert entries == [EVENTS, EVENTS]
    mappers = {group.name: group.tasks for group in run.record.groups}["dask_mapper"]
    assert mappers == 2 * 4
    assert run.record.loops[-1].left_unfinished == 0


def test_a_compilation_error_at_booking_is_a_run_without_dask(sample, client):
    with (
        pytest.raises(Exception, match=r"just-in-time|not declared|undeclared"),
        hrlab.timed("broken") as run,
    ):
        frame = ROOT.RDataFrame("events", sample, executor=client, npartitions=2)
        frame.Define("z", "no_such_function(x)").Histo1D("z").GetEntries()

    assert run.record.status == "failed"
    assert run.record.error.type
