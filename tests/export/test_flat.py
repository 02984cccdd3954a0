"""Runs as a flat table, and tables as runs."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from hrlab.comparison.groups import compare
from hrlab.export import flat, table
from hrlab.model.errors import InvalidRecordError, MalformedError
from hrlab.model.run import Run
from tests.render.runs import all_golden, golden, hostile

PUBLISHED = Path(__file__).parents[2] / "examples" / "published"
NOW = 1_793_000_000.0


def written(*runs: Run) -> str:
    file = io.StringIO(newline="")
    flat.write(runs, file)
    return file.getvalue()


def read(text: str, name: str = "table") -> list[Run]:
    return list(table.read(io.StringIO(text, newline=""), name=name, now=NOW))


def published(name: str) -> list[Run]:
    return read((PUBLISHED / f"{name}.csv").read_text(encoding="utf-8"), name)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_row_says_what_the_record_says():
    run = golden()
    (row,) = rows(written(run))
    assert row["id"] == run.id
    assert row["started_utc"] == "2026-11-02T00:00:00+00:00"
    parts = [float(row[f"{name}_seconds"]) for name in ("pre", "dask", "between", "post")]
    assert sum(parts) == pytest.approx(float(row["wall_seconds"]), abs=1e-9)
    assert float(row["wait_seconds"]) == sum(loop.stages.wait_seconds for loop in run.loops)
    assert float(row["activity:transfer"]) == run.activities["transfer"]
    assert int(row["tasks"]) == 980


def test_unknown_is_empty_and_not_zero():
    (row,) = rows(written(golden("run_v1_imported")))
    assert (row["pre_seconds"], row["wait_seconds"], row["cold"]) == ("", "", "")


def test_table_has_the_columns_of_all_its_runs():
    first = replace(golden(), workload={"events": 5.0}, labels={"site": "naples"})
    second = replace(golden(), workload={"variations": 7.0}, labels={})
    found = rows(written(first, second))
    assert [row["workload:events"] for row in found] == ["5.0", ""]
    assert [row["workload:variations"] for row in found] == ["", "7.0"]
    assert [row["label:site"] for row in found] == ["naples", ""]


def test_no_cell_is_a_formula_to_a_spreadsheet():
    run = replace(golden(), name="=1+1", note="@cmd", labels={"=x": "-y"})
    cells = [cell for line in csv.reader(io.StringIO(written(run))) for cell in line]
    assert not [cell for cell in cells if cell.startswith(("=", "@", "+"))]
    (back,) = read(written(run))
    assert (back.name, back.note, back.labels) == (run.name, run.note, run.labels)


def test_what_was_written_comes_back_but_for_phases():
    for run in (*all_golden(), hostile()):
        if run.status == "running":
            continue
        (back,) = read(written(run))
        same = ("id", "name", "status", "started_at", "wall_seconds", "approach", "labels", "note")
        for field in (
            *same,
            "workload",
            "activities",
            "cold",
            "alone",
            "other_pods",
            "threads_peak",
        ):
            assert getattr(back, field) == getattr(run, field), field
        assert back.phases is None
        assert back.source.kind == "import"
        left_out = {warning.code for warning in back.warnings}
        assert ("phases-left-out" in left_out) == (run.phases is not None)


def test_published_fcc_ee_table_gives_the_published_speed_ups():
    runs = published("fcc-ee")
    assert all(run.phases is None for run in runs)
    found = compare(runs)
    assert (found.by, found.amount, found.baseline) == ("approach", "variations", "serial")
    speed_ups = {(group.key, group.amount): group.speed_up for group in found.groups}
    expected = {50.0: (590, 320, 75), 100.0: (1135, 618, 138)}
    for amount, (serial, local, distributed) in expected.items():
        assert speed_ups["local", amount] == pytest.approx(serial / local)
        assert speed_ups["distributed", amount] == pytest.approx(serial / distributed)
    best = next(g for g in found.groups if (g.key, g.amount) == ("distributed", 100.0))
    assert best.speed_up == pytest.approx(8.2, abs=0.05)
    assert best.efficiency == pytest.approx(0.082, abs=0.001)
    memory = {run.clusters[0].memory_bytes for run in runs if run.approach == "distributed"}
    assert memory == {200 * 2**30}


def test_published_gnn_tables_give_the_published_speed_ups():
    runs = published("gnn")
    background = [run for run in runs if run.workload["events"] == 434_000]
    doubled = compare(background, by="workers")
    assert [group.speed_up for group in doubled.groups] == [1.0, 2.0]
    assert [group.efficiency for group in doubled.groups] == [1.0, 1.0]
    chunks = [run for run in runs if run.workload["events"] == 17_000 and run.workers_peak == 60]
    by_chunks = compare(chunks, by="label:chunks", baseline="10")
    assert [group.speed_up for group in by_chunks.groups] == pytest.approx([1, 5.8 / 2.5, 2.9])
    isomorphism = compare(published("gnn-isomorphism"))
    assert max(g.speed_up or 0 for g in isomorphism.groups) == pytest.approx(8.93, abs=0.01)


def test_reading_a_table_twice_gives_the_same_ids_and_repeats_different_ones():
    text = "wall_seconds,approach\n5,serial\n5,serial\n"
    first, again = read(text), read(text)
    assert [run.id for run in first] == [run.id for run in again]
    assert first[0].id != first[1].id
    assert {run.id for run in read(text, "another")}.isdisjoint(run.id for run in first)


def test_table_of_a_european_spreadsheet_is_understood():
    (run,) = read("\ufeffname;wall_seconds;variations\nZee;590,5;50\n")
    assert (run.name, run.wall_seconds, run.workload) == ("Zee", 590.5, {"variations": 50.0})


def test_text_in_quotes_may_have_lines_blanks_and_remarks():
    (run,) = read('# published\n\nwall_seconds,note\n1,"first\n\n# second, with a comma"\n# end\n')
    assert run.note == "first\n\n# second, with a comma"


def test_what_a_table_does_not_say_is_said():
    (run,) = read("wall_seconds,workers\n5,4\n")
    assert (run.started_at, run.threads_peak, run.approach) == (NOW, 4, "distributed")
    assert [warning.code for warning in run.warnings] == ["start-unknown", "threads-unknown"]
    (run,) = read("wall_seconds,started_at\n5,2026-11-21T13:00:00Z\n")
    assert run.started_at == 1795266000.0
    assert run.warnings == ()


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("", MalformedError, "The table is empty"),
        ("# only a remark\n", MalformedError, "The table is empty"),
        ("wall_secs\n5\n", MalformedError, "Did you mean wall_seconds"),
        ("wall_seconds,site\n5,x\n", MalformedError, "label:site"),
        ("name,workers\na,5\n", MalformedError, "has no wall times"),
        ("wall_seconds,wall_seconds\n5,5\n", MalformedError, "two columns"),
        ("wall_seconds\n5\nfast\n", InvalidRecordError, "Line 3: wall_seconds must be a number"),
        ("wall_seconds\n-5\n", InvalidRecordError, "0 or more, not '-5'"),
        ("wall_seconds\n1e300\n", InvalidRecordError, "wall_seconds must be from 0"),
        ("wall_seconds,name\n,x\n", InvalidRecordError, "Line 2: This row has no wall time"),
        ("wall_seconds,workers\n5,2.5\n", InvalidRecordError, "workers must be a whole number"),
        ("wall_seconds,approach\n5,fast\n", InvalidRecordError, "one of serial, processes, local"),
        ("wall_seconds,cold\n5,maybe\n", InvalidRecordError, "true or false"),
        ("wall_seconds,started_at\n5,noon\n", InvalidRecordError, "a time as 2026"),
        ("wall_seconds,id\n5,7\n", InvalidRecordError, "32 hexadecimal digits"),
        ("wall_seconds\n5,6\n", InvalidRecordError, "Line 2 has 2 cells, the header 1"),
    ],
)
def test_table_that_can_not_be_read_says_where_and_why(text, error, said):
    with pytest.raises(error) as caught:
        read(text)
    assert said in str(caught.value)
