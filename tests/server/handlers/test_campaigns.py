"""Campaigns over HTTP: measured by a process of its own on a real cluster, cancelled; and the server stays awake."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import nbformat
import pytest

from hrlab.campaigns.scaling_study import plan_of
from hrlab.clusters.profiles.parse import read_profile
from hrlab.model.run import Cell, Source
from hrlab.server import campaign_watch, setup_clusters
from hrlab.store.process import this_process
from tests.server.waiting import eventually
from tests.store.making import begun, golden, run

WAIT_SECONDS = 120.0
CLIENT = """
import os, time, hrlab
from distributed import Client
with Client() as client:
    client.gather(client.map(lambda x: x + 1, range(5), pure=False))
while os.path.exists("hold"):
    time.sleep(0.05)
"""


@pytest.fixture(autouse=True)
def pretended(monkeypatch, tmp_path):
    """The real kinds; their state is the test's own."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(setup_clusters, "_machine", lambda: (2, 3 * 1024**3))


@pytest.fixture
def notebook(jp_root_dir):
    """A notebook with one cell that needs another; the id of a run of that cell is free."""
    cells = [nbformat.v4.new_code_cell(source) for source in ("needed = 1", CLIENT, "1 / 0")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), jp_root_dir / "study.ipynb")
    return cells[1].id


@pytest.fixture
def timed(kernel, notebook):
    """A run of that cell, as the browser made it."""
    made = replace(
        golden(),
        name="Study",
        id=uuid.uuid4().hex,
        cells=(Cell(notebook, 2, 0.0, golden().wall_seconds),),
        source=Source("cell", CLIENT, "0" * 64, "study.ipynb"),
        clusters=(),
        loops=(),
        phases=None,
        resources=None,
    )
    kernel.finish(made)
    return made


async def until(ask, campaign_id, states):
    end = time.monotonic() + WAIT_SECONDS
    while True:
        found = (await ask("GET", f"campaigns/{campaign_id}")).json
        if found["state"] in states:
            return found
        assert time.monotonic() < end, found
        assert found["state"] in ("starting", "running"), found
        await asyncio.sleep(0.1)


async def test_a_dry_run_says_what_would_be_measured_within_the_profile(ask, timed):
    answer = await ask("POST", "campaigns", body={"run": timed.id, "dry_run": True})
    assert answer.status == 200, answer.text
    plan = answer.json
    assert (plan["profile"], plan["workers"], plan["points"]) == ("local", [1, 2, 4], 3)
    assert plan["profiles"] == ["local"]
    assert (await ask("GET", "campaigns")).json == {"campaigns": []}


@pytest.mark.parametrize("dry_run", [True, False])
async def test_notebook_with_its_own_cluster_is_refused_before_anything_starts(
    ask, timed, jp_root_dir, dry_run
):
    own = nbformat.v4.new_code_cell("from distributed import Client\nclient = Client(n_workers=2)")
    nbformat.write(nbformat.v4.new_notebook(cells=[own]), jp_root_dir / "study.ipynb")
    answer = await ask("POST", "campaigns", body={"run": timed.id, "dry_run": dry_run})
    assert answer.status == 422, answer.text
    said = "Cell 1 of study.ipynb creates its own cluster: `client = Client(n_workers=2)`."
    assert said in answer.json["error"]["message"]
    assert (await ask("GET", "campaigns")).json == {"campaigns": []}


def test_workers_offered_respect_the_memory_limit():
    options = {
        "workers": {"type": "integer", "default": 1, "minimum": 0, "maximum": 8},
        "memory": {"type": "memory", "default": "4 GiB", "minimum": "1 GiB"},
    }
    value = {
        "kind": "process",
        "template": {"class": "distributed.LocalCluster"},
        "options": options,
        "limits": {"memory_bytes": 3 * 4 * 1024**3},
    }
    assert (
        plan_of(
            replace(golden(), source=Source("cell", CLIENT, "0" * 64, "study.ipynb")),
            {},
            {"small": read_profile("small", value)},
            lambda _: None,
            Path.cwd(),
        ).most_workers
        == 3
    )


