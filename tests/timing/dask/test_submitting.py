"""Whatever way work is handed to Dask, its time and its tasks are the run's."""

from __future__ import annotations

import concurrent.futures
import sys

import dask
import pytest
from distributed import as_completed, wait

from hrlab.timing.dask.client_hooks import doors
from hrlab.timing.progress import progress_of
from tests.timing.conftest import check_within, exactness, serious, wait_until
from tests.timing.work import Counter, identity, made, nap, wait_for_file


def check_one_loop(run, watch, tasks, least=0.0):
    """One loop, within the lap and as long at least as its tasks take, with all of them seen."""
    assert run.loops[0].tasks == tasks == run.tasks
    check_within(run, watch, least)
    assert run.coverage == 1.0
    assert run.clusters[0].workers.peak == 2
    assert run.loops[0].cluster == 0
    assert run.approach == "local"
    assert not serious(run)


def test_dask_compute_is_one_loop(recorder, client):
    with recorder.block() as watch:
        nap(0.1)
        with watch.lap():
            dask.compute(*[dask.delayed(nap)(0.1, i) for i in range(4)])
        nap(0.1)
    check_one_loop(recorder.record, watch, 4, 0.2)
    assert recorder.record.loops[0].stages.compute_seconds > 0.15


def test_persist_and_wait_is_one_loop(recorder, client):
    with recorder.block() as watch:
        with watch.lap():
            kept = dask.persist(*[dask.delayed(nap)(0.1, i) for i in range(4)])
            wait(kept)
        nap(0.1)
    check_one_loop(recorder.record, watch, 4, 0.2)
    assert recorder.record.phases.post_seconds >= 0.1


def test_submit_and_result_is_one_loop(recorder, client):
    with recorder.block() as watch, watch.lap():
        client.submit(nap, 0.2).result()
    check_one_loop(recorder.record, watch, 1, 0.2)


def test_map_and_gather_is_one_loop(recorder, client):
    with recorder.block() as watch, watch.lap():
        client.gather(client.map(nap, [0.1] * 6, range(6)))
    check_one_loop(recorder.record, watch, 6, 0.3)


def test_as_completed_is_one_loop(recorder, client):
    with recorder.block() as watch, watch.lap():
        futures = client.map(nap, [0.1, 0.2, 0.3])
        for _ in as_completed(futures, with_results=True):
            pass
    check_one_loop(recorder.record, watch, 3, 0.3)


def test_delayed_graph_counts_every_task(recorder, client):
    with recorder.block() as watch, watch.lap():
        parts = [dask.delayed(nap)(0.05, i, value=i) for i in range(4)]
        assert dask.delayed(sum)(parts).compute() == 6
    check_one_loop(recorder.record, watch, 5, 0.1)


def test_array_counts_tasks_as_the_scheduler_sees_them(recorder, client):
    da = pytest.importorskip("dask.array")
    with recorder.block() as watch, watch.lap():
        da.random.random((2000, 2000), chunks=500).sum().compute()
    run = recorder.record
    assert run.tasks == sum(group.tasks for group in run.groups) >= 16
    check_one_loop(run, watch, run.tasks)


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_dataframe_shuffled_by_p2p_is_the_runs(recorder, client):
    pd = pytest.importorskip("pandas")
    pytest.importorskip("pyarrow")
    dd = pytest.importorskip("dask.dataframe")
    frame = dd.from_pandas(pd.DataFrame({"a": range(300), "b": range(300)}), npartitions=3)
    with recorder.block() as watch, watch.lap():
        with dask.config.set({"dataframe.shuffle.method": "p2p"}):
            shuffled = frame.shuffle("a").compute()
    assert len(shuffled) == 300
    run = recorder.record
    assert any("p2p" in group.name for group in run.groups), run.groups
    assert run.tasks == sum(group.tasks for group in run.groups)
    check_within(run, watch)
    assert not {"work-left-running", "graphs-unseen"} & recorder.codes


def test_joblib_backend_is_the_runs(recorder, client):
    joblib = pytest.importorskip("joblib")
    with recorder.block() as watch, watch.lap():
        with joblib.parallel_config(backend="dask", n_jobs=-1):
            joblib.Parallel()(joblib.delayed(nap)(0.1, i) for i in range(6))
    run = recorder.record
    assert run.tasks >= 2
    check_within(run, watch, 0.3)
    assert run.approach == "local"


def test_graphs_submitted_from_threads_are_the_runs(recorder, client):
    """As ROOT's RunGraphs does it."""

    def one(i):
        return dask.delayed(nap)(0.2, i).compute()

    with recorder.block() as watch, watch.lap():
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            list(pool.map(one, range(3)))
    check_one_loop(recorder.record, watch, 3, 0.4)


