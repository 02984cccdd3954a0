"""(f) Quotas: how soon they are told with 20 clusters, 10,000 runs, and a batch system that hangs."""

from __future__ import annotations

import http.client
import json
import os
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.making import fill
from benchmarks.row import Row, interval
from benchmarks.server_start import TOKEN, Server
from hrlab.quota.sources.batch import BatchQuotas

RUNS, CLUSTERS, REPEATS = 10_000, 20, 20
BUDGET_MILLISECONDS = 300.0
LIMITS = {"everybody": {"cores": 480, "memory_bytes": "960 GiB", "clusters": 50}}
#: Clusters of another machine: counted like others, and no process has to be started for them.
ELSEWHERE = {"host": "elsewhere of-the-benchmark", "pid": 1, "started": "then"}
OPTIONS = {"workers": {"type": "integer", "default": 1}}
PROFILES = {
    "slurm": {
        "kind": "process",
        "template": {"class": "dask_jobqueue.SLURMCluster"},
        "options": OPTIONS,
    }
}


def measure(*, quick: bool = False) -> list[Row]:
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        fill(home / "runs.sqlite", 200 if quick else RUNS)
        for number in range(CLUSTERS):
            _cluster(home / "hrlab-clusters" / f"zee-{number}")
        squeue = home / "bin" / "squeue"
        squeue.parent.mkdir()
        _says(squeue, "echo 'RUNNING|4'")
        path = f"{squeue.parent}{os.pathsep}{os.environ['PATH']}"
        traits: dict[str, Any] = {"profiles": PROFILES, "quotas": LIMITS}
        environ = {"HRLAB_STORE": str(home / "runs.sqlite"), "PATH": path}
        with Server(home, environ, traits=traits) as server:
            return _asked(server, squeue, quick=quick)


def _asked(server: Server, squeue: Path, *, quick: bool) -> list[Row]:
    first, _ = _get(server)
    held = _until_all_answer(server)
    assert held == CLUSTERS, f"{held} clusters are counted"
    fresh = [_get(server)[0] for _ in range(3 if quick else REPEATS)]
    _says(squeue, "exec sleep 3600")
    time.sleep(BatchQuotas.fresh_seconds + 1)
    for cluster in (squeue.parents[1] / "hrlab-clusters").glob("*/status.json"):
        cluster.touch()  # the sign of life of a host elsewhere
    late = []
    for _ in range(3 if quick else REPEATS):
        milliseconds, report = _get(server)
        late.append(milliseconds)
        jobs = [one for one in report["quotas"] if one["source"] == "batch"]
        assert jobs, "what was known before is gone"
        assert time.time() - jobs[0]["as_of_at"] > BatchQuotas.fresh_seconds, "it does not hang"
    budget = BUDGET_MILLISECONDS
    return [
        Row("very first answer of the server", first, "ms", None, "sources not heard are named"),
        Row("all sources heard lately", median(fresh), "ms", budget, interval(fresh)),
        Row("one source hangs, from cache: first", late[0], "ms", budget),
        Row("one source hangs, from cache: worst", max(late), "ms", budget, f"n={len(late)}"),
    ]


def _until_all_answer(server: Server) -> float:
    """How many clusters are counted, once every source has answered."""
    deadline = time.monotonic() + 30
    while True:
        _, report = _get(server)
        if all(state["as_of_at"] for state in report["sources"]):
            (clusters,) = [
                one["used"]
                for one in report["quotas"]
                if (one["source"], one["resource"]) == ("site", "clusters")
            ]
            return float(clusters)
        if time.monotonic() > deadline:
            raise RuntimeError(f"Sources do not answer: {report['sources']}")
        time.sleep(0.2)


def _get(server: Server) -> tuple[float, dict[str, Any]]:
    client = http.client.HTTPConnection("127.0.0.1", server.port)
    start = time.perf_counter()
    client.request("GET", "/hrlab/api/quotas", headers={"Authorization": f"token {TOKEN}"})
    response = client.getresponse()
    text = response.read()
    milliseconds = 1e3 * (time.perf_counter() - start)
    client.close()
    assert response.status == 200, text
    return milliseconds, json.loads(text)


def _cluster(folder: Path) -> None:
    folder.mkdir(parents=True)
    about: dict[str, Any] = {"id": folder.name, "name": folder.name, "profile": "slurm"}
    about |= {"owner": "me", "site": None, "start_timeout_seconds": 60.0}
    about |= {"created_at": time.time(), "target": {"workers": 8}}
    about |= {"each": {"cores": 1, "memory_bytes": 2**31}}
    (folder / "cluster.json").write_text(json.dumps(about))
    status = {"process": ELSEWHERE, "state": "ready", "workers": {"asked": 8, "ready": 8}}
    (folder / "status.json").write_text(json.dumps(status))


def _says(program: Path, script: str) -> None:
    new = program.with_suffix(".new")
    new.write_text(f"#!/bin/sh\n{script}\n")
    new.chmod(0o755)
    new.replace(program)