@pytest.mark.parametrize(
    ("more", "status", "said"),
    [
        ({"workers": [500]}, 422, "Asked for 500 workers; local allows 4 now"),
        ({"workers": []}, 422, "distinct whole numbers"),
        ({"workers": [1, 1]}, 422, "distinct whole numbers"),
        ({"workers": "1"}, 422, "distinct whole numbers"),
        ({"repeats": 0}, 422, "repeats must be"),
        ({"profile": "locla"}, 422, "Did you mean local"),
        ({"worker": [1]}, 400, "Did you mean workers"),
        ({"dry_run": 1}, 400, "true or false"),
        ({"run": "0" * 32}, 404, "There is no run"),
        ({"run": 5}, 400, "the id of a `run`"),
    ],
)
async def test_what_can_not_be_measured_is_refused(ask, timed, more, status, said):
    answer = await ask("POST", "campaigns", body={"run": timed.id, **more})
    assert (answer.status, said in answer.error["message"]) == (status, True), answer.text


def outside_by_name(root: Path, tmp_path: Path) -> str:
    return f"../{tmp_path.name}-study.ipynb"


def outside_by_path(root: Path, tmp_path: Path) -> str:
    return str(tmp_path / "elsewhere.ipynb")


def outside_by_link(root: Path, tmp_path: Path) -> str:
    (tmp_path / "elsewhere.ipynb").touch()
    (root / "link.ipynb").symlink_to(tmp_path / "elsewhere.ipynb")
    return "link.ipynb"


def in_a_circle(root: Path, tmp_path: Path) -> str:
    (root / "circle.ipynb").symlink_to(root / "circle.ipynb")
    return "circle.ipynb"


def no_path(root: Path, tmp_path: Path) -> str:
    return "study\0.ipynb"


@pytest.mark.parametrize(
    "place",
    [outside_by_name, outside_by_path, outside_by_link, in_a_circle, no_path],
    ids=lambda one: one.__name__,
)
@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_notebook_outside_the_root_is_not_executed(
    ask, kernel, timed, jp_root_dir, tmp_path, place, dry_run
):
    notebook = place(jp_root_dir, tmp_path)
    kernel.finish(
        replace(timed, id=uuid.uuid4().hex, source=replace(timed.source, notebook=notebook))
    )
    found = (await ask("GET", "runs")).json["runs"]
    strange = next(one["id"] for one in found if one["id"] != timed.id)
    answer = await ask("POST", "campaigns", body={"run": strange, "dry_run": dry_run})
    assert answer.status == 422, answer.text
    assert "is not a notebook in the server's root folder" in answer.error["message"]
    assert (await ask("GET", "campaigns")).json == {"campaigns": []}


async def test_a_run_without_a_notebook_is_refused(ask, kernel):
    kernel.finish(replace(run(1), source=Source("block", "x", "0" * 64)))
    answer = await ask("POST", "campaigns", body={"run": run(1).id})
    assert answer.status == 422
    assert "not a run of a notebook" in answer.error["message"]


async def test_cells_that_are_gone_are_said_at_once(ask, timed, jp_root_dir):
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x")]),
        jp_root_dir / "study.ipynb",
    )
    answer = await ask("POST", "campaigns", body={"run": timed.id})
    assert answer.status >= 400
    assert "no longer contains all cells of the run" in answer.error["message"]


