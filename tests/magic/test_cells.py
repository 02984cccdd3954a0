"""Timed cells in a real InteractiveShell of this process."""

from __future__ import annotations

import time
import warnings

import pytest

import hrlab
from hrlab.magic.magic_line import only_commands, take_magic_line
from hrlab.model.run import check
from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore

BAD = "%%hrtime --evnts 5\nx = 'ran'"


@pytest.fixture(autouse=True)
def books_balance(shell):
    yield
    for run in shell.runs:
        check(run)
    assert shell.timing.active is None


@pytest.mark.parametrize(
    "cell",
    [
        "%%hrtime\n41 + 1",
        "\n\n%%hrtime a\n41 + 1",
        "  %%hrtime\n  41 + 1",
        ">>> %%hrtime\n>>> 41 + 1",
    ],
    ids=["plain", "blank lines before", "indented", "pasted prompt"],
)
def test_the_last_expression_is_the_result(shell, cell):
    assert shell.run(cell).result == 42
    assert shell.ip.user_ns["_"] == 42
    assert shell.ip.user_ns["Out"] == {1: 42}
    assert len(shell.runs) == 1


def test_a_cell_is_timed_and_kept(shell, store_of_the_test):
    whole = time.monotonic()
    shell.run(
        "%%hrtime Zee --label site=cern --events 5 --note 'a b'\nimport time\ntime.sleep(0.02)"
    )
    whole = time.monotonic() - whole
    (run,) = shell.runs
    assert (run.name, run.labels, run.workload, run.note) == (
        "Zee",
        {"site": "cern"},
        {"events": 5.0},
        "a b",
    )
    assert run.status == "ok"
    assert 0.02 <= run.wall_seconds <= whole
    assert run.phases.pre_seconds == run.wall_seconds
    assert run.source.kind == "cell"
    assert run.source.code == "import time\ntime.sleep(0.02)"
    assert run.cells[0].execution_count == 1
    (kept,) = RunStore.open(store_of_the_test).page(RunQuery()).runs
    assert kept.id == run.id


def test_top_level_await_works(shell):
    result = shell.run("%%hrtime\nimport asyncio\nawait asyncio.sleep(0.01)\n'slept'")
    assert result.result == "slept"
    assert shell.runs[0].wall_seconds >= 0.01


def test_nothing_is_expanded(shell, capsys):
    shell.run("v = 7")
    shell.run("%%hrtime '{v} $v'\nprint('{v} $v')")
    assert capsys.readouterr().out == "{v} $v\n"
    assert shell.runs[0].name == "{v} $v"


@pytest.mark.parametrize(
    "between", ["", "\n", "  \n\n"], ids=["directly", "blank line", "blank lines"]
)
def test_other_cell_magics_work_beneath(shell, capfd, between):
    shell.run(f"%%hrtime\n{between}%%bash\necho from-$((1+1))")
    assert "from-2" in capfd.readouterr().out
    assert shell.runs[0].name == "echo from-$((1+1))"


def test_names_of_time_magic_beneath_are_the_users(shell, capsys):
    shell.run("%%hrtime\n%%time\ny = 3")
    assert shell.ip.user_ns["y"] == 3
    assert "Wall time" in capsys.readouterr().out


def test_hrtime_beneath_capture_is_timed(shell):
    shell.run("%%capture out\n%%hrtime inner\nprint('x')")
    assert [run.name for run in shell.runs] == ["inner"]


def test_hrtime_beneath_a_magic_that_hides_it_is_said(shell, capsys):
    shell.run("%%time\n%%hrtime inner\nx = 5")
    assert "put `%%hrtime` above the other cell magic" in capsys.readouterr().err
    assert shell.ip.user_ns["x"] == 5
    for cell in ("%%capture\n%%hrtime\n1", "%%hrtime\n%%hrtime\n1", "%%bash\necho '\n%%hrtime'"):
        shell.run(cell)
        assert "goes above" not in capsys.readouterr().err


def test_line_magics_and_shell_lines_work(shell, capfd):
    shell.run("%%hrtime\na = %who_ls\n!echo shell\nb = 5")
    assert "shell" in capfd.readouterr().out
    assert shell.ip.user_ns["b"] == 5


def test_in_and_history_are_those_of_the_cell(shell):
    shell.run("%%hrtime\nx = 1")
    shell.run("%%hrtime\nIn[1], x")
    assert shell.ip.user_ns["Out"][2] == ("\nx = 1", 1)
    assert shell.ip.execution_count == 3


def test_line_numbers_hold(shell):
    shell.run("%%hrtime\nimport sys\nline = sys._getframe().f_lineno")
    assert shell.ip.user_ns["line"] == 3