def test_fetching_finished_work_is_a_loop_without_tasks(recorder, client):
    future = client.submit(made, 0.3)
    wait(future)
    with recorder.block() as watch:
        nap(0.2)
        with watch.lap():
            assert future.result().seconds == 0.3
        nap(0.1)
    run = recorder.record
    assert [(loop.tasks, loop.cluster) for loop in run.loops] == [(0, 0)]
    check_within(run, watch)
    assert run.loops[0].stages.gather_seconds >= 0.3
    assert run.loops[0].stages.compute_seconds == 0


def test_scatter_alone_is_no_loop(recorder, client):
    with recorder.block():
        client.scatter(list(range(10)))
        nap(0.1)
    assert recorder.record.loops == ()
    assert recorder.record.phases.pre_seconds == recorder.record.wall_seconds


def test_task_on_scattered_data_is_counted_alone(recorder, client):
    with recorder.block():
        (data,) = client.scatter([b"x" * 1000])
        client.submit(len, data).result()
    assert recorder.record.tasks == 1


def test_method_of_an_actor_counts_as_dask(recorder, client):
    with recorder.block() as watch:
        counter = client.submit(Counter, actor=True).result()
        nap(0.3)
        with watch.lap():
            assert counter.increment(0.3).result() == 1
        nap(0.2)
    run = recorder.record
    assert run.tasks == 1
    last = run.loops[-1]
    ((start, stop),), off = watch.laps, exactness(run)
    assert start - off <= last.start_seconds <= last.stop_seconds - 0.3 + off
    assert last.stop_seconds <= stop + off
    assert last.stages.compute_seconds > 0.2
    assert last.cluster == 0
    assert run.phases.between_seconds > 0.2


def test_key_that_is_done_already_is_not_run_again(recorder, client):
    kept = client.submit(nap, 0.1, key="reused")
    wait(kept)
    with recorder.block() as watch:
        nap(0.1)
        with watch.lap():
            client.submit(nap, 0.1, key="reused").result()
    run = recorder.record
    assert run.tasks == 0
    assert len(run.loops) == 1
    check_within(run, watch)


def test_key_that_still_runs_is_the_runs_once_it_asks_for_it(recorder, client, tmp_path):
    go = tmp_path / "go"
    kept = client.submit(wait_for_file, str(go), key="reused")
    with recorder.block() as watch, watch.lap():
        asked = dask.delayed(wait_for_file)(str(go), dask_key_name="reused").persist()
        wait_until(lambda: progress_of(recorder.timing.active).tasks_all == 1)
        go.touch()
        wait(asked)
    assert kept.done()
    check_one_loop(recorder.record, watch, 1)


def test_future_that_the_client_knows_is_a_fetch_only(recorder, client):
    """The client sends no graph for it."""
    kept = client.submit(nap, 0.5, key="reused")
    nap(0.1)
    with recorder.block() as watch, watch.lap():
        client.submit(nap, 0.5, key="reused").result()
    assert kept.done()
    check_one_loop(recorder.record, watch, 0)


def test_dependency_that_is_done_is_not_counted(recorder, client):
    first = client.submit(nap, 0.1, value=1)
    wait(first)
    with recorder.block() as watch, watch.lap():
        client.submit(nap, 0.1, first).result()
    check_one_loop(recorder.record, watch, 1, 0.1)


def test_part_of_a_graph_that_nobody_needs_is_not_counted(recorder, client):
    a = dask.delayed(identity)(1, dask_key_name="a")
    b = dask.delayed(identity)(a, dask_key_name="b")
    c = dask.delayed(nap)(0.1, b, dask_key_name="c")
    kept = b.persist()
    wait(kept)
    with recorder.block() as watch, watch.lap():
        c.compute(optimize_graph=False)
    run = recorder.record
    assert run.tasks == sum(group.tasks for group in run.groups) == 1
    check_one_loop(run, watch, 1, 0.1)


def test_huge_graph_is_waited_for(recorder, client):
    with recorder.block():
        kept = dask.persist(*[dask.delayed(identity)(i) for i in range(500)])
    assert recorder.record.tasks == 500
    wait(kept)


def is_watched():
    return doors.watcher is not None


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_fork_inside_a_run_leaves_it_serial(recorder, client):
    import multiprocessing

    with recorder.block():
        with multiprocessing.get_context("fork").Pool(2) as pool:
            pool.map(nap, [0.05] * 4)
            assert pool.apply(is_watched) is False
        assert is_watched()
    run = recorder.record
    assert run.approach == "serial"
    assert run.loops == ()
    assert not serious(run)


def test_loky_inside_a_run_leaves_it_serial(recorder, client):
    joblib = pytest.importorskip("joblib")
    with recorder.block():
        joblib.Parallel(n_jobs=2, backend="loky")(joblib.delayed(nap)(0.05) for _ in range(4))
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor().shutdown(wait=True, kill_workers=True)
    assert recorder.record.approach == "serial"
    assert recorder.record.loops == ()
