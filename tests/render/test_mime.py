"""What goes into the notebook."""

from __future__ import annotations

import json
from dataclasses import replace

from hrlab.model.run import Run, RunWarning
from hrlab.render.mime import RUN_MIME, bundle, public_copy
from tests.render.runs import all_golden, golden


def test_bundle_holds_the_record_and_two_forms_for_other_viewers() -> None:
    data = bundle(golden())
    assert list(data) == [RUN_MIME, "text/html", "text/plain"]
    assert Run.from_dict(json.loads(json.dumps(data[RUN_MIME]))) == public_copy(golden())


def test_notebook_gets_no_user_no_host_and_no_address() -> None:
    run = golden()
    address = run.clusters[0].scheduler_address
    assert address is not None
    joined = replace(run.clusters[0], name=address)
    told = RunWarning("recorder-failed", f"Lost {address} on jupyter-alice, see http://x.y:1/z.")
    source = replace(run.source, notebook="/home/alice/zee.ipynb")
    run = replace(run, clusters=(joined,), warnings=(told,), source=source)
    published = json.dumps(bundle(run))
    for secret in ("alice", "10.0.0.7", "://", "8786"):
        assert secret not in published
    assert "zee.ipynb" in published


def test_everything_else_is_kept() -> None:
    for run in all_golden():
        copy = public_copy(run).to_dict()
        whole = run.to_dict()
        for name in ("user", "hostname"):
            whole["environment"].pop(name, None)
        for cluster in whole["clusters"]:
            cluster["scheduler_address"] = None
            cluster.pop("hosts", None)
        assert copy == whole