@pytest.mark.slow
async def test_scaling_is_measured_shown_cancelled_and_gone_on_with(
    ask, timed, kernel, jp_root_dir
):
    hold = jp_root_dir / "hold"
    hold.touch()
    body = {"run": timed.id, "workers": [1]}
    begun_ = await ask("POST", "campaigns", body=body)
    assert begun_.status == 201, begun_.text
    campaign_id = begun_.json["id"]
    assert (begun_.json["run_id"], begun_.json["points"]) == (timed.id, 1)
    again = await ask("POST", "campaigns", body=body)
    assert (again.status, "already" in again.error["message"]) == (409, True)
    # Its first run is on: cancelled in order, its kernel interrupted, its cluster closed.
    end = time.monotonic() + WAIT_SECONDS
    while not (await ask("GET", "runs", status="running")).json["total"]:
        assert time.monotonic() < end, (await ask("GET", f"campaigns/{campaign_id}")).text
        await asyncio.sleep(0.1)
    assert (await ask("DELETE", f"campaigns/{campaign_id}")).status == 204
    assert (await until(ask, campaign_id, ["interrupted"]))["done"] == 0
    assert (await ask("GET", "clusters")).json["clusters"] == []
    # And again: it goes on, now to its end.
    hold.unlink()
    assert (await ask("POST", "campaigns", body=body)).status == 201
    done = await until(ask, campaign_id, ["done"])
    assert (done["done"], done["failed"], done["message"]) == (1, 0, "")
    assert (done["compare_by"], done["baseline"]) == (None, None)  # of one size: as all runs are
    records = [kernel.get(run_id) for run_id in done["run_ids"]]
    # Only the cell of the run is timed, after what it needs and without what comes behind it.
    assert {tuple(cell["cell_id"] for cell in one["cells"]) for one in records} == {
        (timed.cells[0].cell_id,)
    }
    assert {one["workers"]["peak"] for record in records for one in record["clusters"]} == {1}
    assert (await ask("DELETE", f"campaigns/{campaign_id}")).status == 204
    assert (await ask("GET", f"campaigns/{campaign_id}")).status == 404


async def test_a_campaign_of_the_command_line_is_seen_and_one_that_was_killed_is_told(
    ask, jp_serverapp
):
    async def seen(process, state="running"):
        folder = Path(jp_serverapp.runtime_dir) / "hrlab-campaigns" / "zee-1"
        folder.mkdir(parents=True, exist_ok=True)
        status = {"id": "zee-1", "name": "Zee", "state": state, "points": 4, "process": process}
        (folder / "status.json").write_text(json.dumps({**status, "at": time.time()}))
        return (await ask("GET", "campaigns/zee-1")).json

    alive = this_process()
    mine = {"host": alive.host, "pid": alive.pid, "started": alive.started}
    assert (await seen(mine))["state"] == "running"
    found = await seen({**mine, "started": "long ago"})
    assert (found["state"], "exited early" in found["message"]) == ("failed", True)
    for wrong in ("..", "zee-2", "%2E%2E"):
        assert (await ask("GET", f"campaigns/{wrong}")).status == 404


async def test_the_server_counts_as_active_while_a_run_is_on(jp_serverapp, kernel, monkeypatch):
    app = jp_serverapp.extension_manager.extension_points["hrlab"].app
    monkeypatch.setattr(campaign_watch, "ALIVE_SECONDS", 0.0)
    monkeypatch.setattr(campaign_watch, "QUIET_SECONDS", 0.05)
    await asyncio.wait_for(app._campaigns.stop(), 10)
    app._campaigns.start()
    web_app, manager = jp_serverapp.web_app, jp_serverapp.extension_manager
    await asyncio.sleep(0)
    long_ago = datetime.now(timezone.utc) - timedelta(days=1)
    web_app.settings["started"] = long_ago
    web_app.settings["api_last_activity"] = long_ago
    jp_serverapp.kernel_manager.last_kernel_activity = long_ago
    assert web_app.last_activity() == long_ago
    assert not manager.any_activity()
    kernel.start(begun(1))
    await eventually(manager.any_activity)
    assert datetime.now(timezone.utc) - web_app.last_activity() < timedelta(minutes=1)
    first = web_app.last_activity()
    await eventually(lambda: web_app.last_activity() > first)
    kernel.finish(replace(golden(), id=begun(1).id))
    await eventually(lambda: not manager.any_activity())
