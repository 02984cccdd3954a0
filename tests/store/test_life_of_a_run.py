"""Begin, beat, finish, and what other people do meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hrlab.model.errors import ConflictError, NotFoundError
from hrlab.model.run import RunError
from tests.store.making import begun, golden, run


def listed(store):
    return [(summary.id, summary.status, summary.wall_seconds) for summary in store.page().runs]


def test_run_that_has_begun_is_listed_as_running(store):
    store.start(begun())
    assert listed(store) == [(run().id, "running", 0.0)]
    assert store.get(run().id)["status"] == "running"


def test_heartbeat_moves_the_elapsed_time_and_announces_nothing(store):
    store.start(begun())
    before = store.seq()
    store.beat(run().id, 12.5)
    assert listed(store) == [(run().id, "running", 12.5)]
    assert store.get(run().id)["wall_seconds"] == 12.5
    assert store.seq() == before


def test_whole_record_comes_back_as_it_was(store):
    for name in ("run_v1", "run_v1_failed", "run_v1_imported", "run_v1_resources"):
        store.finish(golden(name))
        assert store.get(golden(name).id) == golden(name).to_dict()


def test_record_can_be_read_without_its_series(store):
    sampled = golden("run_v1_resources")
    store.finish(sampled)
    assert sampled.resources is not None
    short = store.get(sampled.id, resources=False)
    assert short == {**sampled.to_dict(), "resources": None}


def test_series_of_a_run_that_goes_on_after_all_are_those_of_its_end(store):
    """A suspended laptop: a reader took the run for interrupted."""
    sampled = golden("run_v1_resources")
    store.start(sampled)
    store.mark_interrupted()
    store.finish(sampled)
    assert store.get(sampled.id)["resources"] == sampled.to_dict()["resources"]


def test_finish_replaces_what_begin_said(store):
    store.start(begun(name="begun"))
    store.finish(run(name="done", note="in the end", labels={"k": "v"}))
    [summary] = store.page().runs
    assert (summary.name, summary.note, dict(summary.labels)) == ("done", "in the end", {"k": "v"})


def test_finish_works_when_begin_never_reached_the_store(store):
    store.finish(run())
    assert listed(store) == [(run().id, "ok", 4.0)]


def test_facts_are_written_once(store):
    store.finish(run())
    seq = store.seq()
    store.finish(run(name="other", wall=9.0))
    assert store.get(run().id) == run().to_dict()
    assert store.seq() == seq


def test_begin_after_finish_changes_nothing(store):
    store.finish(run())
    store.start(begun())
    assert listed(store) == [(run().id, "ok", 4.0)]


def test_name_given_while_the_run_is_on_survives_its_end(store):
    store.start(begun(name="first", note="kept"))
    store.annotate(run().id, name="renamed")
    store.finish(run(name="first", note="from the end"))
    record = store.get(run().id)
    assert (record["name"], record["note"]) == ("renamed", "from the end")


def test_labels_given_replace_the_records_own(store):
    store.finish(run(labels={"a": "1", "b": "2"}))
    store.annotate(run().id, labels={"c": "3"})
    assert store.get(run().id)["labels"] == {"c": "3"}
    store.annotate(run().id, labels={})
    assert store.get(run().id)["labels"] == {}


def test_saving_a_record_again_leaves_what_people_changed(store):
    store.save(run())
    store.annotate(run().id, name="mine", note="mine too")
    assert store.save(run()) is False
    assert (store.get(run().id)["name"], store.get(run().id)["note"]) == ("mine", "mine too")


def test_fields_of_a_newer_record_are_kept(store):
    record = {**run().to_dict(), "novelty": {"deep": [1, None, "é"]}}
    assert store.save(run(), record) is True
    assert store.get(run().id) == record


def test_deleted_run_is_gone_from_everything_and_comes_back_whole(store):
    store.finish(run(code="c", labels={"k": "v"}))
    store.annotate(run().id, note="important")
    whole = store.get(run().id)
    store.delete(run().id)
    assert store.page().runs == ()
    assert store.page().total == 0
    assert store.get(run().id) is None
    assert store.summary(run().id) is None
    assert store.latest() is None
    assert store.usual_seconds("c") is None
    store.restore(run().id)
    assert store.get(run().id) == whole


def test_deleted_run_cannot_be_saved_changed_or_deleted_again(store):
    store.finish(run())
    store.delete(run().id)
    with pytest.raises(ConflictError, match="deleted"):
        store.save(run())
    with pytest.raises(NotFoundError):
        store.annotate(run().id, name="x")
    with pytest.raises(NotFoundError):
        store.delete(run().id)


def test_run_deleted_while_it_is_on_ends_quietly_and_stays_deleted(store):
    store.start(begun())
    store.delete(run().id)
    store.beat(run().id, 1.0)
    store.finish(run())
    assert store.page().total == 0
    store.restore(run().id)
    assert store.get(run().id) == run().to_dict()


def test_restoring_what_is_not_deleted_changes_nothing_and_unknown_runs_are_said(store):
    store.finish(run())
    seq = store.seq()
    store.restore(run().id)
    assert store.seq() == seq
    for action in (store.restore, store.delete, lambda i: store.annotate(i, name="x")):
        with pytest.raises(NotFoundError, match="no run f00"):
            action("f00")


def test_latest_is_the_newest_that_has_ended(store):
    assert store.latest() is None
    store.finish(run(1))
    store.finish(run(3))
    store.finish(run(2))
    store.start(begun(4))
    store.annotate(run(3).id, name="renamed")
    assert store.latest() == replace(run(3), name="renamed")


def test_usual_time_is_that_of_the_latest_successful_run_of_the_code(store):
    assert store.usual_seconds("c") is None
    store.finish(run(1, code="c", wall=10.0))
    store.finish(run(2, code="c", wall=12.0))
    failed = run(3, code="c", wall=1.0, status="failed", error=RunError("E", "e"))
    store.finish(failed)
    store.finish(run(4, code="d", wall=99.0))
    assert store.usual_seconds("c") == 12.0


def test_every_change_gets_a_number_and_names_its_run(store):
    for number in (1, 2, 3):
        store.finish(run(number))
    seq = store.seq()
    assert store.changes(seq).ids == ()
    store.delete(run(1).id)
    store.annotate(run(3).id, note="n")
    store.restore(run(1).id)
    found = store.changes(seq)
    assert found.ids == (run(3).id, run(1).id)
    assert found.seq == store.seq() == seq + 3


def test_halves_of_surrogate_pairs_are_kept_and_break_nothing(store):
    odd = run(name="x\ud800", note="\udfff", labels={"\ud800": "\udc00"})
    store.finish(odd)
    assert store.get(odd.id) == odd.to_dict()
    store.annotate(odd.id, name="y\ud800")
    assert store.page().runs[0].name == "y?"
