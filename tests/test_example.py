"""The example, run head-less: its blocks agree with hand-placed clocks, and serial and local give the same physics."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import dask
import nbformat
import numpy as np
import pytest
from numpy.typing import NDArray

from hrlab.model.cluster import CAMPAIGN_ADDRESS
from hrlab.model.run import Run
from scripts.demo import EXAMPLE, execute, runs

# The notebook's own input, for those who have it; without it the notebook makes one like it.
REAL_FILE = Path(os.environ.get("HRLAB_ZEE_INPUT", "ee_Z_ee_EDM4Hep.root"))
# The notebook in a tenth of its size: 20 replicas of the input rather than 200.
SMALLER = {"REPLICAS = 200": "REPLICAS = 20", "--events 1000000": "--events 100000"}


@dataclass(frozen=True)
class Executed:
    """What is looked at after the notebook has run."""

    run: Run
    outputs: dict[str, list[Any]]
    clock: NDArray[np.float64]
    histograms: NDArray[np.int64]


def smaller(source: str) -> str:
    for old, new in SMALLER.items():
        source = source.replace(old, new)
    return source


@pytest.fixture(scope="module")
def executed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Runs the notebook in a mode, once."""
    folder = tmp_path_factory.mktemp("zee")
    shutil.copy(EXAMPLE.with_name("zee.py"), folder)

    @cache
    def run_in(mode: str) -> Executed:
        book = nbformat.read(EXAMPLE, as_version=4)
        for cell in book.cells:
            cell.source = smaller(cell.source)
        look = 'import numpy as np\nnp.savez("look.npz", clock=clock, histograms=histograms)'
        book.cells.append(nbformat.v4.new_code_cell(look))
        given = str(REAL_FILE) if REAL_FILE.exists() else None
        book = execute(book, {"MODE": mode, "INPUT": given}, folder)
        looked = np.load(folder / "look.npz")
        outputs = {cell.id: cell.get("outputs", []) for cell in book.cells}
        (run,) = runs(book)
        return Executed(run, outputs, looked["clock"], looked["histograms"])

    os.environ["HRLAB_STORE"] = str(folder / "runs.sqlite")
    yield run_in
    del os.environ["HRLAB_STORE"]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["serial", "local"])
def test_blocks_agree_with_clocks_placed_by_hand(executed: Any, mode: str) -> None:
    done = executed(mode)
    phases = done.run.phases
    assert phases is not None
    pre, block, post = np.diff(done.clock)
    off = 1e-3 + max((one.clock.uncertainty_seconds for one in done.run.clusters), default=0.0)
    # Dask's loops lie within the block; how near to its edges is a benchmark's. What else is in it is short.
    assert phases.pre_seconds >= pre - off
    assert phases.between_seconds + phases.post_seconds >= post - off
    assert block / 2 <= phases.dask_seconds <= block + off


@pytest.mark.slow
def test_serial_and_local_give_the_same_histograms(executed: Any) -> None:
    assert executed("serial").histograms.sum() > 0
    np.testing.assert_array_equal(executed("serial").histograms, executed("local").histograms)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["serial", "local"])
def test_record_says_where_and_what_was_processed(executed: Any, mode: str) -> None:
    run = executed(mode).run
    assert (run.status, run.approach) == ("ok", mode)
    assert run.workload == {"variations": 100, "events": 100_000}
    assert run.tasks == (21 if mode == "local" else 0)
    assert [mark.label for mark in run.marks if mark.phase is None] == ["stage-out"]
    assert run.warnings == ()


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["serial", "local"])
def test_nothing_but_its_own_output_is_on_the_page(executed: Any, mode: str) -> None:
    """Neither hrlab nor Dask writes to the reader's screen by itself."""
    streams = [
        (cell, output.name)
        for cell, outputs in executed(mode).outputs.items()
        for output in outputs
        if output.output_type == "stream"
    ]
    assert streams == [("physics", "stdout"), ("compare", "stdout")]


@pytest.mark.slow
def test_what_the_analysis_found_is_shown_as_a_picture(executed: Any) -> None:
    shown = [output.get("data", {}) for output in executed("serial").outputs["physics"]]
    assert any("image/png" in data for data in shown)


@pytest.mark.parametrize("named", ["zee-1", None])
def test_without_an_address_the_cluster_is_one_of_the_panel(
    monkeypatch: pytest.MonkeyPatch, named: str | None
) -> None:
    """As in a campaign, which says which cluster `hrlab.connect` means."""
    from distributed import LocalCluster

    from examples import zee

    with LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as cluster:
        monkeypatch.setenv(CAMPAIGN_ADDRESS, cluster.scheduler_address)
        client = zee.connect("distributed", named)
        assert client is not None
        assert client.scheduler.address == cluster.scheduler_address
        zee.disconnect(client)


def test_local_uses_the_cluster_that_dask_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """So *Measure Scaling* measures the example on the cluster of each point."""
    from distributed import LocalCluster

    from examples import zee

    with LocalCluster(n_workers=1, processes=False, dashboard_address=":0") as cluster:
        monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", cluster.scheduler_address)
        # Dask reads the variable when it is imported, as a new kernel does.
        with dask.config.set({"scheduler-address": cluster.scheduler_address}):
            client = zee.connect("local")
        assert client is not None
        assert client.scheduler.address == cluster.scheduler_address
        zee.disconnect(client)
        assert cluster.status.name == "running"


def test_example_is_committed_without_output() -> None:
    book = nbformat.read(EXAMPLE, as_version=4)
    nbformat.validate(book)
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in book.cells)


def test_made_input_has_the_structure_of_the_real_one(tmp_path: Path) -> None:
    import uproot

    from examples import zee

    zee.write_input(tmp_path / "small.root", events=50)
    with uproot.open(tmp_path / "small.root") as file:
        made = {name: file["events"][name].typename for name in zee.BRANCHES}
        assert file["events"].num_entries == 50
    assert set(made.values()) == {"float[]"}
    if REAL_FILE.exists():
        with uproot.open(REAL_FILE) as file:
            assert made == {name: file["events"][name].typename for name in zee.BRANCHES}
