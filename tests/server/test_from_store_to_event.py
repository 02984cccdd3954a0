"""From a kernel's store to the list, the record and the event that announces it."""

from __future__ import annotations

import json
from pathlib import Path

from hrlab.model.run import Run
from hrlab.store.sqlite import RunStore

RECORD = Path(__file__).parents[1] / "data" / "wire" / "run_v1.json"


async def test_run_that_a_kernel_finishes_is_announced_listed_and_served(jp_fetch, jp_ws_fetch):
    run = Run.from_dict(json.loads(RECORD.read_text()))
    kernel = RunStore.open()
    kernel.start(run)
    listed = json.loads((await jp_fetch("hrlab", "api", "runs")).body)
    assert [(r["id"], r["status"]) for r in listed["runs"]] == [(run.id, "running")]
    listener = await jp_ws_fetch("api", "events", "subscribe")
    kernel.finish(run)
    kernel.close()
    event = json.loads(await listener.read_message())
    while event["schema_id"] != "https://schema.hrlab.org/changed":
        event = json.loads(await listener.read_message())
    assert (event["topic"], event["ids"]) == ("runs", [run.id])
    assert event["seq"] > listed["seq"]
    served = json.loads((await jp_fetch("hrlab", "api", "runs", run.id)).body)
    assert served == run.to_dict()
    listener.close()