def test_an_exception_is_the_users_own(shell, capsys):
    result = shell.run("%%hrtime\ndef f():\n    return 1 / 0\nf()")
    shown = capsys.readouterr().out
    assert isinstance(result.error_in_exec, ZeroDivisionError)
    assert "----> 4 f()" in shown
    assert "hrlab" not in shown
    frames = []
    traceback = result.error_in_exec.__traceback__
    while traceback is not None:
        frames.append(traceback.tb_frame.f_code.co_filename)
        traceback = traceback.tb_next
    assert not [name for name in frames if "hrlab" in name]
    (run,) = shell.runs
    assert (run.status, run.error.type) == ("failed", "ZeroDivisionError")
    assert run.error.message == "division by zero"


def test_drawing_the_traceback_is_not_the_runs_time(shell, monkeypatch):
    original = shell.ip._showtraceback
    monkeypatch.setattr(shell.ip, "_showtraceback", lambda *a: (time.sleep(0.3), original(*a)))
    whole = time.monotonic()
    shell.run("%%hrtime\n1 / 0")
    assert shell.runs[0].wall_seconds <= time.monotonic() - whole - 0.3


def test_the_shell_is_as_before_after_a_failure(shell):
    before = shell.ip.showtraceback
    shell.run("%%hrtime\n1 / 0")
    assert shell.ip.showtraceback == before
    assert "showtraceback" not in vars(shell.ip)


def test_a_syntax_error_is_shown_and_the_run_failed(shell, capsys):
    result = shell.run("%%hrtime\nx = )")
    assert isinstance(result.error_before_exec, SyntaxError)
    assert result.error_before_exec.lineno == 2
    assert "SyntaxError" in capsys.readouterr().out
    assert (shell.runs[0].status, shell.runs[0].error.type) == ("failed", "SyntaxError")


def test_an_interrupt_is_an_interrupted_run(shell):
    result = shell.run("%%hrtime\nimport signal\nsignal.raise_signal(signal.SIGINT)\nx = 1")
    assert isinstance(result.error_in_exec, KeyboardInterrupt)
    assert shell.runs[0].status == "interrupted"
    assert "x" not in shell.ip.user_ns


def test_warnings_name_the_users_line(shell):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        shell.run("%%hrtime\nimport warnings\nwarnings.warn('careful')")
    (found,) = [w for w in caught if "careful" in str(w.message)]
    assert found.lineno == 3
    assert "hrlab" not in found.filename


def test_sys_exit_is_seen(shell):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shell.run("%%hrtime\nimport sys\nsys.exit(3)")
    assert (shell.runs[0].status, shell.runs[0].error.type) == ("failed", "SystemExit")


def test_wrong_words_are_a_usage_error_and_nothing_runs(shell, capsys):
    result = shell.run(BAD)
    shown = capsys.readouterr()
    assert "UsageError: %%hrtime has no option --evnts: did you mean --events?" in shown.err
    assert "Traceback" not in shown.err + shown.out
    assert result.success is False
    assert "x" not in shell.ip.user_ns
    assert shell.runs == []


def test_a_magic_that_only_begins_alike_is_left_alone(shell, capsys):
    shell.run("%%hrtimeit\nx = 1")
    assert "`%%hrtimeit` not found" in capsys.readouterr().err
    assert shell.runs == []


@pytest.mark.parametrize("asked", ["%%hrtime?", "%hrtime?", "?%%hrtime"])
def test_help_reads_well(shell, capsys, asked):
    shell.run(asked)
    shown = capsys.readouterr().out
    assert "%%hrtime [name] [options]" in shown
    assert "--events N" in shown
    assert "%hrtime list" in shown
    assert shell.runs == []


def test_the_magics_are_listed(shell):
    magics = shell.ip.magics_manager.lsmagic()
    assert "hrtime" in magics["cell"]
    assert "hrtime" in magics["line"]


def test_quiet_keeps_the_run_and_shows_nothing(shell):
    shell.run("%%hrtime --quiet\n1")
    assert shell.audience.quiet == [True]
    assert shell.timing.last.status == "ok"


def test_an_empty_timed_cell_is_a_run(shell):
    shell.run("%%hrtime nothing")
    assert [run.name for run in shell.runs] == ["nothing"]


# -- nesting -----------------------------------------------------------------------------------------------------------


def test_a_nested_timed_cell_is_a_mark(shell):
    shell.run("%%hrtime outer\nget_ipython().run_cell('%%hrtime inner\\nx = 1')\n2")
    (run,) = shell.runs
    assert run.name == "outer"
    assert [mark.label for mark in run.marks] == ["inner"]
    assert shell.ip.user_ns["x"] == 1


def test_a_nested_cell_does_not_end_the_run(shell):
    shell.run("%%hrtime\nget_ipython().run_cell('1 / 0')\nx = 'went on'")
    assert [run.status for run in shell.runs] == ["ok"]


