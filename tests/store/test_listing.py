"""Pages, filters, and the change against the run before."""

from __future__ import annotations

import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hrlab.model.run import RunError, Source
from hrlab.store.query import RunQuery
from tests.store.making import begun, golden, run


def ids(store, **query):
    return [summary.id for summary in store.page(RunQuery(**query)).runs]


def numbers(store, **query):
    """Which of `run(0)`, `run(1)`, ... are listed."""
    known = {run(number).id: number for number in range(100)}
    return [known[found] for found in ids(store, **query)]


def test_newest_comes_first_and_pages_join_without_gap(store):
    for number in (5, 1, 4, 2, 3):
        store.finish(run(number))
    assert numbers(store) == [5, 4, 3, 2, 1]
    assert numbers(store, limit=2) == [5, 4]
    assert numbers(store, offset=2, limit=2) == [3, 2]
    assert numbers(store, offset=5) == []
    assert store.page(RunQuery(offset=4, limit=1)).total == 5


def test_runs_that_began_together_keep_one_order(store):
    for number in range(20):
        store.finish(run(number, started_at=1.0))
    whole = ids(store)
    assert whole == [found for offset in range(20) for found in ids(store, offset=offset, limit=1)]


def test_summary_says_what_the_record_says(store):
    store.finish(golden())
    [summary] = store.page().runs
    record = golden()
    assert summary.to_dict() == {
        "id": record.id,
        "name": "Zee 100 variations",
        "status": "ok",
        "error": None,
        "started_at": record.started_at,
        "wall_seconds": 137.25,
        "phases": record.to_dict()["phases"],
        "approach": "distributed",
        "tasks": 980,
        "failed_tasks": 1,
        "workers_peak": 8,
        "threads_peak": 8,
        "clusters": ["zee-1"],
        "labels": {"detector": "IDEA", "slot": "booked"},
        "note": "first of the booked slot",
        "notebook": "analysis/zee.ipynb",
        "code_sha256": record.source.code_sha256,
        "warnings": ["work-left-running"],
        "change": None,
    }


def test_long_error_is_cut_in_the_list_only(store):
    store.finish(run(status="failed", error=RunError("ValueError", "x" * 10_000)))
    assert len(store.page().runs[0].error.message) == 500
    assert len(store.get(run().id)["error"]["message"]) == 10_000


def test_change_is_against_the_latest_success_of_the_same_code(store):
    store.finish(run(1, code="c", wall=10.0))
    store.finish(run(2, code="other", wall=1.0))
    store.finish(run(3, code="c", wall=3.0, status="failed", error=RunError("E", "")))
    store.finish(run(4, code="c", wall=9.0))
    changes = {summary.id: summary.change for summary in store.page().runs}
    assert changes[run(4).id].previous_id == run(1).id
    assert changes[run(4).id].ratio == pytest.approx(-0.1)
    assert [changes[run(number).id] for number in (1, 2, 3)] == [None, None, None]
    assert store.summary(run(4).id).change == changes[run(4).id]


def test_change_does_not_count_deleted_runs_nor_runs_without_code(store):
    store.finish(run(1, wall=5.0))
    store.finish(run(2, wall=5.0))
    store.finish(run(3, code="c", wall=5.0))
    store.finish(run(4, code="c", wall=5.0))
    store.delete(run(3).id)
    assert [summary.change for summary in store.page().runs] == [None, None, None]


def test_change_against_a_run_of_no_time_is_unknown(store):
    store.finish(run(1, code="c", wall=0.0))
    store.finish(run(2, code="c"))
    assert store.page().runs[0].change is None


def test_text_is_found_in_name_note_notebook_and_labels_in_any_case(store):
    store.finish(run(1, name="Größe ÄNDERN"))
    store.finish(run(2, note="first of the Slot"))
    store.finish(run(3, source=Source(kind="cell", notebook="analysis/zee.ipynb")))
    store.finish(run(4, labels={"detector": "IDEA"}))
    assert numbers(store, text="GRÖSSE ändern") == [1]
    assert numbers(store, text="slot") == [2]
    assert numbers(store, text="zee.ip") == [3]
    assert numbers(store, text="detector=idea") == [4]
    assert numbers(store, text="slot detector") == []
    assert numbers(store, text="  ") == [4, 3, 2, 1]
    assert numbers(store, text="%") == numbers(store, text="_") == []


def test_text_is_found_in_what_people_changed_and_no_more_in_what_was(store):
    store.finish(run(1, name="alpha", labels={"k": "old"}))
    store.annotate(run(1).id, name="beta", labels={"k": "new"})
    assert numbers(store, text="beta") == [1]
    assert numbers(store, text="alpha") == []
    assert numbers(store, labels=(("k", "new"),)) == [1]
    assert numbers(store, labels=(("k", "old"),)) == []


def test_filters_hold_together(store):
    store.finish(run(1, labels={"a": "1", "b": "2"}))
    store.finish(run(2, labels={"a": "1"}, source=Source(kind="cell", notebook="other.ipynb")))
    store.start(begun(3, labels={"a": "1"}))
    assert numbers(store, labels=(("a", "1"),)) == [3, 2, 1]
    assert numbers(store, labels=(("a", "1"), ("b", "2"))) == [1]
    assert numbers(store, labels=(("a", "1"),), notebook="a.ipynb") == [3, 1]
    assert numbers(store, labels=(("a", "1"),), notebook="a.ipynb", status="running") == [3]
    assert numbers(store, since_at=run(2).started_at) == [3, 2]
    assert store.page(RunQuery(labels=(("a", "1"),), limit=1)).total == 3


words = st.text(alphabet=string.ascii_letters + "%_'\"\\ ÄßéİΣ\x00", max_size=8)
runs = st.lists(
    st.tuples(words, words, st.dictionaries(words, words, max_size=2), st.sampled_from("xyz")),
    max_size=8,
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(made=runs, text=words, label=st.tuples(words, words), limit=st.integers(1, 9))
def test_page_is_what_filtering_every_run_by_hand_gives(
    open_store, store_of_the_test, made, text, label, limit
):
    store_of_the_test.unlink(missing_ok=True)
    store = open_store()
    for number, (name, note, labels, code) in enumerate(made):
        store.finish(run(number, name=name, note=note, labels=labels, code=code))

    def wanted(name, note, labels):
        seen = "\n".join([name, note, "a.ipynb", *(f"{k}={v}" for k, v in labels.items())])
        return all(word in seen.casefold() for word in text.casefold().split())

    found = [n for n, (name, note, labels, _) in enumerate(made) if wanted(name, note, labels)]
    assert numbers(store, text=text, limit=limit) == found[::-1][:limit]
    assert store.page(RunQuery(text=text)).total == len(found)
    labelled = [n for n, (_, _, labels, _) in enumerate(made) if labels.get(label[0]) == label[1]]
    assert numbers(store, labels=(label,)) == labelled[::-1]
    store.close()
