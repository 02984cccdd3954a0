"""A run in a terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hrlab.model.run import Run
from hrlab.render.html import html
from hrlab.render.text import phase_table, text
from hrlab.render.words import sentence
from tests.render.runs import all_golden, golden, hostile


def test_block_says_outcome_phases_stages_and_warning() -> None:
    assert text(golden(), width=40).splitlines() == [
        "Zee 100 variations  2 min 17 s  (distributed · 980 tasks (1 failed) · 8 workers"
        " · 0.729 variations/s · 7,290 events/s)",
        "  ▒▒█████████████████████████████████·▓▓▓▓",
        "  pre 4.10 s · dask 2 min 2 s · between 1.35 s · post 9.80 s",
        "  dask: submit 750 ms · wait 22.3 s · compute 1 min 38 s · gather 1.00 s in 2 loops",
        "  ⚠ 2 tasks were still unfinished when the run ended: their time is not in it.",
    ]


def test_failed_run_says_after_how_long_in_which_phase_and_why() -> None:
    run = replace(golden(), status="failed", error=golden("run_v1_failed").error)
    assert "✗ Zee 100 variations  failed after 2 min 17 s in post: ZeroDivisionError" in text(run)
    assert "failed after 16.1 s: ZeroDivisionError" in text(golden("run_v1_failed"))


def test_run_whose_kernel_died_is_not_called_serial() -> None:
    run = replace(golden("run_v1_imported"), status="interrupted", approach="serial", workload={})
    assert "serial" not in text(run)
    assert "()" not in text(run)
    assert "serial" not in html(run)
    assert "serial" not in sentence(run)


def test_run_without_phases_says_so() -> None:
    assert "Only the wall time is known" in text(golden("run_v1_imported"))


@pytest.mark.parametrize("run", [*all_golden(), hostile()], ids=lambda run: run.id[:4])
def test_ascii_form_is_ascii_and_has_the_same_lines(run: Run) -> None:
    block = text(run, ascii_only=True)
    assert block.isascii()
    assert len(block.splitlines()) == len(text(run).splitlines())


def test_names_cannot_drive_the_terminal_or_break_the_block() -> None:
    block = text(hostile())
    assert "\x1b" not in block
    assert len(block.splitlines()) == 5
    assert "\x1b" not in phase_table(hostile())


def test_table_adds_up_and_is_aligned() -> None:
    lines = phase_table(golden()).splitlines()
    assert lines[0] == "Zee 100 variations: 2 min 17 s"
    assert lines[-1].split() == ["total", "2", "min", "17", "s", "100", "%"]
    assert len({len(line) for line in lines[1:]}) == 1
    assert [line.split()[0] for line in lines[4:-2]] == [
        "pre", "dask", "submit", "wait", "compute", "gather", "between", "post",
    ]  # fmt: skip


def test_advice_names_the_time_that_was_waited() -> None:
    run = golden()
    slow = replace(run.loops[0].stages, wait_seconds=50.0, compute_seconds=49.0)
    start = run.loops[0].start_seconds
    intervals = (("wait", start, start + 50.0),)
    first = replace(run.loops[0], stages=slow, stage_intervals=intervals)
    late = ((0.0, 0, 0), (start + 50.0, 8, 8))
    workers = replace(run.clusters[0].workers, history=late)
    cluster = replace(run.clusters[0], workers=workers)
    waited = replace(run, alone=True, loops=(first,), clusters=(cluster, *run.clusters[1:]))
    assert "was spent waiting for workers: create the cluster earlier" in text(waited)
    there = replace(workers, history=((0.0, 8, 8),))
    ready = replace(waited, clusters=(replace(cluster, workers=there), *run.clusters[1:]))
    assert "was spent waiting" not in text(ready)
    shared = replace(waited, alone=False)
    assert "while another client used the cluster" in text(shared)
