"""Runs whose kernel is gone."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from hrlab.model.run import Run
from hrlab.store.process import Process, is_gone, this_process
from tests.store.making import begun, run


def test_run_of_a_process_that_is_there_stays_running(store, world):
    store.start(begun())
    world.now += 10_000
    assert store.mark_interrupted() == []
    assert store.page().runs[0].status == "running"


def test_run_of_a_process_that_is_gone_is_kept_as_interrupted(store, world):
    store.start(begun(name="long", labels={"k": "v"}))
    store.beat(run().id, 33.0)
    world.gone[world.here] = True
    assert store.mark_interrupted() == [run().id]
    kept = Run.from_dict(store.get(run().id))
    assert (kept.status, kept.wall_seconds, kept.phases) == ("interrupted", 33.0, None)
    assert (kept.name, kept.labels) == ("long", {"k": "v"})
    assert [warning.code for warning in kept.warnings] == ["interrupted"]
    assert "last sign of life" in kept.warnings[0].message
    assert store.page().runs[0].warnings == ("interrupted",)


def test_marking_is_announced_once(store, world):
    store.start(begun())
    world.gone[world.here] = True
    seq = store.seq()
    store.mark_interrupted()
    assert store.changes(seq).ids == (run().id,)
    seq = store.seq()
    assert store.mark_interrupted() == []
    assert store.seq() == seq


@pytest.mark.parametrize(("silence", "marked"), [(59.0, False), (61.0, True)])
def test_run_on_another_host_counts_as_interrupted_after_a_minute_of_silence(
    store, world, silence, marked
):
    world.gone[world.here] = None
    store.start(begun())
    world.now += 100
    store.beat(run().id, 100.0)
    world.now += silence
    assert bool(store.mark_interrupted()) is marked


def test_run_that_was_only_asleep_runs_again_with_its_next_heartbeat(store, world):
    world.gone[world.here] = None
    store.start(begun())
    world.now += 100
    store.mark_interrupted()
    seq = store.seq()
    store.beat(run().id, 101.0)
    assert store.page().runs[0].status == "running"
    assert store.get(run().id)["warnings"] == []
    assert store.changes(seq).ids == (run().id,)
    store.finish(run())
    assert store.get(run().id) == run().to_dict()


def test_what_the_process_itself_says_replaces_what_a_reader_guessed(store, world):
    world.gone[world.here] = None
    store.start(begun())
    world.now += 100
    store.mark_interrupted()
    store.finish(run())
    assert store.get(run().id) == run().to_dict()
    assert store.page().runs[0].status == "ok"


def test_name_given_to_an_interrupted_run_stays(store, world):
    store.start(begun())
    store.annotate(run().id, name="mine")
    world.gone[world.here] = True
    store.mark_interrupted()
    assert store.get(run().id)["name"] == "mine"


def test_this_process_is_there_and_a_finished_one_is_gone():
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        pass
    assert is_gone(this_process()) is False
    assert is_gone(Process(this_process().host, child.pid, "")) is True


def test_process_that_got_the_id_of_another_one_is_not_that_one():
    here = this_process()
    assert is_gone(Process(here.host, here.pid, here.started + "0")) is True


def test_process_on_another_host_cannot_be_asked():
    assert is_gone(Process("elsewhere", os.getpid(), "")) is None
    assert is_gone(Process("elsewhere", 2**22 + 1, "")) is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_forked_child_is_another_process():
    before = this_process()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, repr(this_process()).encode())
        os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        assert answer.read() != repr(before)
