"""What is noted afterwards in runs that were not alone on their nodes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hrlab.hosts.node_sharing import Ended, news, record, seen
from hrlab.model.run import Cell
from hrlab.store.sqlite import RunStore
from tests.render.runs import golden

RUN = golden()
ADDRESS = RUN.clusters[0].scheduler_address


@pytest.fixture
def store(tmp_path):
    made = RunStore.open(tmp_path / "runs.sqlite")
    yield made
    made.close()


class Sees:
    """A kind that saw so many at an address, in the first ten seconds of a run."""

    def __init__(self, **counts):
        self.counts = counts

    def neighbours(self, address, started_at, ended_at):
        return self.counts.get(address, 0) if started_at < 10 else 0


def test_runs_that_ended_on_clusters_are_news_once(store):
    begun = news(store, None)
    assert begun.runs == ()
    store.start(RUN)
    assert news(store, begun.seq).runs == ()
    store.finish(RUN)
    store.save(replace(RUN, id="e" * 32, clusters=(), loops=(), resources=None, phases=None))
    found = news(store, begun.seq)
    times = ((RUN.started_at, RUN.started_at + RUN.wall_seconds),)
    assert [(one.run_id, one.addresses) for one in found.runs] == [(RUN.id, (ADDRESS,))]
    assert found.runs[0].times[0][0] == times[0][0]
    assert news(store, found.seq).runs == ()


def test_what_was_seen_is_added_once_and_nothing_else_changes(store):
    store.finish(RUN)
    before, seq = store.get(RUN.id), store.seq()
    assert record([(RUN.id, 3)])(store)
    assert store.get(RUN.id) == {**before, "other_pods": 3}
    assert store.changes(seq).ids == (RUN.id,)
    assert not record([(RUN.id, 5), ("0" * 32, 1)])(store)
    assert store.get(RUN.id)["other_pods"] == 3
    assert news(store, seq).runs == ()
    store.save(RUN)  # as a notebook hands its copy over
    assert store.get(RUN.id)["other_pods"] == 3


def test_idle_time_between_cells_is_not_part_of_a_run(store):
    cells = (Cell("a", 1, 0.0, 2.0), Cell("b", 2, 2.0, 3.0))
    run = replace(RUN, id="d" * 32, cells=cells)
    store.finish(run)
    record = store.get(run.id)
    record["cells"][1]["started_at"] = run.started_at + 60
    store.save(replace(run, id="c" * 32), {**record, "id": "c" * 32})
    whole, by_cell = (one.times for one in news(store, 0).runs)
    assert whole == ((run.started_at, run.started_at + run.wall_seconds),)
    assert by_cell == (
        (run.started_at, run.started_at + 2.0),
        (run.started_at + 60, run.started_at + 61),
    )


def test_the_most_that_any_kind_saw_at_any_time_counts():
    run = Ended("a" * 32, ("a", "b"), ((0.0, 1.0), (20.0, 30.0)))
    assert seen(run, [Sees(a=2, b=3), Sees(b=1)]) == 3
    assert seen(run, [Sees()]) == 0
    assert seen(replace(run, times=((20.0, 30.0),)), [Sees(a=2)]) == 0
