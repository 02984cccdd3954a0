"""Places of the phases: they agree with the sums that the record keeps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrlab.model.run import Loop, Mark, Run, nanoseconds
from hrlab.render.segments import phase_segments
from hrlab.timing.phases import DeclaredTime, Observed, account, stages_in_seconds
from tests.render.runs import all_golden

WALL = 1000
times = st.tuples(st.integers(0, WALL), st.integers(0, WALL)).map(lambda t: (min(t), max(t)))
declared = st.builds(
    lambda phase, edges: DeclaredTime(phase, *edges), st.sampled_from(["pre", "post"]), times
)


def made(busy: list[tuple[int, int]], marks: list[DeclaredTime]) -> Run:
    """The record that the recorder would make of these observations."""
    found = account(WALL, Observed(busy=busy), marks)
    return Run(
        id="0" * 32,
        name="made",
        status="ok",
        started_at=0.0,
        wall_seconds=WALL / 1e9,
        phases=found.phases,
        loops=tuple(
            Loop(loop.start / 1e9, loop.stop / 1e9, 0, "c", 1, 0, 0, stages_in_seconds(loop.stages))
            for loop in found.loops
        ),
        marks=tuple(Mark("m", m.phase, m.start / 1e9, m.stop / 1e9) for m in marks),
    )


def sums(run: Run) -> dict[str, int]:
    lengths = dict.fromkeys(("pre", "dask", "between", "post"), 0)
    for segment in phase_segments(run):
        lengths[segment.phase] += nanoseconds(segment.stop_seconds) - nanoseconds(
            segment.start_seconds
        )
    return lengths


def recorded(run: Run) -> dict[str, int]:
    assert run.phases is not None
    return {
        name: nanoseconds(getattr(run.phases, f"{name}_seconds"))
        for name in ("pre", "dask", "between", "post")
    }


@given(st.lists(times, max_size=5), st.lists(declared, max_size=3))
def test_segments_add_up_to_the_recorded_phases(
    busy: list[tuple[int, int]], marks: list[DeclaredTime]
) -> None:
    run = made(busy, marks)
    assert sums(run) == recorded(run)


@given(st.lists(times, max_size=5), st.lists(declared, max_size=3))
def test_segments_cover_the_run_without_overlap(
    busy: list[tuple[int, int]], marks: list[DeclaredTime]
) -> None:
    edge = 0.0
    for segment in phase_segments(made(busy, marks)):
        assert segment.start_seconds == edge
        edge = segment.stop_seconds
    assert edge == WALL / 1e9


@pytest.mark.parametrize("run", all_golden(), ids=lambda run: run.id[:4])
def test_golden_records_agree(run: Run) -> None:
    if run.phases is None:
        assert phase_segments(run) == ()
    else:
        assert sums(run) == recorded(run)
