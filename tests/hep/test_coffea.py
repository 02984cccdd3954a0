"""coffea's `Runner` with its `DaskExecutor`: metadata and chunks are Dask tasks, named after the processor."""

from __future__ import annotations

import awkward as ak
import numpy as np
import pytest
import uproot
from coffea import processor
from coffea.nanoevents import BaseSchema

import hrlab

EVENTS = 4_000


class Doubled(processor.ProcessorABC):
    def process(self, events):
        return {"n": len(events), "sum": float(ak.sum(events.x))}

    def postprocess(self, accumulator):
        return accumulator


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    path = tmp_path_factory.mktemp("coffea") / "sample.root"
    with uproot.recreate(path) as file:
        file.mktree("events", {"x": "float64"})
        file["events"].extend({"x": np.arange(EVENTS, dtype="float64")})
    return str(path)


def test_chunks_and_metadata_of_a_runner_are_dask_work_of_the_run(sample, client):
    executor = processor.DaskExecutor(client=client, status=False)
    runner = processor.Runner(executor=executor, schema=BaseSchema, chunksize=EVENTS // 4)

    with hrlab.timed("coffea", workload={"events": EVENTS}) as run:
        result = runner({"set": {"files": {sample: "events"}}}, processor_instance=Doubled())

    record = run.record
    assert result["n"] == EVENTS
    groups = {group.name: group.tasks for group in record.groups}
    assert groups.get("Doubled") == 4
    assert record.tasks >= 5
    assert record.phases.dask_seconds > 0
    assert record.coverage == 1.0
    assert record.loops[-1].left_unfinished == 0


def test_an_iterative_executor_is_a_serial_run(sample):
    runner = processor.Runner(executor=processor.IterativeExecutor(status=False), schema=BaseSchema)

    with hrlab.timed("serial") as run:
        runner({"set": {"files": {sample: "events"}}}, processor_instance=Doubled())

    assert run.record.loops == ()
    assert run.record.approach == "serial"
    assert run.record.phases.pre_seconds == run.record.wall_seconds
