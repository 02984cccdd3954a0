"""Processes that end, are killed or fork while a run is on."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from pathlib import Path

import pytest

from hrlab.store.query import RunQuery
from hrlab.store.sqlite import RunStore

DYING = Path(__file__).with_name("dying.py")
KILLS = 50


def start(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, text=True, **options
    )


def run_script(text, expect=0, **options):
    process = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(text)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **options,
    )
    assert process.returncode == expect, process.stderr
    return process


def kept(path):
    """Status of each run by its id, as a reader finds them."""
    found = {}
    with closing(RunStore.open(path)) as store:
        store.mark_interrupted()
        while True:
            page = store.page(RunQuery(offset=len(found), limit=200))
            found.update({run.id: run.status for run in page.runs})
            if len(found) >= page.total:
                return found


def killed_after(process, seconds):
    """What it said until it was killed: ids of runs that began, and of those that ended."""
    assert process.stdout.readline()
    time.sleep(seconds)
    process.send_signal(signal.SIGKILL)
    said = process.stdout.read().splitlines()
    process.wait()
    process.stdout.close()
    ended = {
        line.partition(" ")[2] for line in said if line.startswith("ended ") and len(line) == 38
    }
    return {line for line in said if len(line) == 32}, ended


@pytest.mark.parametrize(("what", "kills"), [("blocks", KILLS - 10), ("cells", 10)])
def test_kill_9_at_any_instant_loses_no_run(store_of_the_test, what, kills):
    began, ended = set(), set()
    seed = random.randrange(2**32)
    instants = random.Random(seed)
    waiting = [start(str(DYING), what) for _ in range(2)]
    for _ in range(kills):
        more_began, more_ended = killed_after(waiting.pop(0), instants.uniform(0, 0.1))
        began |= more_began
        ended |= more_ended
        waiting.append(start(str(DYING), what))
    for process in waiting:
        killed_after(process, 0)
    found = kept(store_of_the_test)
    assert began, f"seed {seed}"
    assert {run for run in began if run not in found} == set(), f"seed {seed}"
    assert {found[run] for run in ended} == {"ok"}, f"seed {seed}"
    assert set(found.values()) == {"ok", "interrupted"}, f"seed {seed}"


def test_a_script_that_ends_within_a_run_leaves_it_interrupted(store_of_the_test):
    run_script(
        """
        import hrlab
        hrlab.timed("cut off").__enter__()
        """
    )
    (status,) = kept(store_of_the_test).values()
    assert status == "interrupted"
    record = RunStore.open(store_of_the_test).latest()
    assert record.phases is not None, "its own process knew how long it was"


@pytest.mark.parametrize(
    ("ending", "expect", "status"),
    [
        ("sys.exit(3)", 3, "failed"),
        ("sys.exit()", 0, "ok"),
        ("1 / 0", 1, "failed"),
        ("signal.raise_signal(signal.SIGINT)", -signal.SIGINT, "interrupted"),
        ("os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM, "interrupted"),
        ("os._exit(0)", 0, "interrupted"),
        ("os.abort()", -signal.SIGABRT, "interrupted"),
    ],
)
def test_however_a_script_ends_its_run_is_kept(store_of_the_test, ending, expect, status):
    run_script(
        f"""
        import os, signal, sys, hrlab
        with hrlab.timed("a"):
            {ending}
        """,
        expect,
    )
    assert list(kept(store_of_the_test).values()) == [status]


def test_what_could_not_be_kept_is_kept_at_the_end_of_the_process(store_of_the_test):
    store_of_the_test.parent.mkdir()
    store_of_the_test.write_bytes(b"not a database " * 100)
    done = run_script(
        """
        import os, hrlab
        with hrlab.timed("a") as run:
            pass
        assert run.record.warnings[0].code == "not-stored"
        os.unlink(os.environ["HRLAB_STORE"])
        """
    )
    assert done.stderr.count("hrlab:") == 1
    assert list(kept(store_of_the_test).values()) == ["ok"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_leaves_the_run_to_its_parent(store_of_the_test):
    done = run_script(
        """
        import os, sys, hrlab
        from hrlab.timing.dask.client_hooks import doors
        from hrlab.kernel import timing
        with hrlab.timed("parent") as run:
            pid = os.fork()
            if pid == 0:
                assert timing().active is None and doors.watcher is None
                with hrlab.phase("nothing"):
                    pass
                with hrlab.timed("child") as own:
                    pass
                assert own.record.marks == ()
                sys.exit(0)  # with all that is done at a process's end
            assert os.waitpid(pid, 0)[1] == 0
        assert run.record.status == "ok" and run.record.marks == ()
        print(run.record.id)
        """
    )
    with closing(RunStore.open(store_of_the_test)) as store:
        runs = {run.name: run for run in store.page(RunQuery()).runs}
    assert {name: run.status for name, run in runs.items()} == {
        "parent": "ok",
        "child": "ok",
    }
    assert runs["parent"].id == done.stdout.strip()


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_inside_a_run_works_and_is_not_dask_time(
    tmp_path, store_of_the_test, method
):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(
            f"""
            import multiprocessing, os, hrlab

            def work(x):
                with hrlab.timed("in the child") as run:
                    pass
                return x * x, run.record.name

            if __name__ == "__main__":
                with hrlab.timed("pool") as run:
                    with multiprocessing.get_context("{method}").Pool(2) as pool:
                        assert pool.map(work, range(4)) == [(x * x, "in the child") for x in range(4)]
                assert run.record.phases.dask_seconds == 0
                assert run.record.status == "ok"
            """
        )
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(
        [sys.executable, str(script)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert sorted(kept(store_of_the_test).values()) == ["ok"] * 5
