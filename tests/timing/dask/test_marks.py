"""Marks that declare a phase, and Dask work in them."""

from __future__ import annotations

import pytest
from distributed import wait

from hrlab.timing.contexts import MarkedStretch
from tests.timing.conftest import check_loops, serious
from tests.timing.work import nap

CODE = "dask-in-declared-phase"


def warned(recorder):
    return [one.message for one in recorder.record.warnings if one.code == CODE]


@pytest.mark.parametrize(
    ("label", "phase"), [("stage-out", "post"), ("prepare", "pre"), ("post", "post")]
)
def test_dask_work_in_a_mark_of_another_phase_is_dask_and_the_run_says_so(
    recorder, client, label, phase
):
    with recorder.block() as watch:
        with watch.lap():
            client.submit(nap, 0.1, pure=False).result()
        with MarkedStretch(recorder.timing, label, phase):
            nap(0.2)
            with watch.lap():
                client.submit(nap, 0.3, pure=False).result()
    run = recorder.record
    check_loops(run, watch, 0.1, 0.3)
    took = sum(loop.stop_seconds - loop.start_seconds for loop in run.loops)
    assert run.phases.dask_seconds == pytest.approx(took, abs=1e-6)
    (message,) = warned(recorder)
    loop = run.loops[1]
    seconds = message.removeprefix("Dask work took ").partition(" ")[0]
    assert float(seconds) == pytest.approx(loop.stop_seconds - loop.start_seconds, abs=0.01)
    assert f" s of '{label}' (declared as {phase}): it counts as dask" in message
    assert 'hrlab.phase("stage-out")' in message


def test_several_marks_are_told_in_one_warning_by_label(recorder, client):
    with recorder.block():
        for label, phase in [("a", "pre"), ("b", "post"), ("b", "post")]:
            with MarkedStretch(recorder.timing, label, phase):
                client.submit(nap, 0.1, pure=False).result()
    (message,) = warned(recorder)
    first, second = message.removeprefix("Dask work took ").partition(":")[0].split(" and ")
    assert first.endswith(" s of 'a' (declared as pre)")
    assert second.endswith(" s of 'b' (declared as post)")
    assert float(second.split()[0]) > 0.2


def test_of_many_marks_a_few_are_told(recorder, client):
    with recorder.block():
        for number in range(9):
            with MarkedStretch(recorder.timing, f"m{number}" * 30, "post"):
                client.submit(nap, 0.02, pure=False).result()
    (message,) = warned(recorder)
    assert message.count("declared as post") == 3
    assert " and of 6 other marks: " in message
    assert len(message) < 700


def test_marks_without_dask_work_warn_of_nothing(recorder, client):
    with recorder.block():
        with MarkedStretch(recorder.timing, "pre", "pre"):
            nap(0.1)
        futures = [client.submit(nap, 0.1, i, pure=False) for i in range(2)]
        wait(futures)
        with MarkedStretch(recorder.timing, "stage-out", "post"):
            nap(0.2)
        del futures
    assert not serious(recorder.record)


def test_dask_work_is_expected_in_a_mark_that_only_names_or_declares_dask(recorder, client):
    with recorder.block():
        with MarkedStretch(recorder.timing, "stage-out", None):
            client.submit(nap, 0.1, pure=False).result()
        with MarkedStretch(recorder.timing, "post", "post"):
            nap(0.05)
            with MarkedStretch(recorder.timing, "dask", "dask"):
                client.submit(nap, 0.1, pure=False).result()
    assert not serious(recorder.record)
