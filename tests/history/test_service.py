"""What the services decide, whoever asks."""

from __future__ import annotations

import pytest

from hrlab.history.edit import Patch, read_patch
from hrlab.history.service import RunService
from hrlab.model.errors import InvalidRecordError, MalformedError, NotFoundError, StoreError
from hrlab.model.suggest import did_you_mean
from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore
from tests.store.making import begun, golden, run


@pytest.fixture
def store(store_of_the_test):
    store = RunStore.open()
    yield store
    store.close()


@pytest.fixture
def service(store):
    return RunService(store)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("runing", "Did you mean running?"),
        ("RUNNING", "Did you mean running?"),
        ("xyz", "Known are failed, ok, running."),
    ],
)
def test_nearest_words_are_named_or_all_of_them(wrong, said):
    assert did_you_mean(wrong, ["ok", "running", "failed"]) == said


def test_patch_names_what_changes():
    assert read_patch({"note": ""}) == Patch(note="")
    assert read_patch({"note": ""}).annotates
    assert read_patch({"deleted": False}) == Patch(restore=True)
    assert not read_patch({"deleted": False}).annotates


def test_deletion_is_undone_and_the_name_changed_in_one_go(service):
    service.save(run().id, run().to_dict())
    service.delete(run().id)
    assert service.change(run().id, {"deleted": False, "name": "back"}).name == "back"


def test_list_can_be_read_while_marking_interrupted_runs_fails(service, store, monkeypatch):
    store.start(begun())

    def locked():
        raise StoreError("locked")

    monkeypatch.setattr(store, "mark_interrupted", locked)
    assert service.page(RunQuery()).total == 1


def test_latest_is_none_at_first_and_then_the_newest_that_ended(service):
    assert service.latest() is None
    service.save(golden().id, golden().to_dict())
    assert service.latest() == golden()


def test_charts_are_drawn_by_name(service):
    service.save(golden().id, golden().to_dict())
    assert set(service.chart(golden().id, "phases")) == {"spec", "table"}
    with pytest.raises(MalformedError, match="Did you mean phases"):
        service.chart(golden().id, "phase")
    with pytest.raises(NotFoundError):
        service.chart("f00", "phases")


def test_record_with_a_number_that_json_does_not_have_is_refused(service):
    record = {**golden().to_dict(), "novelty": float("nan")}
    with pytest.raises(InvalidRecordError, match="not finite or exceeds"):
        service.save(golden().id, record)