def test_run_cell_from_an_untimed_cell_is_timed(shell):
    shell.run("get_ipython().run_cell('%%hrtime a\\n1')\nget_ipython().run_cell('%%hrtime b\\n2')")
    assert [run.name for run in shell.runs] == ["a", "b"]


def test_run_cell_magic_from_code_is_timed(shell):
    result = shell.run("get_ipython().run_cell_magic('hrtime', 'a --events 5', 'q = 3\\nq')")
    assert result.success
    assert [(run.name, run.workload) for run in shell.runs] == [("a", {"events": 5.0})]
    assert shell.ip.user_ns["q"] == 3


def test_run_cell_magic_raises_what_its_cell_raises_once(shell, capsys):
    result = shell.run("get_ipython().run_cell_magic('hrtime', 'a', '1 / 0')")
    assert isinstance(result.error_in_exec, ZeroDivisionError)
    assert capsys.readouterr().out.count("ZeroDivisionError:") == 1
    assert shell.runs[0].status == "failed"
    result = shell.run("get_ipython().run_cell_magic('hrtime', 'a', 'x = (')")
    assert isinstance(result.error_in_exec, SyntaxError)


def test_a_caller_may_catch_what_run_cell_magic_raises(shell, capsys):
    shell.run(
        "try:\n    get_ipython().run_cell_magic('hrtime', 'a', '1 / 0')\n"
        "except ZeroDivisionError:\n    caught = True"
    )
    assert shell.ip.user_ns["caught"]
    assert "Traceback" not in capsys.readouterr().out


# -- %hrtime -----------------------------------------------------------------------------------------------------------


def test_on_times_every_cell_until_off(shell):
    shell.run("0")
    shell.run("%hrtime on")
    shell.run("a = 1")
    shell.run("# nothing\n%hrtime list")
    shell.run("")
    shell.run("%%hrtime named\nb = 2")
    shell.run("%hrtime off")
    shell.run("c = 3")
    assert [run.name for run in shell.runs] == ["a = 1", "named"]


def test_start_and_stop_make_one_run_of_several_cells(shell):
    shell.run("%hrtime start Zee --label a=b")
    shell.run("x = 1")
    shell.run("x += 1")
    shell.run("%hrtime stop")
    (run,) = shell.runs
    assert (run.name, run.labels, run.source.kind) == ("Zee", {"a": "b"}, "cells")
    assert [cell.execution_count for cell in run.cells] == [1, 2, 3, None]
    assert run.source.code.startswith("x = 1\n\nx += 1")


def test_idle_time_is_not_counted(shell):
    whole = time.monotonic()
    shell.run("%hrtime start")
    time.sleep(0.3)
    shell.run("import time; time.sleep(0.05)")
    time.sleep(0.3)
    shell.run("%hrtime stop")
    assert 0.05 <= shell.runs[0].wall_seconds <= time.monotonic() - whole - 0.6


def test_a_run_over_cells_without_a_name_has_that_of_its_code(shell):
    shell.run("%hrtime start")
    shell.run("import numpy\n# Fit the peak")
    shell.run("%hrtime stop")
    assert shell.runs[0].name == "Fit the peak"


def test_hrtime_within_a_run_over_cells_is_a_mark(shell):
    shell.run("%hrtime start all")
    shell.run("%%hrtime fit\nx = 1")
    shell.run("%hrtime stop")
    (run,) = shell.runs
    assert [mark.label for mark in run.marks] == ["fit"]


def test_a_failure_ends_a_run_over_cells(shell, capsys):
    shell.run("%hrtime start all")
    shell.run("1 / 0")
    assert [(run.name, run.status) for run in shell.runs] == [("all", "failed")]
    shell.run("%hrtime stop")
    assert "No run is active" in capsys.readouterr().err


def test_a_failure_in_the_cell_that_starts_the_run_ends_it(shell):
    shell.run("%hrtime start all\n1 / 0")
    assert [run.status for run in shell.runs] == ["failed"]


def test_starting_twice_is_refused_and_the_first_goes_on(shell, capsys):
    shell.run("%hrtime start first")
    shell.run(
        "try:\n    get_ipython().run_line_magic('hrtime', 'start second')\nexcept Exception as e:\n    said = str(e)"
    )
    shell.run("%hrtime stop")
    assert "only one is timed at a time" in shell.ip.user_ns["said"]
    assert [run.name for run in shell.runs] == ["first"]


def test_stop_does_not_end_the_run_of_a_timed_cell(shell, capsys):
    shell.run("%%hrtime mine\n%hrtime stop")
    assert "it ends with its last cell" in capsys.readouterr().err
    assert [(run.name, run.status) for run in shell.runs] == [("mine", "failed")]


