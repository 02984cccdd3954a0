"""``jupyter hrlab run``: real notebooks in real kernels, in the command's own process where it is interrupted."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from hrlab.cli.app import main
from hrlab.model.run import Run
from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore

WAIT_SECONDS = 60.0


def write(path, *cells, parameters="n = 2\nwait = 0"):
    """A notebook with a heading, a cell of parameters and `cells`."""
    made = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_markdown_cell("# Tiny *study*"),
            nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
            *map(nbformat.v4.new_code_cell, cells),
        ]
    )
    nbformat.write(made, path)
    return path


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "kept" / "runs.sqlite"


def runs(path):
    store = RunStore.open(path)
    try:
        store.mark_interrupted()
        page = store.page(RunQuery())
        return [Run.from_dict(store.get(run.id)) for run in page.runs]
    finally:
        store.close()


def test_a_notebook_is_one_run_with_the_parameters_that_were_set(path, capsys):
    write(Path("tiny.ipynb"), "m = n * 2", "%%hrtime inner --events 5\nprint('m is', m)")
    words = [
        "--set",
        "n=21",
        "--label",
        "a=b",
        "--workload",
        "files=3",
        "--output",
        "kept/out.ipynb",
    ]
    assert main(["--store", str(path), "run", "tiny.ipynb", *words]) == 0
    (run,) = runs(path)
    assert (run.name, run.status, run.source.kind) == ("Tiny study", "ok", "notebook")
    assert (run.source.notebook, len(run.cells)) == ("tiny.ipynb", 3)
    assert (run.labels, run.workload) == ({"a": "b"}, {"events": 5, "files": 3})
    kept = nbformat.read("kept/out.ipynb", as_version=4)
    assert kept.cells[2].metadata.tags == ["injected-parameters"]
    assert "m is 42" in json.dumps(kept)
    # What is put in is not the analysis: whatever the parameters, its code is the same.
    assert "21" not in run.source.code
    assert "Tiny study" in capsys.readouterr().err


def test_a_notebook_that_fails_is_kept_and_its_exit_code_says_so(path, capsys):
    write(Path("tiny.ipynb"), "1 / 0", "never = 1")
    assert main(["--store", str(path), "run", "tiny.ipynb"]) == 1
    assert [run.status for run in runs(path)] == ["failed"]
    assert "ZeroDivisionError" in Path("tiny-run.ipynb").read_text(encoding="utf-8")
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_kernel_that_dies_leaves_an_interrupted_run_and_its_last_words(path, capsys):
    write(Path("tiny.ipynb"), "import os\nos._exit(3)")
    assert main(["--store", str(path), "run", "tiny.ipynb"]) == 1
    assert [run.status for run in runs(path)] == ["interrupted"]
    assert "The kernel died" in capsys.readouterr().err


def test_a_run_that_takes_too_long_is_interrupted(path):
    write(Path("tiny.ipynb"), "import time\nwhile True:\n    time.sleep(0.1)")
    assert main(["--store", str(path), "run", "tiny.ipynb", "--timeout", "1.5"]) == 130
    assert [run.status for run in runs(path)] == ["interrupted"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["missing.ipynb"], 1, "does not exist"),
        (["tiny.ipynb", "--set", "m=1"], 2, "does not assign 'm'"),
        (["tiny.ipynb", "--set", "n"], 2, "NAME=VALUE"),
        (["tiny.ipynb", "--set", "1n=1"], 2, "no name of a variable"),
        (["tiny.ipynb", "--repeat", "0"], 2, "--repeat must be from 1"),
        (["tiny.ipynb", "--output", "tiny.ipynb"], 2, "must not be the notebook itself"),
        (["tiny.ipynb", "--workload", "events=-1"], 2, "a finite number of 0 or more"),
        (["tiny.ipynb", "--kernel", "fortran"], 1, "Kernel 'fortran' does not exist"),
        (["text.ipynb"], 2, "is no notebook"),
    ],
)
def test_what_can_not_be_run_is_said_before_anything_runs(path, capsys, words, code, said):
    write(Path("tiny.ipynb"), "x = 1")
    Path("text.ipynb").write_text("not JSON", encoding="utf-8")
    assert main(["--store", str(path), "run", *words]) == code
    assert said in capsys.readouterr().err
    assert runs(path) == []


def test_ctrl_c_interrupts_the_kernel_keeps_the_run_and_leaves_nothing(path, tmp_path):
    write(
        Path("tiny.ipynb"),
        "import os\nopen('pid', 'w').write(str(os.getpid()))\nimport time\ntime.sleep(300)",
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "hrlab.cli.app", "--store", str(path), "run", "tiny.ipynb"],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        pid = wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=WAIT_SECONDS)[1]
    finally:
        process.kill()
    assert process.returncode == 130, said
    assert [run.status for run in runs(path)] == ["interrupted"]
    assert not Path(f"/proc/{pid}").exists()
    assert "KeyboardInterrupt" in Path("tiny-run.ipynb").read_text(encoding="utf-8")


def wait_for(condition):
    until = time.monotonic() + WAIT_SECONDS
    while not (found := condition()):
        assert time.monotonic() < until
        time.sleep(0.05)
    return found


def test_repeats_are_runs_of_the_same_code(path):
    write(Path("tiny.ipynb"), "x = n")
    assert main(["--store", str(path), "run", "tiny.ipynb", "--repeat", "2"]) == 0
    first, second = runs(path)
    assert first.source.code_sha256 == second.source.code_sha256
    assert sorted(file.name for file in Path().glob("*-run-*")) == [
        "tiny-run-1.ipynb",
        "tiny-run-2.ipynb",
    ]