def test_last_shows_the_last_run(shell, capsys):
    shell.run("%hrtime last")
    assert "No runs yet" in capsys.readouterr().out
    shell.run("%%hrtime Zee\n1")
    shell.run("%hrtime last")
    assert "Zee" in capsys.readouterr().out


def test_list_shows_runs_newest_first(shell, capsys):
    shell.run("%hrtime list")
    assert "No runs yet" in capsys.readouterr().out
    shell.run("%%hrtime first\n1")
    shell.run("%%hrtime 'second \x1b[31m red'\n1 / 0")
    capsys.readouterr()
    shell.run("%hrtime list")
    second, first = capsys.readouterr().out.splitlines()
    assert "second" in second
    assert "failed" in second
    assert "\x1b" not in second
    assert "first" in first


def test_a_wrong_command_is_a_usage_error(shell, capsys):
    shell.run("%hrtime lst")
    assert "did you mean `%hrtime list`?" in capsys.readouterr().err


def test_list_and_last_say_what_is_wrong_with_the_store(shell, capsys, store_of_the_test):
    store_of_the_test.parent.mkdir()
    store_of_the_test.write_text("this is no database, whatever its name says" * 100)
    for command in ("list", "last"):
        shell.run(f"%hrtime {command}")
        assert "UsageError" in capsys.readouterr().err


# -- loading and unloading ---------------------------------------------------------------------------------------------


@pytest.fixture
def loaded(shell, monkeypatch):
    """The extension loaded as users do, beside the shell's own hooks, which are taken away."""
    from hrlab import kernel

    shell.hooks.unregister()
    monkeypatch.setattr(kernel, "timing", lambda: shell.timing)
    yield shell
    if "hrlab" in shell.ip.extension_manager.loaded:
        shell.ip.extension_manager.unload_extension("hrlab")
    shell.hooks.register()


def listened(shell):
    return [
        getattr(callback, "__self__", None)
        for event in ("pre_run_cell", "post_run_cell")
        for callback in shell.ip.events.callbacks[event]
        if "hrlab" in type(getattr(callback, "__self__", None)).__module__
    ]


def test_loading_twice_times_once(loaded):
    for _ in range(2):
        loaded.run("%load_ext hrlab")
    hrlab.load_ipython_extension(loaded.ip)
    loaded.timing.audience = loaded.audience
    loaded.run("%%hrtime a\n1")
    assert [run.name for run in loaded.runs] == ["a"]
    assert len(listened(loaded)) == 2
    assert loaded.ip.input_transformers_cleanup.count(take_magic_line) == 1


def test_reloading_times_once(loaded):
    loaded.run("%load_ext hrlab")
    loaded.run("%reload_ext hrlab")
    loaded.timing.audience = loaded.audience
    loaded.run("%%hrtime a\n1")
    assert [run.name for run in loaded.runs] == ["a"]
    assert len(listened(loaded)) == 2


def test_unloading_leaves_nothing(loaded, capsys):
    loaded.run("%load_ext hrlab")
    loaded.run("%unload_ext hrlab")
    loaded.run("%%hrtime a\n1")
    assert "`%%hrtime` not found" in capsys.readouterr().err
    assert listened(loaded) == []
    assert take_magic_line not in loaded.ip.input_transformers_cleanup


def test_unloading_in_a_timed_cell_ends_its_run(loaded):
    loaded.run("%load_ext hrlab")
    loaded.run("%%hrtime a\n%unload_ext hrlab")
    assert loaded.timing.active is None
    assert loaded.timing.last.name == "a"


def test_reloading_in_a_timed_cell_ends_its_run_and_the_next_is_timed(loaded):
    loaded.run("%load_ext hrlab")
    loaded.run("%%hrtime a\n%reload_ext hrlab")
    assert loaded.timing.last.name == "a"
    loaded.run("%%hrtime b\n1")
    assert loaded.timing.last.name == "b"


def test_a_run_may_start_in_the_cell_that_loads_the_extension(loaded):
    whole = time.monotonic()
    loaded.run("%load_ext hrlab\n%hrtime start all")
    time.sleep(0.3)
    loaded.run("x = 1")
    loaded.run("%hrtime stop")
    assert loaded.timing.last.wall_seconds <= time.monotonic() - whole - 0.3
    assert len(loaded.timing.last.cells) == 3


def test_a_block_may_stand_in_the_cell_that_loads_the_extension(loaded):
    loaded.run("%load_ext hrlab\nimport hrlab\nwith hrlab.timed('a'):\n    x = 1")
    assert loaded.timing.last.source.code == "x = 1"


@pytest.mark.parametrize(
    ("cell", "is_so"),
    [("", True), ("# x\n\n%hrtime off", True), ("%hrtime off\nx", False), ("%hrtimer", False)],
)
def test_cells_of_commands_only_are_not_worth_timing(cell, is_so):
    assert only_commands(cell) is is_so
